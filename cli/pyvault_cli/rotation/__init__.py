"""What ``pyvault rotate`` works with, and its dry run."""
