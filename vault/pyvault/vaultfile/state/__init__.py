"""The states of a vault, one after the other: changes, merging, and the memory of what was seen last."""
