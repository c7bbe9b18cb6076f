"""An object in a bucket as the place of a vault."""

from __future__ import annotations

import contextlib
import random
import time
from typing import TYPE_CHECKING, Final

from pyvault.clock import Clock, now
from pyvault.errors import (
    NO_ANSWER,
    AwsUnreachableError,
    ConflictError,
    NothingSentError,
    PyvaultError,
    VaultExistsError,
    VaultGoneError,
    VaultNotFoundError,
)
from pyvault.files import witness
from pyvault.files.file_checks import FileChecks
from pyvault.paths import find_cache, find_paths
from pyvault.record import Record
from pyvault.vaultfile.format.descent import Step
from pyvault.vaultfile.s3.bucket_object import BucketObject, LostRaceError
from pyvault.vaultfile.s3.kept_copy import Kept, KeptCopy
from pyvault.vaultfile.s3.object_content import ObjectContent
from pyvault.vaultfile.s3.put_draft import LOOK_FIRST, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from pyvault.errors import VaultFileError
    from pyvault.vaultfile.disk.backups import Backup
    from pyvault.vaultfile.disk.conflict_copies import ConflictCopy
    from pyvault.vaultfile.disk.vault_reader import Snapshot, VaultReader
    from pyvault.vaultfile.place import Look, Source
    from pyvault.vaultfile.s3.bucket_object import Got
    from pyvault.vaultfile.s3.location import Location
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.vault_options import VaultOptions

#: Full jitter: each pause is a random part of one that doubles. Source: AWS Architecture Blog,
#: "Exponential Backoff And Jitter".
FIRST_PAUSE: Final = 0.1  # seconds
LONGEST_PAUSE: Final = 8.0
#: Seconds between two notes of a verified answer: one for each start would be a write for each start.
NOTE_EVERY: Final = 60.0
READ_ATTEMPTS: Final = 2


class S3Settings(Record):
    """A vault in a bucket.

    Attributes:
        owner: the account that must own the bucket.
        profile: whose credentials reach it; None for the machine's own.
        connect_timeout, read_timeout, max_stale: seconds.
    """

    location: Location
    region: str | None = None
    owner: str | None = None
    profile: str | None = None
    connect_timeout: float
    read_timeout: float
    max_stale: float


