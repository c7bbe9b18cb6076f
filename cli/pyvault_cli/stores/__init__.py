"""Reports of keys that move between stores."""
