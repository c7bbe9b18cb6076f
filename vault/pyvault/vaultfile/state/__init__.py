"""The states of a vault over time: changes, merging, and what was last seen of each vault."""
