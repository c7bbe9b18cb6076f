"""One file per way to get credentials."""
