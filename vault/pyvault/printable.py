"""Foreign text for a terminal: a config, a name or an answer must not move the cursor or hide anything."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return *text* with everything escaped that a terminal acts on: controls, formatting, separators, surrogates."""
    if text.isascii() and text.isprintable():
        return text
    from unicodedata import category

    acting = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "".join(char.encode("unicode_escape").decode() if category(char) in acting else char for char in text)
