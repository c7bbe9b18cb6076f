"""Writing a file whole or not at all, and locking between processes."""
