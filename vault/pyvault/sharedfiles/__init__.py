"""The AWS config and credentials files as other programs read them, and a view of them that hides ``[default]``."""
