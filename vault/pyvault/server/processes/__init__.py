"""The processes around a server: the one that serves, the one that fetches, and the command beside them."""
