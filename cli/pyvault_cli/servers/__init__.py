"""Credential servers: for one command, or standalone."""
