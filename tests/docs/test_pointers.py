"""What the code and the pages point to is there: pages, their sections, files, headings."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.pages import anchors, headings, links, without_code

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
IS_CHECKOUT = (ROOT / ".github").exists()  # beside an installed wheel are the tests and docs/ alone

PAGE = re.compile(r"(?<![\w/.-])(?:docs/(?:[\w-]+/)*[\w-]+|[A-Z][A-Z-]+)\.md\b")
#: A page, and what is cited of it: section numbers and a title in quotes.
CITED = re.compile(r'(docs/[\w/-]+\.md), sections? (\d+(?: and \d+)*)(?:, "([^"]+)")?')
SECTION = re.compile(r"\b[Ss]ections? \d")
WHOSE = re.compile(r"(RFC \d+|docs/[\w/-]+\.md|PEP \d+)[^.]{0,80}$")


def code() -> Iterator[Path]:
    for package in ("pyvault", "pyvault_backends", "pyvault_cli"):
        module = importlib.import_module(package)
        assert module.__file__
        yield from Path(module.__file__).parent.rglob("*.py")


def one_line(path: Path) -> str:
    """The text of a file; a comment or sentence that goes on in the next line is one."""
    return re.sub(r"\s*\n\s*(?:#:? )?", " ", path.read_text(encoding="utf-8"))


def pages() -> list[Path]:
    beside = [*ROOT.glob("*.md"), *(ROOT / "tests").rglob("*.md")] if IS_CHECKOUT else []
    return sorted([*beside, *DOCS.rglob("*.md")])


def test_every_page_that_the_code_names_is_there() -> None:
    beside = (
        {path.name for path in ROOT.glob("*.md")}
        if IS_CHECKOUT
        else {"SECURITY.md", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"}
    )
    missing = {
        f"{path}: {name}"
        for path in (*code(), *(ROOT / "tests").rglob("*.py"))
        if path.name != Path(__file__).name
        for name in PAGE.findall(path.read_text(encoding="utf-8"))
        if not ((ROOT / name).exists() if name.startswith("docs/") else name in beside)
    }
    assert missing == set()


def test_every_section_that_the_code_cites_is_there() -> None:
    cited = [(path, found) for path in code() for found in CITED.finditer(one_line(path))]
    assert len(cited) > 10
    for path, found in cited:
        sections = headings((ROOT / found[1]).read_text(encoding="utf-8"))
        numbers = found[2].split(" and ")
        assert set(numbers) <= sections.keys(), f"{path}: {found[0]}"
        if found[3]:
            titles = {title.lower() for number in numbers for title in sections[number]}
            assert any(title.startswith(found[3].lower()) for title in titles), f"{path}: {found[0]}"


def test_no_section_is_cited_without_its_page() -> None:
    lost = [
        f"{path}: {text[found.start() - 40 : found.end()]}"
        for path in code()
        for text in [one_line(path)]
        for found in SECTION.finditer(text)
        if not WHOSE.search(text[: found.start()])
    ]
    assert lost == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in links(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not IS_CHECKOUT and not target.is_relative_to(DOCS):
            continue
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_has_one_title(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert sum(line.startswith("# ") for line in without_code(text).splitlines()) == 1


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_a_section_of_a_page_has_an_address_of_its_own(page: Path) -> None:
    titles = re.findall(r"^## (.+)$", without_code(page.read_text(encoding="utf-8")), re.MULTILINE)
    assert len(set(titles)) == len(titles)


@pytest.mark.skipif(not IS_CHECKOUT, reason="beside an installed wheel are no sources")
@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md", "docs/architecture.md"])
def test_the_files_that_a_page_for_contributors_names_are_there(page: str) -> None:
    text = without_code((ROOT / page).read_text(encoding="utf-8"))
    named = re.findall(r"`((?:vault|backends|cli|tests|docs|\.ci)/[\w./-]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert named or page != "CONTRIBUTING.md"
