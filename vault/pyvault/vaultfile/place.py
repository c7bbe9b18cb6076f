"""Where the bytes of a vault are: a file of this machine, or an object in a bucket.

Everything above works on a place and never asks which kind it is. A place promises:
what is opened is one state and stays it; a write replaces exactly the state that it was
made from, or nothing; a name is taken only while nothing has it; earlier states can be
listed, opened and deleted.

Only protocols: imported for types alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from pyvault.errors import VaultFileError
    from pyvault.files.file_checks import FileChecks
    from pyvault.vaultfile.disk.backups import Backup
    from pyvault.vaultfile.disk.conflict_copies import ConflictCopy
    from pyvault.vaultfile.disk.vault_reader import Snapshot, VaultReader
    from pyvault.vaultfile.format.descent import Step
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.vault_options import VaultOptions

#: How new the opened state must be: ``any`` may be a kept copy if the place can't be reached; ``current`` is
#: never one; ``last`` may be the one opened last, because a write on top of it is refused if it is outdated.
Look = Literal["any", "current", "last"]


class Content(Protocol):
    """One state of a vault, opened."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def modified(self) -> float:
        """When it was written, in epoch seconds."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """Return exactly so many bytes of it.

        Raises:
            TruncatedVaultError: it ends before.
        """
        ...

    def confirm(self, trust: TrustStore | Memory, vault_id: bytes) -> None:
        """Take note that this state passed all checks."""
        ...

    def close(self) -> None:
        """Let go of it; may be called twice."""
        ...


class Source(Protocol):
    """What a vault can be read from; its text names it for people."""

    def open(self, checks: FileChecks, look: Look = "any") -> Content:
        """Open the present state.

        Raises:
            VaultNotFoundError: there is nothing.
            PyvaultError: it can't be had, or not safely.
        """
        ...


class Place(Source, Protocol):
    """Where a vault is."""

    @property
    def identity(self) -> str:
        """The same text whichever way the place was written; the trust file has it."""
        ...

    def on_warning(self, listener: Callable[[str], None]) -> None:
        """Set who is told of what is not as it should be."""
        ...

    def settled(self, checks: FileChecks) -> Place:
        """Return the place with all redirections resolved, after checking that nobody else controls them."""
        ...

    def exists(self) -> bool:
        """Return whether something is there."""
        ...

    def prepare(self, options: VaultOptions) -> None:
        """Make ready for a new vault: directories, and what the place must be able to do.

        Raises:
            PyvaultError: no vault can be kept there.
        """
        ...

    def check_free(self) -> None:
        """Refuse a place where something is.

        Raises:
            VaultExistsError: creating never overwrites.
        """
        ...

    def lock(self, options: VaultOptions) -> AbstractContextManager[object]:
        """Return the lock that the writers of this machine hold."""
        ...

    def attempts(self, options: VaultOptions, tried: Sequence[Step]) -> Iterator[None]:
        """Yield for each attempt to write, after a pause where one helps.

        Args:
            options: how long to try.
            tried: what the attempts so far wanted to write.

        Raises:
            ConflictError: others were quicker each time.
            AwsUnreachableError: whether something was written is not known.
        """
        ...

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
        """Write the next state, and return it.

        Args:
            draft: what to write.
            base: from which unchanged records are copied; None for a new vault.
            over: the state to replace; None if there must be none.
            options: how the vault is used.
            writer: the id of the state directory that writes, if it has one.
            tried: gets the identity of what is about to be written.
            restoring: where *over* is None, replace what is there: it is damaged.

        Raises:
            SupersededError: not written, or it is not known; look at the present state and start again.
            PyvaultError: not written.
        """
        ...

    def after_write(self, snapshot: Snapshot) -> None:
        """Do what follows from a write that is done and remembered here.

        Raises:
            WriteFailedError: it revoked something, and earlier states that still have it could not be deleted.
        """
        ...

    def after_unclear(self, tried: Sequence[Step]) -> AbstractContextManager[object]:
        """Return what turns the errors of another attempt, where an earlier one may have written something.

        Raises:
            SupersededError: there was no answer again; it may help to try once more.
            AwsUnreachableError: whether something was written is not known.
        """
        ...

    def find_written(self, tried: Sequence[Step], snapshot: Snapshot) -> bool:
        """Return whether one of the states that were tried is the present one or led to it.

        Raises:
            ConflictError: that can't be told any more.
        """
        ...

    def backups(self, checks: FileChecks) -> Sequence[Backup]:
        """Return the earlier states, the newest first; none is unlocked."""
        ...

    def backup(self, number: int) -> Source:
        """Return an earlier state.

        Raises:
            ItemNotFoundError: there is none with this number.
        """
        ...

    def delete_backups(self) -> int:
        """Delete the earlier states, and return how many there were.

        Raises:
            WriteFailedError: some are left; the message names them.
        """
        ...

    def other_states(self, vault_id: bytes) -> Sequence[ConflictCopy]:
        """Return the other states of the vault that lie beside it; never fails."""
        ...

    def name_other_states(self, problem: VaultFileError, vault_id: bytes) -> VaultFileError:
        """Return the error of a fork or rollback with the names of other states that may hold the rest."""
        ...
