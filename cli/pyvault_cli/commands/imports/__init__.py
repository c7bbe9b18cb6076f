"""``pyvault import``: keys out of other programs' stores."""
