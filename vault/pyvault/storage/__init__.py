"""The typed view over a backend, and which backend it is."""
