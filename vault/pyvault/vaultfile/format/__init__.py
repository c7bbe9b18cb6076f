"""The bytes of a vault file: header, slots, index, records. Pure but for the KDF."""
