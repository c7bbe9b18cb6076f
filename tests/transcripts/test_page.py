"""How a page is read and played, apart from pyvault."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import clean_environ
from transcripts.page import Turn, parse, written
from transcripts.screen import Substitutions, shown
from transcripts.shell import Shell

PAGE = """\
# First.
$ cat <<END
> # not a comment
> END
# not a comment

# Two
# lines.
$ ask
name: «me»
word: «hidden: passphrase»

# a last line that is output
[exit code 3]
"""


def test_every_page_is_in_the_table() -> None:
    here = Path(__file__).parent
    table = (here / "README.md").read_text()
    assert [page.name for page in here.glob("*.txt") if f"| `{page.name}` |" not in table] == []


def test_a_page_comes_out_as_it_went_in() -> None:
    turns = parse(PAGE)
    assert [turn.lines for turn in turns] == [("cat <<END", "# not a comment", "END"), ("ask",)]
    assert [turn.comment for turn in turns] == ["# First.\n", "\n# Two\n# lines.\n"]
    assert turns[1].typed() == ["me", "passphrase"]
    assert turns[1].questions() == ["name: ", "word: "]
    assert written(turns) == PAGE


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("\x1b[1mbold\x1b[0m", "bold"),
        ("50 %\r100 %", "100 %"),
        ("waiting...\r\x1b[K", ""),
        ("waiting...\x1b[2K\rdone", "done"),
    ],
)
def test_what_is_written_over_is_gone(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_key_ids_are_told_apart_and_keep_their_length() -> None:
    found = Substitutions({"/some/where": "/home/me"}).apply(
        "/some/where AKIAABCDEFGHIJKLMNOP ASIAABCDEFGHIJKLAAAA ...MNOP"
    )
    assert found == "/home/me AKIAEXAMPLE000000001 ASIAEXAMPLE000000002 ...0001"


def test_a_secret_that_is_seen_fails_the_page_and_nobody_else_is_typed_for(tmp_path: Path) -> None:
    shell = Shell(tmp_path, clean_environ(tmp_path), {"passphrase": "a green kettle", "name": "me"}, Substitutions({}))
    try:
        hidden = Turn(
            comment="",
            lines=("read -rsp 'word: ' x; echo; false",),
            screen="word: «hidden: passphrase»\n[exit code 1]\n",
        )
        assert shell.play(hidden) == hidden
        plain = Turn(comment="", lines=("read -rp 'name: ' x; echo; echo $x",), screen="name: «hidden: name»\n")
        assert shell.play(plain).screen == "name: «name»\n\nme\n"
        with pytest.raises(AssertionError, match="shows the passphrase"):
            shell.play(Turn(comment="", lines=("read -rp 'word: ' x",), screen="word: «passphrase»\n"))
    finally:
        shell.close()
