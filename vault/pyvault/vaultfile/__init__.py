"""The PYV1 file: header, slots, index, records, and how they are written."""
