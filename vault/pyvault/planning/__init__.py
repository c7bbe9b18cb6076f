"""Decide how a profile gets its credentials, and say why. Pure."""
