"""Gather the pages of the site below build/site-pages: ``python -m website.gather``, of ``make site``.

The Markdown is written for people who read it in the repository. On the way to the site
* the pages for a repository's host (SECURITY.md and others) get a place beside those of docs/,
* a link to a file that is no page becomes the path of that file,
* a list gets the blank line before it that Python-Markdown, unlike CommonMark, needs.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ROOT / "build" / "site-pages"

#: Pages beside docs/, and their place in the site.
BESIDE = {"SECURITY.md": "security.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
#: On the host of the repository README.md is what index.md is here.
INSTEAD = {ROOT / "README.md": "index.md", DOCS / "decisions": "decisions/index.md"}

FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
ITEM = re.compile(r" *([*-]|\d+\.) ")


def places(root: Path = ROOT) -> dict[Path, str]:
    """Return where in the site each file is shown."""
    found = {path: path.relative_to(root / "docs").as_posix() for path in sorted((root / "docs").rglob("*.md"))}
    return found | {root / name: place for name, place in BESIDE.items()}


def as_page(text: str, source: Path) -> str:
    """Return a file's Markdown as that of a page of the site."""
    parts = FENCE.split(text)
    for number in range(0, len(parts), 2):  # between the blocks of code
        parts[number] = _with_room_for_lists(_with_links(parts[number], source))
    return "".join(parts)


def _with_links(text: str, source: Path) -> str:
    known = places()
    here = Path(known[source]).parent

    def link(found: re.Match[str]) -> str:
        name, hash_, anchor = found["target"].partition("#")
        if not name or "://" in name or name.startswith("mailto:"):
            return found[0]
        target = (source.parent / name).resolve()
        place = known.get(target) or INSTEAD.get(target)
        if place:
            return f"[{found['text']}]({os.path.relpath(place, here)}{hash_}{anchor})"
        if target.exists() and not target.is_relative_to(DOCS):
            path = f"`{target.relative_to(ROOT)}`"
            return path if found["text"].strip("`") in {name, path.strip("`")} else f"{found['text']} ({path})"
        return found[0]  # the strict build tells of it

    return LINK.sub(link, text)


def _with_room_for_lists(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        before = lines[-1] if lines else ""
        if ITEM.match(line) and before.strip() and not before.startswith(" ") and not ITEM.match(before):
            lines.append("")
        lines.append(line)
    return "\n".join(lines)


def gather() -> None:
    """Write all pages anew, and copy the pictures and our own style."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for source, place in places().items():
        (PAGES / place).parent.mkdir(parents=True, exist_ok=True)
        (PAGES / place).write_text(as_page(source.read_text(encoding="utf-8"), source), encoding="utf-8")
    shutil.copytree(DOCS / "pictures", PAGES / "pictures")
    shutil.copytree(Path(__file__).with_name("style"), PAGES / "style")


if __name__ == "__main__":
    gather()
