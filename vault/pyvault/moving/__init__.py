"""Credentials from one place to another: between backends, from aws-vault, out of the credentials file."""