class S3Place:
    """An object, replaced by compare-and-swap on its ETag."""

    def __init__(
        self,
        settings: S3Settings,
        environ: Mapping[str, str],
        *,
        clock: Clock = now,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Name the object; nothing is sent yet.

        Args:
            settings: which object, and how it is reached.
            environ: where the machine's own credentials and our files are.
            clock: decides how old the kept copy is.
            pause: waits between two attempts.
        """
        from pyvault.aws.bucket_client import BucketSettings

        self.settings = settings
        self._environ = environ
        self._clock = clock
        self._pause = pause
        self.object = BucketObject(
            settings.location,
            BucketSettings(
                region=settings.region,
                endpoint_url=settings.location.endpoint,
                profile=settings.profile,
                connect_timeout=settings.connect_timeout,
                read_timeout=settings.read_timeout,
            ),
            environ,
            settings.owner,
        )
        self._latest: ObjectContent | None = None
        self._noted: float | None = None
        self.unclear = False  # whether the attempts so far may have written something
        self._tell: Callable[[str], None] | None = None

    def __str__(self) -> str:
        return str(self.settings.location)

    @property
    def identity(self) -> str:
        """Endpoint, bucket and key."""
        return self.settings.location.identity

    def on_warning(self, listener: Callable[[str], None]) -> None:
        """Set who is told that a copy is read."""
        self._tell = listener

    def settled(self, checks: FileChecks) -> S3Place:
        """Return this place: an object has no links."""
        del checks
        return self

    # ------------------------------------------------------------ reading
    def open(self, checks: FileChecks, look: Look = "any") -> ObjectContent:
        """Ask the bucket whether the state at hand is still the present one, and get that if it isn't."""
        if witness.current is not None:
            witness.current.lose_sight()  # only the bucket knows its present state
        if look == "last" and self._latest is not None:
            return self._latest
        at_hand = self._latest or self._kept(checks)
        try:
            got = self._get(None if at_hand is None else at_hand.tag)
        except AwsUnreachableError as problem:
            if look != "any" or at_hand is None:
                raise
            return self._offline(at_hand, problem, checks)
        if got is not None:
            self._latest = self._content(got.body, got.tag, modified=got.modified)
        elif at_hand is not None:
            at_hand.offline = False
            self._latest = at_hand
        else:
            raise VaultNotFoundError(f"there is no vault at '{self}'")
        return self._latest

    def _get(self, unless: str | None) -> Got | None:
        for _ in range(READ_ATTEMPTS - 1):
            with contextlib.suppress(AwsUnreachableError):
                return self.object.get(unless=unless)
            self._pause(random.uniform(0, FIRST_PAUSE))  # noqa: S311 - no secret
        return self.object.get(unless=unless)

    def _kept(self, checks: FileChecks) -> ObjectContent | None:
        found = self._copy(checks).load()
        return None if found is None else self._content(found.body, found.tag, modified=found.modified, kept=True)

    def _copy(self, checks: FileChecks) -> KeptCopy:
        return KeptCopy(find_cache(self._environ), self.identity, checks)

    def _offline(self, at_hand: ObjectContent, problem: AwsUnreachableError, checks: FileChecks) -> ObjectContent:
        """Return what is at hand although the bucket can't be reached.

        Raises:
            AwsUnreachableError: it is too long ago that the bucket said it is the present state.
        """
        from pyvault.clock import from_epoch, to_rfc3339
        from pyvault.vaultfile.s3.staleness import find_verified, is_fresh

        verified = find_verified(find_paths(self._environ).trust, self.identity, checks)
        if not is_fresh(verified, self._clock().timestamp(), self.settings.max_stale):
            ago = "not known" if verified is None else to_rfc3339(from_epoch(verified))
            raise AwsUnreachableError(
                f"{problem.message}; the copy on this machine is too old: last verified {ago}",
                hint="the option max_stale says for how many seconds a copy may be read",
            )
        if not at_hand.offline and self._tell is not None:
            self._tell(f"{problem.message}; the copy on this machine is read instead")
        at_hand.offline = True
        self._latest = at_hand
        return at_hand

    def _content(self, body: bytes, tag: str, *, modified: float = 0.0, kept: bool = False) -> ObjectContent:
        return ObjectContent(str(self), body, tag=tag, modified=modified, kept=kept, confirm=self._confirmed)

    def _confirmed(self, content: ObjectContent, trust: TrustStore | Memory, vault_id: bytes) -> None:
        """Keep a copy, and note when the bucket last said that this is the present state."""
        if content.offline:
            return
        if not content.kept:
            self._copy(FileChecks()).save(Kept(tag=content.tag, modified=content.modified, body=content.body))
            content.kept = True
        moment = self._clock().timestamp()
        if self._noted is None or not 0 <= moment - self._noted < min(NOTE_EVERY, self.settings.max_stale / 4):
            trust.note_verified(vault_id, self.identity, int(moment), min(NOTE_EVERY, self.settings.max_stale / 4))
            self._noted = moment

    def exists(self) -> bool:
        """Return whether there is an object."""
        try:
            self.open(FileChecks(), "current")
        except VaultNotFoundError:
            return False
        return True

    # ------------------------------------------------------------ writing
    def prepare(self, options: VaultOptions) -> None:
        """Refuse a bucket in which compare-and-swap means nothing."""
        from pyvault.vaultfile.s3.bucket_checks import refuse_replication

        del options
        refuse_replication(self.object, str(self))

    def check_free(self) -> None:
        """Refuse a key that is taken."""
        if self.exists():
            raise VaultExistsError(f"'{self}' already exists")

    def lock(self, options: VaultOptions) -> AbstractContextManager[object]:
        """Return a lock of this machine: its writers need not race each other.

        The ETag protects the object. Where no lock can be made, it does so alone.
        """
        import hashlib

        from pyvault.files.file_checks import make_private_directory
        from pyvault.files.lock import LockFile

        locks = find_paths(self._environ).locks
        try:
            make_private_directory(locks, options.checks)
        except PyvaultError:
            return contextlib.nullcontext()
        name = f"vault-{hashlib.sha256(self.identity.encode()).hexdigest()[:32]}.lock"
        return LockFile(locks / name, timeout=options.lock_timeout, what=f"'{self}'")

    def attempts(self, options: VaultOptions, tried: Sequence[Step]) -> Iterator[None]:
        """Yield for each attempt, with growing random pauses, for as long as one waits for other writers."""
        del tried
        self.unclear = False
        deadline = time.monotonic() + options.lock_timeout
        longest = FIRST_PAUSE
        while True:
            yield
            if time.monotonic() >= deadline:
                break
            self._pause(random.uniform(0, longest))  # noqa: S311 - no secret
            longest = min(2 * longest, LONGEST_PAUSE)
        if self.unclear:
            raise AwsUnreachableError(f"'{self}' gives no clear answer: {UNKNOWN}", hint=LOOK_FIRST)
        raise ConflictError(f"'{self}' is being changed by too many at once: nothing was written", hint="try again")

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
        """Put the next state, if the present one is still that which was read."""
        from pyvault.vaultfile.s3.put_draft import compose, create

        if draft.follows_revocation():
            with contextlib.suppress(PyvaultError):  # whoever revoked was told what survives
                self.delete_backups()
        body, snapshot = compose(str(self), draft, base, options, writer)
        tag = self._tag_of(over, restoring=restoring)
        if tag is None:
            self._latest = self._content(body, create(self.object, self, body, snapshot, options))
        else:
            tried.append(Step(snapshot.header.generation, snapshot.header.txid))
            self._latest = self._content(body, self._swap(body, tag), modified=self._clock().timestamp())
        return snapshot

    def after_write(self, snapshot: Snapshot) -> None:
        """Delete the versions that still have what was revoked."""
        from pyvault.vaultfile.state.draft import REVOKED_AT

        if snapshot.index.meta.get(REVOKED_AT) == snapshot.header.generation:
            self.delete_backups()

    def _swap(self, body: bytes, tag: str) -> str:
        from pyvault.vaultfile.disk.write import SupersededError

        try:
            return self.object.put(body, over=tag)
        except LostRaceError:
            raise SupersededError from None
        except VaultNotFoundError:
            raise VaultGoneError(
                f"the vault '{self}' is gone: somebody has deleted it",
                hint="pyvault vault backups shows what the bucket has kept of it",
            ) from None
        except NothingSentError:
            if not self.unclear:
                raise
            raise SupersededError from None
        except NO_ANSWER:
            self.unclear = True
            raise SupersededError from None

    def _tag_of(self, over: VaultReader | None, *, restoring: bool) -> str | None:
        if over is not None:
            content = over.content
            return content.tag if isinstance(content, ObjectContent) else None
        if not restoring:
            return None
        try:
            return self.open(FileChecks(), "current").tag
        except VaultNotFoundError:
            return None

    @contextlib.contextmanager
    def after_unclear(self, tried: Sequence[Step]) -> Generator[None]:
        """Name what is not known in the errors of an attempt that follows an unclear one."""
        from pyvault.vaultfile.disk.write import SupersededError

        follows = bool(tried) and self.unclear
        try:
            yield
        except NO_ANSWER:
            if not follows:
                raise
            raise SupersededError from None
        except PyvaultError as problem:
            if not follows:
                raise
            raise AwsUnreachableError(f"{problem.message}; and {UNKNOWN}", hint=LOOK_FIRST) from None

    def find_written(self, tried: Sequence[Step], snapshot: Snapshot) -> bool:
        """Return whether one of the states that were tried is the present one or led to it."""
        from pyvault.vaultfile.s3.outcome import is_among_versions, led_here

        found = led_here(tried, snapshot)
        if found is None and not is_among_versions(self.object, tried):
            raise ConflictError(f"'{self}' was changed many times meanwhile: {UNKNOWN}", hint=LOOK_FIRST)
        return found is not False

    # ------------------------------------------------------------ earlier states
    def backups(self, checks: FileChecks) -> Sequence[Backup]:
        """Return the versions that the bucket has kept; none if it keeps none."""
        from pyvault.vaultfile.s3.object_versions import list_versions

        del checks
        return list_versions(self.object, str(self))

    def backup(self, number: int) -> Source:
        """Return one of the versions."""
        from pyvault.vaultfile.s3.object_versions import find_version

        return find_version(self.object, str(self), number)

    def delete_backups(self) -> int:
        """Delete all versions but the present one."""
        from pyvault.vaultfile.s3.object_versions import delete_versions

        return delete_versions(self.object, str(self))

    def other_states(self, vault_id: bytes) -> Sequence[ConflictCopy]:
        """Return none: nothing lies beside an object."""
        del vault_id
        return ()

    def name_other_states(self, problem: VaultFileError, vault_id: bytes) -> VaultFileError:
        """Return the error as it is."""
        del vault_id
        return problem
