"""``pyvault backends``: the commands of the stores."""
