"""Vault files of format version 1, right and wrong, packed here from the definition: nothing of pyvault is imported."""
