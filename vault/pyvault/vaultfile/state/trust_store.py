"""What each vault looked like when it was last seen.

Cryptography can't tell an old vault from a new one, or a copy from the original; only
remembering can. :func:`check_history` decides, without effects; each change of the trust
file is a method of :class:`TrustStore`. What only writing needs is imported there: most
commands find the vault unchanged.

Source: docs/vault-format.md, section 7.
"""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, ConfigError, ForeignVaultError, PyvaultError
from pyvault.files.file_checks import FileChecks, check_state_directory, make_private_directory
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.vaultfile.state.vault_state import ACCEPT_HINT, MAX_TRUST_FILE, VaultState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyvault.files.lock import LockFile
    from pyvault.vaultfile.disk.vault_reader import Snapshot

FIRST_SIGHT_HINT = "move it away; the next state that is opened is then accepted, as on a new machine"
LOCK_SECONDS = 10.0


def check_history(
    seen: VaultState,
    known: Mapping[bytes, VaultState],
    snapshot: Callable[[], Snapshot],
    writer: Callable[[], bytes | None] = lambda: None,
) -> VaultState:
    """Return what to remember of a vault if it may follow what was seen before.

    Args:
        seen: from the verified header.
        known: the states known before this vault was opened, by vault id.
        snapshot: opens the index; called only if the header doesn't decide.
        writer: returns the id of this state directory.

    Raises:
        RollbackError, ForkError, ForeignVaultError: it may not, see docs/vault-format.md, section 7.
    """
    if any(seen.path in other.places and other.vault_id != seen.vault_id for other in known.values()):
        raise ForeignVaultError(f"'{seen.path}' is not the vault known here, but another one", hint=ACCEPT_HINT)
    before = known.get(seen.vault_id)
    if before is None:
        return seen  # trust on first use
    if (seen.step, seen.fingerprint) == (before.step, before.fingerprint):
        return seen
    from pyvault.vaultfile.state.history import check_succession  # most commands find the vault unchanged

    return check_succession(seen, before, snapshot, writer)


class DamagedTrustFileError(ConfigError):
    """The trust file is not what pyvault wrote: a problem of this machine, the vault itself may be fine."""


class TrustStore:
    """The trust file, in the state directory: the last known state of each vault."""

    def __init__(
        self, path: Path, *, warn: Callable[[str], None] | None = None, checks: FileChecks | None = None
    ) -> None:
        """Name the file; the first :meth:`record` creates it.

        Args:
            path: ``trust.json``.
            warn: called at most once, if the file can't be written.
            checks: of its directory; the ordinary ones by default.
        """
        self.path = path
        self._warn = warn
        self._checks = checks or FileChecks()

    def known_states(self) -> dict[bytes, VaultState]:
        """Return the known states by vault id; none if the file is missing.

        Raises:
            DamagedTrustFileError: it is not what pyvault wrote.
            AccessDeniedError: it is not a file, or can't be read.
            InsecurePermissionsError: others could change it.
        """
        check_state_directory(self.path.parent, self._checks)
        try:
            text = read_file(self.path, MAX_TRUST_FILE)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as exc:
            pass_interruption(exc)
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

    def record(self, seen: VaultState, *, accepted: bool = False, locked: bool = False) -> None:
        """Remember a state that passed :func:`check_history`, if it is newer than the one known.

        Most often it isn't, and that is seen without a lock.
        If the state directory can't be written, this warns once and goes on.

        Args:
            seen: a verified state.
            accepted: the user has just made it, so it replaces whatever was known.
            locked: the caller holds the lock.
        """

        def is_known(known: Mapping[bytes, VaultState]) -> bool:
            before = known.get(seen.vault_id)
            if before is None or seen.external not in {None, before.external}:
                return False
            return seen.path in before.places and not seen.is_newer_than(before)

        def add(known: dict[bytes, VaultState]) -> dict[bytes, VaultState]:
            if is_known(known):  # by now
                return known
            from pyvault.vaultfile.state.places import with_state

            return with_state(known, seen)

        try:
            if accepted:
                self.accept(seen, locked=locked)
            elif not is_known(self.known_states()):
                self._update(add, locked=locked)
        except PyvaultError as exc:
            if self._warn is not None:
                warn, self._warn = self._warn, None
                warn(f"the trust file can't be written, so an old copy of the vault would go unnoticed: {exc.message}")

    def note_verified(self, vault_id: bytes, place: str, moment: int, grain: float, *, locked: bool = False) -> None:
        """Note that the server of a place said what its present state is; see :func:`~.places.with_verified`.

        Where that fails, the kept copy is read for a shorter time.
        """
        from pyvault.vaultfile.state.places import with_verified

        with contextlib.suppress(PyvaultError):
            known = self.known_states()
            if with_verified(known, vault_id, place, moment, grain) is not known:  # or every start took the lock
                self._update(lambda states: dict(with_verified(states, vault_id, place, moment, grain)), locked=locked)

    def accept(self, seen: VaultState, *, locked: bool = False) -> None:
        """Remember this state in place of whatever was known: the user accepts it.

        Args:
            seen: a verified state.
            locked: the caller holds the lock.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        from pyvault.vaultfile.state.places import with_accepted

        self._update(lambda known: with_accepted(known, seen), damaged_is_empty=True, locked=locked)

    def writer(self) -> bytes | None:
        """Return the id of this state directory; None if it has none yet."""
        from pyvault.vaultfile.state.places import find_writer

        return find_writer(self.path.with_name("writer"))

    def make_writer(self) -> bytes | None:
        """Return the id of this state directory, created if missing; None if it can't be stored.

        The caller holds the lock.
        """
        from pyvault.vaultfile.state.places import make_writer

        try:
            return make_writer(self.path.with_name("writer"))
        except PyvaultError:  # :meth:`record` warns that the directory can't be written
            return None

    def make_directory(self) -> None:
        """Make the directory if it is missing.

        Raises:
            WriteFailedError, InsecurePermissionsError: it can't be made.
        """
        make_private_directory(self.path.parent, self._checks)

    def lock(self, timeout: float = LOCK_SECONDS) -> LockFile:
        """Return the lock of everything that is remembered here."""
        from pyvault.files.lock import LockFile

        return LockFile(self.path.with_name("trust.lock"), timeout=timeout, what=f"the trust file '{self.path}'")

    def forget(self, place: Path | str) -> None:
        """Forget the vault at a path, or at the place with this identity, which the user has removed.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        from pyvault.vaultfile.state.places import without_path

        identity = place if isinstance(place, str) else str(place.absolute())
        self._update(lambda known: without_path(known, identity))

    def follow(self, old: Path, new: Path) -> None:
        """Remember that the vault at *old* was renamed to *new*, where nothing was.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        from pyvault.vaultfile.state.places import renamed

        self._update(lambda known: renamed(known, str(old), str(new)))

    def forget_vault(self, vault_id: bytes) -> None:
        """Forget a vault wherever it was seen, at the user's request.

        Raises:
            WriteFailedError: the trust file can't be written.
        """
        self._update(lambda known: {key: other for key, other in known.items() if key != vault_id})

    def _update(
        self,
        change: Callable[[dict[bytes, VaultState]], dict[bytes, VaultState]],
        *,
        damaged_is_empty: bool = False,
        locked: bool = False,
    ) -> None:
        from pyvault.files.atomic import remove_leftovers, replace_file
        from pyvault.vaultfile.state.trust_file import format_states

        self.make_directory()
        check_state_directory(self.path.parent, self._checks)
        with contextlib.nullcontext() if locked else self.lock():
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
