"""The encrypted vault file, format version 1 ("PYV1").

``FILE = HEADER || HMAC(32) || INDEX_BOX || RECORD_AREA``

A clear header with key slots, an HMAC over it, an encrypted index, and records
sealed one by one. From the outside in::

    checks    is this a private, plain file          header    the clear bytes, bounds, exact length
    kdf       Argon2id: limits, cost, calibration    slots     what wraps the data key
    origins   whose a passphrase is
    unlock    sources of keys, in order              keys      data key -> header, index, record keys
    trust     rollback, fork, foreign vault          index     what the vault holds, names included
    places    which vault belongs where               expectations  what CI says of it
    lost      a vault that is gone                    budget    what one passphrase may cost
    records   one sealed payload                     reader    one open file, read in that order
    staging   changes not yet written                write     lock, temporary file, rename, backups
    vault     the open handle

The caller's door is :class:`pyvault.vaultfile.vault.Vault`.
"""
