"""Reading what aws-vault has stored, in place: its records, its names, its encrypted files."""
