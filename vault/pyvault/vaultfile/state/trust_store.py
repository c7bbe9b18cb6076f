"""Memory of what each vault looked like when it was last seen.

Cryptography can't tell an old vault from a new one, or a copy from the
original; only remembering can. The decision is :func:`judge`, without effects; each change of
the memory is a short method of :class:`Trust`, and they are many, so the file is a little long.
What only writing needs is loaded there: most commands find the vault as it was.

Source: docs/vault-format.md, section 7.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, ConfigError, ForeignVaultError, PyvaultError
from pyvault.files.file_checks import FileChecks, check_state_directory, make_private_directory
from pyvault.files.reading import read_file
from pyvault.vaultfile.state.vault_state import ACCEPT_HINT, MAX_TRUST_FILE, VaultState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyvault.vaultfile.disk.vault_reader import Snapshot

FIRST_SIGHT_HINT = "move it away; the state that is opened next is then believed, as on a new machine"
LOCK_SECONDS = 10.0


def check_history(
    seen: VaultState,
    known: Mapping[bytes, VaultState],
    snapshot: Callable[[], Snapshot],
    writer: Callable[[], bytes | None] = lambda: None,
) -> VaultState:
    """Decide whether a vault may follow what was seen before; gives what to remember of it.

    Args:
        seen: from the verified header.
        known: the states known before this vault was opened, by vault id.
        snapshot: opens the index; called only if the header does not tell enough.
        writer: the id of this state directory.

    Raises:
        RollbackError, ForkError, ForeignVaultError: it may not, see docs/vault-format.md, section 7.
    """
    if any(seen.path in other.places and other.vault_id != seen.vault_id for other in known.values()):
        raise ForeignVaultError(f"'{seen.path}' is another vault than the one known here", hint=ACCEPT_HINT)
    before = known.get(seen.vault_id)
    if before is None:
        return seen  # the first sight is believed
    if (seen.step, seen.fingerprint) == (before.step, before.fingerprint):
        return seen
    from pyvault.vaultfile.state.history import check_succession  # most commands find the vault as it was

    return check_succession(seen, before, snapshot, writer)


class DamagedTrustFileError(ConfigError):
    """The trust file is not what pyvault wrote: a matter of this machine, the vault itself may be sound."""


class TrustStore:
    """The trust file, in the state directory: the last known state of each vault."""

    def __init__(
        self, path: Path, *, warn: Callable[[str], None] | None = None, checks: FileChecks | None = None
    ) -> None:
        """Name the file; it is made by the first :meth:`record`.

        Args:
            path: ``trust.json``.
            checks: of its directory, by default the ordinary ones.
            warn: told, at most once, that the file can't be written.
        """
        self.path = path
        self._warn = warn
        self._checks = checks or FileChecks()

    def known_states(self) -> dict[bytes, VaultState]:
        """Read what is known; a missing file is an empty memory, a damaged one is an error.

        Raises:
            DamagedTrustFileError: not what pyvault wrote.
            AccessDeniedError: it is no file, can't be read, or others could write it.
        """
        check_state_directory(self.path.parent, self._checks)
        try:
            text = read_file(self.path, MAX_TRUST_FILE)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as exc:
            if exc.errno == errno.EFBIG:
                raise self._damaged() from None
            from pyvault.files.owners import foreign_owner_hint

            hint = FIRST_SIGHT_HINT if exc.errno in {errno.EINVAL, errno.EISDIR} else foreign_owner_hint(self.path)
            raise AccessDeniedError(f"can't read the trust file '{self.path}': {exc.strerror}", hint=hint) from exc
        from pyvault.vaultfile.state.trust_file import parse_states

        try:
            return parse_states(text)
        except ValueError:
            raise self._damaged() from None

    def _damaged(self) -> DamagedTrustFileError:
        return DamagedTrustFileError(f"the trust file '{self.path}' is damaged", hint=ACCEPT_HINT)

    def record(self, seen: VaultState, *, wanted: bool = False) -> None:
        """Remember a state that passed :func:`judge`, if it is newer than the one remembered.

        A machine whose state directory can't be written is told once and goes on.

        Args:
            seen: a verified state.
            wanted: the user made it just now, so it takes the place of whatever was known.
        """

        def grow(known: dict[bytes, VaultState]) -> dict[bytes, VaultState]:
            before = known.get(seen.vault_id)
            if before is not None and seen.path in before.places and not seen.is_newer_than(before):
                return known
            from pyvault.vaultfile.state.places import with_state

            return with_state(known, seen)

        try:
            if wanted:
                self.accept(seen)
            else:
                self._update(grow)
        except PyvaultError as exc:
            if self._warn is not None:
                warn, self._warn = self._warn, None
                warn(f"vaults can't be remembered, so an old copy would not be noticed: {exc.message}")

    def accept(self, seen: VaultState) -> None:
        """Remember this state whatever was known: the user says that it is wanted.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        from pyvault.vaultfile.state.places import with_accepted

        self._update(lambda known: with_accepted(known, seen), damaged_is_empty=True)

    def writer(self) -> bytes | None:
        """Return the id of this state directory; None if nothing was written from it."""
        from pyvault.vaultfile.state.places import find_writer

        return find_writer(self.path.with_name("writer"))

    def make_writer(self) -> bytes | None:
        """Return the id of this state directory, made if need be; None if it can't be kept."""
        from pyvault.files.lock import LockFile
        from pyvault.vaultfile.state.places import make_writer

        known = self.writer()
        if known is not None:
            return known
        try:
            make_private_directory(self.path.parent, self._checks)
            with LockFile(self.path.with_name("trust.lock"), timeout=LOCK_SECONDS):
                return make_writer(self.path.with_name("writer"))
        except PyvaultError:  # :meth:`record` tells of a directory that can't be written
            return None

    def forget(self, path: Path) -> None:
        """Forget the vault at *path*, which the user removed.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        from pyvault.vaultfile.state.places import without_path

        self._update(lambda known: without_path(known, str(path.absolute())))

    def follow(self, old: Path, new: Path) -> None:
        """Remember that the vault at *old* was given the name *new*, where nothing was.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        from pyvault.vaultfile.state.places import renamed

        self._update(lambda known: renamed(known, str(old), str(new)))

    def forget_vault(self, vault_id: bytes) -> None:
        """Forget a vault wherever it was seen, because the user says so.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        self._update(lambda known: {key: other for key, other in known.items() if key != vault_id})

    def _update(
        self,
        change: Callable[[dict[bytes, VaultState]], dict[bytes, VaultState]],
        *,
        damaged_is_empty: bool = False,
    ) -> None:
        from pyvault.files.atomic import remove_leftovers, replace_file
        from pyvault.files.lock import LockFile
        from pyvault.vaultfile.state.trust_file import format_states

        make_private_directory(self.path.parent, self._checks)
        check_state_directory(self.path.parent, self._checks)
        with LockFile(self.path.with_name("trust.lock"), timeout=LOCK_SECONDS):
            try:
                known = self.known_states()
            except DamagedTrustFileError:
                if not damaged_is_empty:
                    raise
                known = {}
            changed = change(known)
            if changed == known:
                return
            remove_leftovers(self.path)
            replace_file(self.path, format_states(changed))
