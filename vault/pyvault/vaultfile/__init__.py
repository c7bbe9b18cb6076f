"""The encrypted vault file, format version 1 ("PYV1").

``FILE = HEADER || HMAC(32) || INDEX_BOX || RECORD_AREA``

A clear header with key slots, an HMAC over it, an encrypted index, and records
sealed one by one. The rooms, from the outside in::

    vault, handle    the open vault                unlock/    the keys and passphrases that open it
    state/           changes, merges, history      disk/      reading, writing, backups
    format/          the bytes

The entry point is :class:`pyvault.vaultfile.vault.Vault`.
"""
