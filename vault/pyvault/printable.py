"""Text of others for a terminal: a config, a key's name or an answer must not move the cursor or hide a part."""

from __future__ import annotations


def printable(text: str) -> str:
    """Escape what a terminal would act upon: controls, format characters, line separators, lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    from unicodedata import category

    acting = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "".join(char.encode("unicode_escape").decode() if category(char) in acting else char for char in text)
