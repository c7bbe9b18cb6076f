"""Watch the ordinary path at work, and keep its answer for :mod:`pyvault.warm.replay`.

The keys are taken before anything is looked up, and the entry is sealed under them alone:
if the warm path is ended meanwhile, whatever comes later is dead. What can't be kept, for
whatever reason, is not; nobody is told, since nothing is lost.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from pyvault.warm import manifest
from pyvault.warm.box import Keys, pack
from pyvault.warm.question import declared, pack_variables, question_of
from pyvault.warm.replay import EXEC, LARGEST, MOMENT, PURPOSE, SERVE, TEXT, now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pyvault.warm.replay import Clock, Warm

#: A file that is younger may change again without another status: inodes are reused at once, clocks tick coarsely.
SETTLED_NS = 1_000_000_000
NS = 1_000_000_000
SMALL = 1 << 20  # bytes that are hashed
MOST_ENTRIES, KEPT_ENTRIES = 256, 128


class Recorder:
    """A :class:`pyvault.files.witness.Witness` that keeps an answer if it has seen all that it depends on."""

    def __init__(self, warm: Warm, words: Sequence[str], environ: Mapping[str, str], clock: Clock = now) -> None:
        """Begin to watch; nothing is kept before :meth:`take_keys`.

        Args:
            warm: where entries and keys are.
            words: of the command line that are ours.
            environ: the environment.
            clock: both clocks.
        """
        self._environ = environ
        self._clock = clock
        self._question = question_of(words, environ)
        self._warm = warm
        self._keys: Keys | None = None
        self._start = clock()
        self._end: datetime | None = None
        self._unlocked_until: datetime | None = None
        self._rows: dict[tuple[bytes, str], tuple[bytes, bytes]] = {}
        self._youngest = 0
        self._lost = False

    def take_keys(self) -> bool:
        """Take the keys that the entry will be sealed under, made if there are none; return whether there are any."""
        from pyvault.login.halves import find_halves, make_halves

        try:
            self._keys = Keys(find_halves(self._warm.halves, PURPOSE) or make_halves(self._warm.halves, PURPOSE))
        except OSError:
            return False
        return True

    # ------------------------------------------------------------ what the readers tell
    def saw_file(self, path: Path, status: os.stat_result, *, link: bool = True) -> None:
        """Note a file that is about to be read."""
        self._youngest = max(self._youngest, status.st_ctime_ns)
        self._note(manifest.FILE if link else manifest.BARE_FILE, str(path), manifest.file_status(status))

    def saw_bytes(self, path: Path, content: bytes) -> None:
        """Note the first bytes, or all, of a file."""
        if len(content) > SMALL:
            return
        for kind in (manifest.FILE, manifest.BARE_FILE):
            if (row := self._rows.get((kind, str(path)))) is not None:
                digest = manifest.fingerprint(content)
                self._lost |= row[1] not in {b"", digest}
                self._rows[kind, str(path)] = (row[0], digest)

    def saw_nothing(self, path: Path) -> None:
        """Note that there is no file."""
        self._note(manifest.NOTHING, str(path), b"")

    def saw_directory(self, path: str, status: os.stat_result) -> None:
        """Note a directory, or a link on the way to one."""
        import stat

        if stat.S_ISLNK(status.st_mode):
            self._youngest = max(self._youngest, status.st_ctime_ns)
            self._note(manifest.STEP, path, manifest.file_status(status))
        else:
            self._note(manifest.DIRECTORY, path, manifest.directory_status(status))

    def saw_relative(self) -> None:
        """Note that the working directory has a say."""
        try:
            self._note(manifest.DIRECTORY, ".", manifest.directory_status(os.stat(".")))
        except OSError:
            self._lost = True

    def saw_end(self, at: datetime) -> None:
        """Note a time from which on the answer may be another."""
        self._end = at if self._end is None else min(self._end, at)

    def saw_unlocked(self, until: datetime) -> None:
        """Note that the vault was open without a question, and until when at least it stays so."""
        self._unlocked_until = until

    def lose_sight(self) -> None:
        """Note that the answer can't be kept."""
        self._lost = True

    def _note(self, kind: bytes, path: str, status: bytes) -> None:
        before = self._rows.get((kind, path))
        if before is None:
            self._rows[kind, path] = (status, b"")
            if not path.startswith("/") and path != ".":
                self.saw_relative()
        elif before[0] != status:
            self._lost = True

    # ------------------------------------------------------------ the answer
    def keep_command(
        self,
        *,
        noted: Path,
        patterns: Iterable[str],
        removed: Iterable[str],
        child: Mapping[str, str],
        first: bytes | None = None,
    ) -> None:
        """Keep the environment of a command.

        Args:
            noted: the file that tells when the profile was last used.
            patterns: what the driver declares to read.
            removed: variables that the command must not have, set or not.
            child: the whole environment of the command; beside a server without what leads there.
            first: the first answer of its server, if it has one.
        """
        kind = EXEC if first is None else SERVE
        gone = {*removed, *(self._environ.keys() - child.keys())}
        given = {name: value for name, value in child.items() if self._environ.get(name) != value or name in gone}
        names, variables = pack(map(os.fsencode, sorted(gone))), pack_variables(given.items())
        self._keep(kind, noted, patterns, names, variables, first or b"")

    def ends_with_unlocking(self) -> None:
        """Let the answer end before a person would be asked for a passphrase again."""
        if self._unlocked_until is None:
            self.lose_sight()
        else:
            self.saw_end(self._unlocked_until)

    def keep_text(self, *, noted: Path, patterns: Iterable[str], output: bytes) -> None:
        """Keep what was written to stdout."""
        self._keep(TEXT, noted, patterns, b"", b"", output)

    def _keep(
        self, kind: bytes, noted: Path, patterns: Iterable[str], removed: bytes, given: bytes, output: bytes
    ) -> None:
        wall, boot = self._clock()
        if self._lost or self._keys is None or self._end is None:
            return
        if self._youngest > min(wall, self._start[0]) - SETTLED_NS:
            return
        left = int(self._end.timestamp() * NS) - wall
        times = (*self._start, wall + left, boot + left)
        if left <= 0 or self._start[0] > wall:
            return
        content = pack(
            (
                kind,
                b"".join(moment.to_bytes(MOMENT, "big") for moment in times),
                os.fsencode(noted),
                pack(field for (how, path), row in self._rows.items() for field in (how, os.fsencode(path), *row)),
                pack((pack(map(os.fsencode, patterns)), pack_variables(declared(patterns, self._environ)))),
                removed,
                given,
                output,
            )
        )
        name = self._keys.name(self._question)
        with suppress(OSError):
            _write(self._warm.directory, name, self._keys.seal(name, content, os.urandom(24)))


