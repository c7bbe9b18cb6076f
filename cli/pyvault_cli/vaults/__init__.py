"""The vault file as the ``vault`` commands work with it."""
