"""Carry out a rotation, resume it, or abandon it.

The order that makes it safe: the intent is written before the key is asked
for; the new pair before anything is done with it; it is proved at AWS to be of
the same user before it replaces the stored one; the old key is inactive before it is deleted. The
only moment in which a live secret is in memory alone is between the answer of
CreateAccessKey and the next put.

One set of credentials signs all calls, so a human is asked for one MFA code.
It dies with the old key; what is left then is signed by the new pair.

Longer than most files: each step is a few lines, and only together they show the order.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar, assert_never

from pyvault import errors
from pyvault.access_keys import shown
from pyvault.model import Credentials, StoredCredentials, masked
from pyvault.record import replace
from pyvault.rotation import decide
from pyvault.rotation.held_journal import HeldJournal
from pyvault.rotation.journal import Journal, Stage
from pyvault.rotation.own_keys import list_keys
from pyvault.surface import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.aws.calls import CallerIdentity, Iam
    from pyvault.clock import Clock
    from pyvault.rotation.decide import RemoteKey
    from pyvault.storage.typed_store import CredentialStore

T = TypeVar("T")

#: IAM is eventually consistent: a new key may be unknown for a while, also to ListAccessKeys.
PROPAGATION = timedelta(seconds=60)
LISTING_DELAY = timedelta(seconds=20)
RETRY_EVERY = timedelta(seconds=2)

#: What AWS answers about a key it does not know yet, or no more.
UNKNOWN_KEY = frozenset({"InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"})
GONE = "NoSuchEntity"


def as_signer(pair: StoredCredentials) -> Credentials:
    """Return a long-lived pair as credentials that sign calls."""
    return Credentials(access_key_id=pair.access_key_id, secret_access_key=pair.secret_access_key)


class Rotation:
    """The rotation of one profile's stored access key: begun, resumed or abandoned.

    Attributes:
        has_replaced: whether this run has replaced the stored credentials.
    """

    def __init__(
        self,
        profile: str,
        store: CredentialStore,
        *,
        iam: Callable[[Credentials], Iam],
        identity: Callable[[Credentials], CallerIdentity],
        authenticate: Callable[[StoredCredentials], Credentials],
        confirm: Callable[[str], bool],
        report: Callable[[str], None],
        clock: Clock,
        wait: Callable[[timedelta], None],
        keep_old: bool = False,
        delete_inactive: bool = False,
    ) -> None:
        """Name the collaborators; nothing is read, asked or called yet.

        Args:
            profile: whose stored key is replaced.
            store: the stored credentials, with the journal beside them.
            iam: IAM, signed by given credentials.
            identity: GetCallerIdentity, signed by given credentials.
            authenticate: turns the stored pair into what signs IAM calls: with an MFA
                serial a session, otherwise the pair itself (IAM refuses plain sessions).
            confirm: asks a human about a key that may be somebody else's.
            report: gets what happened, in one line without secrets.
            clock: the time.
            wait: sleeps.
            keep_old: stop when the old key is inactive.
            delete_inactive: make room for the new key first, where that is possible.
        """
        self._profile = profile
        self._store = store
        self._iam = iam
        self._identity = identity
        self._authenticate = authenticate
        self._confirm = confirm
        self._report = report
        self._clock = clock
        self._wait = wait
        self._keep_old = keep_old
        self._delete_inactive = delete_inactive
        self._signer: Credentials | None = None
        self._user: CallerIdentity | None = None
        self._held = HeldJournal(store, profile)
        self._version: str | None = None  # of the stored pair that the next step was decided by
        self.has_replaced = False

    @property
    def is_under_way(self) -> bool:
        """Whether a journal was there when it was last read, written or removed; the store isn't asked."""
        return self._held.is_there

    def journal(self) -> Journal | None:
        """Return the journal of a rotation that is under way; None if none is."""
        return self._held.read()

    def run(self) -> None:
        """Replace the stored access key, or resume an interrupted rotation.

        Raises:
            ItemNotFoundError: nothing is stored for the profile.
            ConflictError: AWS has no room for a second key, another run has this rotation, or
                somebody else has replaced the stored pair.
            AwsError: AWS refused; what is written down lets the next run continue.
        """
        journal = self.journal()
        if journal is not None:
            self._held.write(journal)  # of two runs that resume it one goes on
            self._report(f"resuming a rotation that was interrupted at {journal.stage.value!r}")
            self._settle(journal)
        while True:
            stored, self._version = self._store.get_versioned(self._profile)
            journal = self.journal()
            self._refuse_foreign(journal, stored)
            keys = self._list_keys()
            action = decide.next_action(journal, keys, stored=stored.access_key_id, keep_old=self._keep_old)
            if self._perform(action, journal, keys, stored):
                return

    def abort(self) -> None:
        """Abandon the rotation: delete the new key and forget the journal.

        Once the new pair is the stored one there is nothing to go back to, and the
        rotation is finished instead.

        Raises:
            ItemNotFoundError: no rotation of the profile is under way.
        """
        journal = self.journal()
        if journal is None:
            raise errors.ItemNotFoundError(f"no rotation of {self._profile!r} is under way")
        stored = self._store.get(self._profile)
        self._refuse_foreign(journal, stored)
        if stored.access_key_id == journal.new_key_id:
            self._report("the new key is in place already; finishing instead")
            self.run()
            return
        self._held.write(journal)
        self._settle(journal)
        if journal.new_key_id is not None:
            self._delete(journal.new_key_id)
        while not isinstance(action := self._after_abort(journal), decide.Create):
            self._perform(action, journal, [], stored)
            journal = self.journal() or journal
        self._held.forget()

    def _refuse_foreign(self, journal: Journal | None, stored: StoredCredentials) -> None:
        """Stop if the stored key is neither the old nor the new one: somebody replaced it meanwhile.

        Going on would put the journal's key over that one, maybe of another account.
        """
        if journal is not None and stored.access_key_id not in {journal.old_key_id, journal.new_key_id}:
            raise errors.ConflictError(
                f"the stored key of {self._profile!r} is not the one whose rotation was interrupted",
                hint=f"'pyvault vault cat pending {self._profile}' shows that rotation; "
                f"'pyvault remove {self._profile}' forgets both",
            )

    def _after_abort(self, journal: Journal) -> decide.Action:
        keys = self._list_keys()
        keys = [key for key in keys if key.key_id != journal.new_key_id]  # deleted, but listings lag
        return decide.next_action(replace(journal, stage=Stage.INTENT), keys, stored=journal.old_key_id, keep_old=False)

    def _perform(
        self, action: decide.Action, journal: Journal | None, keys: list[RemoteKey], stored: StoredCredentials
    ) -> bool:
        """Do one step; return whether it was the last."""
        match action:
            case decide.Begin():
                self._held.begin(
                    Journal(
                        stage=Stage.INTENT,
                        old_key_id=stored.access_key_id,
                        existing=tuple(key.key_id for key in keys),
                        started=self._clock(),
                    )
                )
            case decide.NoRoom(others=others):
                self._make_room(others)
            case decide.Create():
                self._create(_required(journal))
            case decide.DeleteOrphan(key_id=key_id):
                self._delete(key_id)
                self._report(f"deleted the key {masked(key_id)}, whose secret never arrived")
            case decide.AskAbout(key=key):
                self._ask_about(key, _required(journal))
            case decide.ProveAndSwap():
                self._prove_and_swap(_required(journal))
            case decide.Deactivate(key_id=key_id):
                self._signed(lambda signer: self._iam(signer).deactivate_access_key(key_id))
                self._report(f"set the old key {masked(key_id)} inactive")
            case decide.Delete(key_id=key_id):
                self._delete(key_id)
                self._report(f"deleted the old key {masked(key_id)}")
            case decide.Finish():
                self._held.forget()
                return True
            case _:
                assert_never(action)
        return False

    def _create(self, journal: Journal) -> None:
        self._owner()  # an STS that gives no answer shall be known before there is a new key
        pair = self._signed(lambda signer: self._iam(signer).create_access_key())
        pair = replace(pair, created=self._clock())
        try:
            self._held.write(replace(journal, stage=Stage.CREATED, new=pair, new_key_id=pair.access_key_id))
        except errors.ConflictError:
            self._delete(pair.access_key_id)  # nobody else knows its secret
            raise
        self._report(f"made the key {masked(pair.access_key_id)}")

    def _prove_and_swap(self, journal: Journal) -> None:
        pair = journal.new
        if pair is None:
            raise errors.ItemCorruptError(f"the journal of the rotation of {self._profile!r} lacks its new key")
        try:
            proved = self._prove(pair)
        except errors.AwsError as exc:
            if exc.code not in UNKNOWN_KEY or self._is_listed(pair.access_key_id):
                raise
            # Deleted by hand, or by an abort that was killed: begin again.
            self._held.write(replace(journal, stage=Stage.INTENT, new=None, new_key_id=None))
            self._report(f"the key {masked(pair.access_key_id)} is gone; asking for another")
            return
        self._refuse_other_user(proved, pair)
        self._held.read()  # the proof took time: it is still this run's
        with self._store.transaction():
            self._store.replace(self._profile, pair, self._version)
            self.has_replaced = True
            self._held.write(replace(journal, stage=Stage.SWAPPED, new=None, new_key_id=pair.access_key_id))
        self._report(f"stored the key {masked(pair.access_key_id)} for {self._profile!r}")

    def _owner(self) -> CallerIdentity:
        """Return whose the stored key is; AWS is asked once."""
        if self._user is None:
            self._user = self._signed(self._identity)
        return self._user

    def _refuse_other_user(self, proved: CallerIdentity, pair: StoredCredentials) -> None:
        """Stop if the new key is another user's: what made it is not the IAM of the stored one."""
        user = self._owner()
        if (proved.account_id, proved.arn) != (user.account_id, user.arn):
            old = self._store.get(self._profile).access_key_id
            raise errors.CredentialsError(
                f"the new key {masked(pair.access_key_id)} belongs to {proved.arn!r} of account {proved.account_id!r}, "
                f"the stored key {masked(old)} to {user.arn!r} of account {user.account_id!r}; nothing was swapped",
                hint=f"{call('rotate', self._profile, abort=True)} deletes the new key where it was made",
            )

    def _prove(self, pair: StoredCredentials) -> CallerIdentity:
        deadline = self._clock() + PROPAGATION
        while True:
            try:
                return self._identity(as_signer(pair))
            except (errors.AwsError, *errors.NO_ANSWER) as exc:
                unknown = not isinstance(exc, errors.AwsError) or exc.code in UNKNOWN_KEY
                if not unknown or self._clock() >= deadline:
                    raise
                self._wait(RETRY_EVERY)

    def _is_listed(self, key_id: str) -> bool:
        return any(key.key_id == key_id for key in self._list_keys())

    def _make_room(self, others: tuple[RemoteKey, ...]) -> None:
        inactive = [key for key in others if not key.active]
        if self._delete_inactive and inactive:
            self._delete(inactive[0].key_id)
            self._report(f"deleted the inactive key {masked(inactive[0].key_id)}")
            return
        listed = ", ".join(f"{masked(key.key_id)} ({'active' if key.active else 'inactive'})" for key in others)
        making_room = call("rotate", self._profile, delete_inactive=True)
        raise errors.ConflictError(
            f"the user of {self._profile!r} has two access keys already; the other is {listed}",
            hint=f"{making_room} deletes the inactive one first"
            if inactive
            else f"'aws iam update-access-key --status Inactive --access-key-id {shown(others[0].key_id)}', when "
            f"nobody uses it any more; then {making_room}",
        )

    def _ask_about(self, key: RemoteKey, journal: Journal) -> None:
        used = "was used" if key.last_used else "was never used"
        if self._confirm(f"the key {masked(key.key_id)} appeared meanwhile and {used}; delete it"):
            self._delete(key.key_id)
        else:  # it is somebody's: from now on it belongs to the known ones
            self._held.write(replace(journal, existing=(*journal.existing, key.key_id)))
            if len(journal.existing) + 1 >= decide.MAX_KEYS:
                raise errors.ConflictError(
                    f"there is no room for a new key beside {masked(key.key_id)}",
                    hint=f"{call('rotate', self._profile, abort=True)} abandons this rotation",
                )

    def _delete(self, key_id: str) -> None:
        def delete(signer: Credentials) -> None:
            try:
                self._iam(signer).delete_access_key(key_id)
            except errors.AwsError as exc:
                if exc.code != GONE:  # deleted by an earlier run whose answer was lost
                    raise

        self._signed(delete)

    def _list_keys(self) -> list[RemoteKey]:
        return self._signed(lambda signer: list_keys(self._iam(signer)))

    def _signed(self, call: Callable[[Credentials], T]) -> T:
        """Make a call with the one signer; when that died with its key, with the stored pair."""
        if self._signer is None:
            self._signer = self._authenticate(self._store.get(self._profile))
        deadline = self._clock() + PROPAGATION
        while True:
            try:
                return call(self._signer)
            except errors.AwsError as exc:
                if exc.code not in UNKNOWN_KEY:
                    raise
                pair = as_signer(self._store.get(self._profile))
                if self._signer == pair:
                    if self._clock() >= deadline:
                        raise
                    self._wait(RETRY_EVERY)
                self._signer = pair

    def _settle(self, journal: Journal) -> None:
        """Wait until ListAccessKeys must show a key that a lost answer told of."""
        age = self._clock() - journal.started
        if journal.stage is Stage.INTENT and age < LISTING_DELAY:
            self._wait(LISTING_DELAY - max(age, timedelta()))


def _required(journal: Journal | None) -> Journal:
    if journal is None:
        raise AssertionError("decide.next_action gives this step only with a journal")
    return journal
