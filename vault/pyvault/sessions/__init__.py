"""Temporary credentials between commands: the cache, and one fetch for many processes."""
