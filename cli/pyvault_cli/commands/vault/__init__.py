"""``pyvault vault``: the commands of the vault file."""