def _write(directory: str, name: str, file: bytes) -> None:
    """Put a file into the directory, whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    if len(file) > LARGEST:
        return
    try:
        _thin_out(directory)
    except FileNotFoundError:
        from pathlib import Path

        from pyvault.files.modes import make_directory

        make_directory(Path(directory))
    pending = f"{directory}/{name}.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileNotFoundError):
        os.unlink(pending)  # of a killed process that had our number
    descriptor = os.open(pending, flags, 0o600)
    try:
        try:
            written = os.write(descriptor, file)
        finally:
            os.close(descriptor)
        if written == len(file):
            os.rename(pending, f"{directory}/{name}")
            return
    except OSError:
        os.unlink(pending)
        raise
    os.unlink(pending)


def _thin_out(directory: str) -> None:
    """Remove the oldest entries where there are many; those that are dead are among them."""
    names = os.listdir(directory)
    if len(names) <= MOST_ENTRIES:
        return
    ages: list[tuple[int, str]] = []
    for name in names:
        with suppress(FileNotFoundError):
            ages.append((os.lstat(f"{directory}/{name}").st_mtime_ns, name))
    for _, name in sorted(ages)[:-KEPT_ENTRIES]:
        with suppress(FileNotFoundError):
            os.unlink(f"{directory}/{name}")
