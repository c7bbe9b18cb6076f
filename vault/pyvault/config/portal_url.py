"""The one form of a start URL: people write it with and without ``#``, ``#/`` and a slash at the end."""

from __future__ import annotations

#: What else may stand behind the form below. The AWS CLI names its files by what stands in the config file.
ENDINGS = ("", "/", "#", "#/", "/#", "/#/")


def portal_url(text: str) -> str:
    """Return the form that all ways to write a portal's start URL have in common.

    The fragment belongs to the page, not to the portal, and never reaches AWS.
    """
    scheme, separator, rest = text.strip().partition("#")[0].rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"


def is_url(text: str) -> bool:
    """Return whether a word of the command line is a start URL, and no name."""
    return text.lower().startswith(("https://", "http://"))
