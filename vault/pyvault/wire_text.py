"""Texts that become part of an HTTP header or of an environment: keys, tokens, bearer values. Pure."""

from __future__ import annotations


def is_wire_text(text: str) -> bool:
    """Return whether a text is visible ASCII without blanks, and not empty.

    All of AWS's key ids, secret keys, session tokens and bearer tokens are (RFC 6750,
    section 2.1; STS API Reference, ``Credentials``). Anything else is damage, and
    dangerous: an HTTP library names a bad header value in its error, a newline splits
    a line of an environment file.
    """
    return text.isascii() and text.isprintable() and " " not in text and text != ""
