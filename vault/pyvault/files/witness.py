"""Who is told of each file that an answer depends on: nobody, as a rule.

A warm answer (:mod:`pyvault.warm`) is given only while all that it was made from is as it
was. So whoever reads a file of ours or of the user tells :data:`current` what was read, by
the status of the very descriptor, taken before the first byte; which places were looked at
and empty; and which directories were trusted. One ``is not None`` where nobody listens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from datetime import datetime
    from pathlib import Path
    from typing import Protocol

    class Witness(Protocol):
        """Told by readers; each call is about one place."""

        def saw_file(self, path: Path, status: os.stat_result, *, link: bool = True) -> None:
            """Note a file that is about to be read; *link*: it may be reached by a symbolic link."""
            ...

        def saw_bytes(self, path: Path, content: bytes) -> None:
            """Note the first bytes, or all, of a file that :meth:`saw_file` has noted."""
            ...

        def saw_nothing(self, path: Path) -> None:
            """Note that there is no file."""
            ...

        def saw_directory(self, path: str, status: os.stat_result) -> None:
            """Note a directory, or a link on the way to one, whose owner and mode were looked at."""
            ...

        def saw_relative(self) -> None:
            """Note that the working directory has a say: a path is relative."""
            ...

        def saw_end(self, at: datetime) -> None:
            """Note a time from which on the answer may be another."""
            ...

        def saw_unlocked(self, until: datetime) -> None:
            """Note that the vault was open without a question, and until when at least it stays so."""
            ...

        def lose_sight(self) -> None:
            """Note that the answer depends on what can't be noted, or that a person was told something."""
            ...


#: The witness of this process; set for as long as one command is being answered.
current: Witness | None = None
