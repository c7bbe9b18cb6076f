"""The kit for authors of backends."""
