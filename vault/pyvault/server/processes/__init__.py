"""The processes around a server: supervisor, server, fetches, and the command that they serve."""
