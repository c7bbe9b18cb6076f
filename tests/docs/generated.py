"""The files of docs/ that are made, each from what it is made of; ``make pages`` writes them anew."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from docs import command_reference, configuration_reference, man_pages, pictures

DOCS = Path(__file__).parents[2] / "docs"


@cache
def files() -> dict[Path, str]:
    """Return the text of each file as it should be now."""
    return {
        DOCS / "commands.md": command_reference.page(),
        DOCS / "configuration.md": configuration_reference.page(),
        **{DOCS / "man" / name: text for name, text in man_pages.pages().items()},
        **{DOCS / "pictures" / name: text for name, text in pictures.files().items()},
    }
