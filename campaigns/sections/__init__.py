"""Section types: built-ins and plugins register in the same way. See `campaigns.sections.base`."""
