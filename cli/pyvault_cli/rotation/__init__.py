"""What ``pyvault rotate`` works with, and what it foretells."""
