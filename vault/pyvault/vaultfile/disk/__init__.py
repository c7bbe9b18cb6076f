"""A vault file on the disk: looked at, read, written whole or not at all, with its backups beside it."""
