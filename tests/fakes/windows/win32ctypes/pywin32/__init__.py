"""The two modules that are used."""
