"""The drivers: one file per store, importing only pyvault."""
