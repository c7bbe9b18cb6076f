"""Credentials as a command asks for them, and the program that gets them."""
