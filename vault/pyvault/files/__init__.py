"""Private files: safe opening, atomic writing, and locks between processes."""
