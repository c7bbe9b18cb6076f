"""A vault file on disk: checked, read, written atomically, with its backups next to it."""
