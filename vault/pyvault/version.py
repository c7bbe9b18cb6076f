"""The one place that holds our version."""

__version__ = "0.1.0"
