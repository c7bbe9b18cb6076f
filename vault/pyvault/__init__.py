"""pyvault: AWS credentials in a safe store, and short-lived ones for programs."""

from pyvault.version import __version__

__all__ = ["__version__"]
