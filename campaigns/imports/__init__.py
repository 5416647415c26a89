"""Lead files: bytes in, rows and problems out. Pure: no database, no web."""
