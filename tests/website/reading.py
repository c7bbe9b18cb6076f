"""What a built page refers to."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

#: Elements that a browser fetches something for, and the attributes that say what.
FETCHED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
}
NOT_FETCHED = {"canonical", "next", "prev", "alternate"}


@dataclass
class Page(HTMLParser):
    """A page: where its links lead, what it fetches, its anchors.

    Attributes:
        policy: its Content-Security-Policy.
    """

    links: list[str] = field(default_factory=list[str])
    fetched: list[str] = field(default_factory=list[str])
    anchors: set[str] = field(default_factory=set[str])
    policy: str = ""

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.anchors |= {has[name] for name in ("id", "name") if name in has}
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        if tag == "link" and not NOT_FETCHED & set(has.get("rel", "").split()):
            self.fetched.append(has.get("href", ""))
        if tag == "meta" and has.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = has["content"]
        self.fetched += [has[name].split()[0] for name in FETCHED.get(tag, ()) if has.get(name)]


def read(path: Path) -> Page:
    """Read a built page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page
