"""Credentials from one place to another: between stores, vault files, from aws-vault, out of the credentials file."""
