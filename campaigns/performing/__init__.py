"""Running the `perform` of section types: in a child process, within limits. See `campaigns.performing.task`."""
