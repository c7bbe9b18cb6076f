"""Reading a config file costs work in proportion to its size, whatever it holds.

What is counted is not time but characters looked at: by a text that counts what its
own methods read, and for whole files by the steps of the interpreter.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pyvault.config import syntax
from pyvault.config.config_file import ConfigFile
from pyvault.errors import ConfigError

PATH = Path("/home/me/.aws/config")


class CountedText(str):  # noqa: SLOT000 - it counts in its class
    """A text that counts the characters its methods look at or copy."""

    work = 0

    def __iter__(self) -> Iterator[str]:
        for char in str(self):
            CountedText.work += 1
            yield char

    def __getitem__(self, key: Any) -> "CountedText":
        found = str.__getitem__(self, key)
        CountedText.work += len(found)
        return CountedText(found)

    def __contains__(self, other: object) -> bool:
        CountedText.work += len(self)
        return str.__contains__(self, other)  # type: ignore[operator]

    def __format__(self, spec: str) -> str:
        CountedText.work += len(self)
        return str(self)

    def find(self, sub: str, start: Any = 0, end: Any = None) -> int:
        found = str.find(self, sub, start)
        CountedText.work += (len(self) if found < 0 else found) - start
        return found

    def rfind(self, sub: str, start: Any = None, end: Any = None) -> int:
        CountedText.work += len(self)
        return str.rfind(self, sub)

    def strip(self, chars: str | None = None) -> "CountedText":
        CountedText.work += len(self)
        return CountedText(str.strip(self, chars))

    lstrip = rstrip = strip  # the same work


def work(action: Callable[[CountedText], object], text: str) -> int:
    CountedText.work = 0
    with contextlib.suppress(ConfigError):
        action(CountedText(text))
    return CountedText.work


def header(text: str) -> object:
    return syntax._header(text, PATH, 1)


def continued(text: str) -> object:
    entry = syntax._OpenEntry(key="a", indent=0, line=1)
    for line in str(text).split("\n"):
        entry.add(CountedText(line))
    return entry.parts()


@pytest.mark.parametrize(
    ("action", "shape"),
    [
        (syntax.without_comment, "\"'"),
        (syntax.without_comment, "'a\""),
        (syntax.without_comment, '" #'),
        (syntax.without_comment, "' '"),
        (header, "]"),
        (header, "] "),
        (header, "]  x"),
        (continued, "word\\\n"),
        (continued, "\\\n"),
    ],
)
def test_the_work_grows_with_the_length_and_not_with_its_square(
    action: Callable[[CountedText], object], shape: str
) -> None:
    small, large = (work(action, "[" + shape * count + "x") for count in (500, 4000))
    assert 0 < large <= 8.2 * small


def steps(data: bytes) -> int:
    """Count the lines of our code that reading a file runs."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        config = ConfigFile.parse(data, PATH)
        for name in config.profiles()[:50]:
            config.find_profile(name)
            config.find_plain_section(name)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "shape",
    [
        "[profile p{n}]\nregion = x\n",
        "[p{n}]\n",
        "[profile {blanks}p]\nk{n} = x\n",  # many headers, one meaning
        "[profile p]\nk{n} = x\n",
        "[profile p]\nk{n} =\n  a = b\n  c = d\n",
    ],
)
def test_many_sections_and_keys_take_no_more_steps_each(shape: str) -> None:
    def data(count: int) -> bytes:
        return "".join(shape.format(n=number, blanks=" " * number) for number in range(count)).encode()

    assert steps(data(800)) <= 8.2 * steps(data(100))


def test_a_file_of_16_mib_is_read_and_a_larger_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"# " + b"x" * (16 * 1024 * 1024 - 3) + b"\n")
    assert ConfigFile.load(path).sections == ()
    path.write_bytes(b"# " + b"x" * (16 * 1024 * 1024) + b"\n")
    with pytest.raises(ConfigError, match="has more than 16777216 bytes"):
        ConfigFile.load(path)


@pytest.mark.parametrize("data", [b"[]\n", b"[ ]\n", b"[\t] # x\na = b\n", b"[]", b"\xef\xbb\xbf[]"])
def test_a_section_without_a_name_is_a_named_mistake(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r'"/home/me/.aws/config", line 1: section without a name'):
        ConfigFile.parse(data, PATH)


@pytest.mark.parametrize(
    "data", [b"[\f]\n", b"[\f]\na = b\n", b"[\x0b \x1c]\n", "[\u2028]\n".encode(), b"[profile \f]\n"]
)
def test_a_section_whose_name_is_no_word_means_nothing_to_us(data: bytes) -> None:
    assert ConfigFile.parse(data, PATH).profiles() == []


@pytest.mark.parametrize("data", [b"\0", b"[\0]\n", b"[a]\nb\0 = c\n", b"[a]\nb = \0\n", b"[a]\nb =\n c = \0\n"])
def test_a_nul_is_a_named_mistake(data: bytes) -> None:
    with pytest.raises(ConfigError, match="NUL character"):
        ConfigFile.parse(data, PATH)
