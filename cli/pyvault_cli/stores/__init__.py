"""Keys on their way between stores, told line by line."""
