"""The AWS config files: syntax, appending, and profiles with every setting resolved. Pure but for reading the files."""
