"""From a plan to credentials: one file for each group of ways to get them, and what the cache has."""
