"""Other programs: those that a config file names, those that connect to us, and the terminal shared with them."""
