"""What a terminal would act upon is escaped; what people write is left alone."""

import pytest

from pyvault.printable import printable


@pytest.mark.parametrize("text", ["prod", "Zoë's ключ 鍵", "a\u00a0b", ""])
def test_what_people_write_is_left_alone(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\nb\r", r"a\nb\r"),
        ("\u202egnp", r"\u202egnp"),
        ("a\u2028b", r"a\u2028b"),
        ("\u200b", r"\u200b"),
        ("\udcff", r"\udcff"),
        ("\x9b2J", r"\x9b2J"),
    ],
)
def test_what_a_terminal_acts_upon_is_escaped(text: str, escaped: str) -> None:
    assert printable(text) == escaped
