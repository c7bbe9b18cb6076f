"""Texts that go into an HTTP header or an environment: keys, tokens, bearer values. Pure."""

from __future__ import annotations


def is_wire_text(text: str) -> bool:
    """Return whether a text is not empty, and only visible ASCII without blanks.

    All of AWS's key ids, secret keys, session tokens and bearer tokens are (RFC 6750,
    section 2.1; STS API Reference, ``Credentials``). Anything else is damaged, and
    dangerous: an HTTP library shows a bad header value in its error, and a newline
    splits a line of an environment file.
    """
    return text.isascii() and text.isprintable() and " " not in text and text != ""
