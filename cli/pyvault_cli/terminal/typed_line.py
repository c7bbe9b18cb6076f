"""A line that is typed unseen, key by key: what the terminal's own line editing would make of it. Pure."""

from __future__ import annotations

from typing import Any

from pyvault.record import MutableRecord, field

CONTINUATION = range(0x80, 0xC0)  # of a character in UTF-8: RFC 3629, section 3


class TypedLine(MutableRecord, unshown=("_typed",)):
    """Bytes typed so far.

    Attributes:
        erase: takes the last character back, as the key Ctrl-H does.
        kill: takes all back.
        end_of_file: ends the line where nothing is typed; has no effect elsewhere.
        ended: there comes no more.
    """

    erase: bytes
    kill: bytes
    end_of_file: bytes
    ended: bool = False
    _typed: bytearray = field(default_factory=bytearray)

    @classmethod
    def of_controls(cls, controls: list[Any]) -> TypedLine:
        """Make one with the keys that the terminal is set to."""
        import termios

        def key(place: int) -> bytes:
            value = controls[place]
            return value if isinstance(value, bytes) else bytes([value])

        return cls(erase=key(termios.VERASE), kill=key(termios.VKILL), end_of_file=key(termios.VEOF))

    def take(self, key: bytes) -> None:
        """Take one byte."""
        if key in {self.erase, b"\x08", b"\x7f"}:
            while self._typed and self._typed.pop() in CONTINUATION:
                pass
        elif key == self.kill:
            self.clear()
        elif key == self.end_of_file:
            self.ended = not self._typed
        elif key in {b"\n", b"\r"}:
            self._typed += b"\n"
            self.ended = True
        else:
            self._typed += key

    def so_far(self) -> str:
        """Return the characters of the line, those that are complete."""
        return self._typed.decode(errors="ignore").removesuffix("\n")

    def end(self) -> None:
        """End it without a newline: the terminal gives no more."""
        self.ended = True

    def clear(self) -> None:
        """Forget what was typed."""
        self._typed[:] = bytes(len(self._typed))
        self._typed.clear()

    def taken(self) -> bytes:
        """Return the line with its newline; empty if it was ended without anything typed."""
        line = bytes(self._typed)
        self.clear()
        return line


def rewriting(shown: str, wanted: str) -> str:
    """Return what a terminal is sent so that its line ends with another text than before; both are ASCII."""
    same = next(
        (place for place, (old, new) in enumerate(zip(shown, wanted, strict=False)) if old != new),
        min(len(shown), len(wanted)),
    )
    return "\b \b" * (len(shown) - same) + wanted[same:]
