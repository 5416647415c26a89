"""`campaigns bench`: the headline figures, measured beside the raw ceiling of the same rows in the same run."""
