"""A vault file of this machine as a place: locked, written atomically, its backups next to it."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.errors import TruncatedVaultError
from pyvault.files.file_checks import check_ancestors, open_vault_file, reading
from pyvault.interruptions import suppressing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyvault.errors import VaultFileError
    from pyvault.files.file_checks import FileChecks
    from pyvault.files.lock import LockFile
    from pyvault.vaultfile.disk.backups import Backup
    from pyvault.vaultfile.disk.conflict_copies import ConflictCopy
    from pyvault.vaultfile.disk.vault_reader import Snapshot, VaultReader
    from pyvault.vaultfile.format.descent import Step
    from pyvault.vaultfile.place import Content, Look, Place, Source
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.vault_options import VaultOptions
    from pyvault.vaultfile.whole_content import WholeContent

MAX_RESTARTS = 5


#: Windows can't replace a file that somebody has open.
REPLACES_OPEN_FILES = sys.platform != "win32"


def open_content(path: Path, checks: FileChecks) -> Content:
    """Open the vault file in place.

    Where a writer would have to wait for its being closed, it is read whole and closed at once: whoever reads a new
    state waits for the trust file, and the writer may be the one who has that.
    """
    content = FileContent(path, checks)
    return content if REPLACES_OPEN_FILES else content.taken_whole()


class FileContent:
    """An open vault file. The descriptor stays on it while others are renamed over its name."""

    def __init__(self, path: Path, checks: FileChecks) -> None:
        self._path = path
        self._descriptor = open_vault_file(path, checks)

    @property
    def size(self) -> int:
        """Bytes."""
        with reading(self._path):
            return os.fstat(self._descriptor).st_size

    @property
    def modified(self) -> float:
        """Epoch seconds."""
        with reading(self._path):
            return os.fstat(self._descriptor).st_mtime

    def read(self, offset: int, size: int) -> bytes:
        """Return exactly so many bytes."""
        parts: list[bytes] = []
        with reading(self._path):
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            while size:
                part = os.read(self._descriptor, size)
                if not part:
                    raise TruncatedVaultError(f"'{self._path}' was truncated while it was being read")
                parts.append(part)
                size -= len(part)
        return b"".join(parts)

    def taken_whole(self) -> WholeContent:
        """Read all of it, and close it."""
        from pyvault.vaultfile.whole_content import WholeContent

        try:
            return WholeContent(str(self._path), self.read(0, self.size), modified=self.modified)
        finally:
            self.close()

    def confirm(self, trust: TrustStore | Memory, vault_id: bytes) -> None:
        """Do nothing: the file is always at hand."""

    def close(self) -> None:
        """Close the descriptor; may be called twice."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with suppressing(OSError):  # nothing was written through it
                os.close(descriptor)


class LocalPlace:
    """A file of this machine, or one that its system mounts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def identity(self) -> str:
        """The absolute path."""
        return str(self.path.absolute())

    def on_warning(self, listener: Callable[[str], None]) -> None:
        """Do nothing: a file is as it should be, or an error."""

    def settled(self, checks: FileChecks) -> LocalPlace:
        """Return the place with the links to its directory resolved."""
        check_ancestors(self.path, checks)
        return LocalPlace(canonical_path(self.path))

    def open(self, checks: FileChecks, look: Look = "any") -> Content:
        """Open the file in place; a local file is always the current one."""
        del look
        return open_content(self.path, checks)

    def exists(self) -> bool:
        """Return whether there is a file."""
        return self.path.exists()

    def prepare(self, options: VaultOptions) -> None:
        """Create the directory if it is missing, and check it."""
        from pyvault.files.file_checks import prepare_directory

        prepare_directory(self.path.parent, options.checks)

    def check_free(self) -> None:
        """Refuse a path where something exists, even a dangling link."""
        from pyvault.vaultfile.disk.write import check_free

        check_free(self.path)

    def lock(self, options: VaultOptions) -> LockFile:
        """Return the lock that every writer holds."""
        return lock(self.path, options)

    def attempts(self, options: VaultOptions, tried: Sequence[Step]) -> Iterator[None]:
        """Yield a few times: under the lock, nobody else should write at all."""
        from pyvault.errors import ConflictError

        del options, tried
        for _ in range(MAX_RESTARTS):
            yield
        raise ConflictError(f"'{self.path}' is being written by processes that don't honor the lock")

    def write(
        self,
        draft: Draft,
        *,
        base: VaultReader | None,
        over: VaultReader | None,
        options: VaultOptions,
        writer: bytes | None,
        tried: list[Step],
        restoring: bool = False,
    ) -> Snapshot:
        """Replace the file by renaming a finished one over it, under the lock."""
        from pyvault.vaultfile.disk.write import check_free, check_unchanged, write_draft

        del tried  # a rename has happened or not

        def check_in_place() -> None:
            if over is not None:
                check_unchanged(self.path, over.header, options)
            elif not restoring:
                check_free(self.path)

        return write_draft(self.path, draft, base=base, check_in_place=check_in_place, options=options, writer=writer)

    def after_write(self, snapshot: Snapshot) -> None:
        """Do nothing: backups go with the write."""

    def after_unclear(self, tried: Sequence[Step]) -> contextlib.AbstractContextManager[None]:
        """Return nothing of use: what was written is always clear."""
        del tried
        return contextlib.nullcontext()

    def find_written(self, tried: Sequence[Step], snapshot: Snapshot) -> bool:
        """Return False: what was not written is known at once."""
        del tried, snapshot
        return False

    def backups(self, checks: FileChecks) -> Sequence[Backup]:
        """Return the files next to the vault."""
        from pyvault.vaultfile.disk.backups import list_backups

        return list_backups(self.path, checks)

    def backup(self, number: int) -> Source:
        """Return one of the files next to the vault."""
        from pyvault.vaultfile.disk.backups import find_backup

        return LocalPlace(find_backup(self.path, number))

    def delete_backups(self) -> int:
        """Delete the files next to the vault; the caller holds the lock."""
        from pyvault.vaultfile.disk.backups import delete_backups

        return delete_backups(self.path)

    def other_states(self, vault_id: bytes) -> Sequence[ConflictCopy]:
        """Return the conflict copies next to the vault."""
        from pyvault.vaultfile.disk.conflict_copies import find_conflict_copies

        return find_conflict_copies(self.path, vault_id)

    def name_other_states(self, problem: VaultFileError, vault_id: bytes) -> VaultFileError:
        """Return the error with the names of conflict copies."""
        from pyvault.vaultfile.disk.conflict_copies import name_conflict_copies

        return name_conflict_copies(problem, self.path, vault_id)


def place_at(where: Path | Place) -> Place:
    """Return the place that a path names; any other place is one."""
    return LocalPlace(where) if isinstance(where, Path) else where


def lock(path: Path, options: VaultOptions) -> LockFile:
    """Return the lock that every writer of the vault file at *path* holds."""
    from pyvault.files.lock import LockFile  # readers need none

    return LockFile(path.with_name(f"{path.name}.lock"), timeout=options.lock_timeout, what=f"'{path}'")


def canonical_path(path: Path) -> Path:
    """Return a vault's absolute path, with the links to its directory resolved."""
    return Path(os.path.realpath(path.parent)) / path.name
