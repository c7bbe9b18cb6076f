"""Carry out a rotation, resume it, or abandon it.

The order that makes it safe: the intent is written before the key is asked
for; the new pair before anything is done with it; it is proved at AWS to be of
the same user before it replaces the stored one; the old key is inactive before it is deleted. The
only moment in which a live secret is in memory alone is between the answer of
CreateAccessKey and the next put.

One set of credentials signs all calls, so a human is asked for one MFA code.
It dies with the old key; what is left then is signed by the new pair.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar, assert_never

from pyvault import errors
from pyvault.access_keys import shown
from pyvault.model import Credentials, StoredCredentials, masked
from pyvault.names import ItemName, Kind
from pyvault.record import replace
from pyvault.rotation import decide
from pyvault.rotation.journal import Journal, Stage, dump_journal, parse_journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.aws.calls import CallerIdentity
    from pyvault.rotation.decide import RemoteKey
    from pyvault.rotation.tools import Shelf, Tools

T = TypeVar("T")

#: IAM is eventually consistent: a new key may be unknown for a while, also to ListAccessKeys.
PROPAGATION = timedelta(seconds=60)
LISTING_DELAY = timedelta(seconds=20)
RETRY_EVERY = timedelta(seconds=2)

#: What AWS answers about a key it does not know yet, or no more.
UNKNOWN_KEY = frozenset({"InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"})
GONE = "NoSuchEntity"


def rotate(profile: str, tools: Tools, *, keep_old: bool = False, delete_inactive: bool = False) -> None:
    """Replace the stored access key of *profile*, or resume an interrupted rotation.

    Raises:
        ItemNotFoundError: nothing is stored for the profile.
        ConflictError: AWS has no room for a second key.
        AwsError: AWS refused; what is written down lets the next run go on.
    """
    _Rotation(profile, tools, keep_old=keep_old, delete_inactive=delete_inactive).run()


def abort(profile: str, tools: Tools) -> None:
    """Abandon a rotation: delete the new key and forget the journal.

    Once the new pair is the stored one there is nothing to go back to, and the
    rotation is finished instead.

    Raises:
        ItemNotFoundError: no rotation of the profile is under way.
    """
    _Rotation(profile, tools, keep_old=False, delete_inactive=False).undo()


def find_journal(shelf: Shelf, profile: str) -> Journal | None:
    """Find a rotation of *profile* that is under way."""
    try:
        return parse_journal(shelf.get_item(_pending(profile)), profile)
    except errors.ItemNotFoundError:
        return None


def _pending(profile: str) -> ItemName:
    return ItemName(Kind.PENDING, profile)


def as_signer(pair: StoredCredentials) -> Credentials:
    """Let a long-lived pair sign."""
    return Credentials(access_key_id=pair.access_key_id, secret_access_key=pair.secret_access_key)


class _Rotation:
    def __init__(self, profile: str, tools: Tools, *, keep_old: bool, delete_inactive: bool) -> None:
        self._profile = profile
        self._tools = tools
        self._keep_old = keep_old
        self._delete_inactive = delete_inactive
        self._signer: Credentials | None = None
        self._user: CallerIdentity | None = None

    def run(self) -> None:
        journal = find_journal(self._tools.shelf, self._profile)
        if journal is not None:
            self._tools.report(f"resuming a rotation that was interrupted at {journal.stage.value!r}")
            self._settle(journal)
        while True:
            stored = self._tools.shelf.get(self._profile)
            journal = find_journal(self._tools.shelf, self._profile)
            self._refuse_foreign(journal, stored)
            keys = self._signed(self._tools.calls.list_keys)
            action = decide.next_action(journal, keys, stored=stored.access_key_id, keep_old=self._keep_old)
            if self._perform(action, journal, keys, stored):
                return

    def undo(self) -> None:
        journal = find_journal(self._tools.shelf, self._profile)
        if journal is None:
            raise errors.ItemNotFoundError(f"no rotation of {self._profile!r} is under way")
        stored = self._tools.shelf.get(self._profile)
        self._refuse_foreign(journal, stored)
        if stored.access_key_id == journal.new_key_id:
            self._tools.report("the new key is in place already; finishing instead")
            self.run()
            return
        self._settle(journal)
        if journal.new_key_id is not None:
            self._delete(journal.new_key_id)
        while not isinstance(action := self._after_abort(journal), decide.Create):
            self._perform(action, journal, [], stored)
            journal = find_journal(self._tools.shelf, self._profile) or journal
        self._tools.shelf.delete_item(_pending(self._profile))

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
        keys = self._signed(self._tools.calls.list_keys)
        keys = [key for key in keys if key.key_id != journal.new_key_id]  # deleted, but listings lag
        return decide.next_action(replace(journal, stage=Stage.INTENT), keys, stored=journal.old_key_id, keep_old=False)

    def _perform(
        self, action: decide.Action, journal: Journal | None, keys: list[RemoteKey], stored: StoredCredentials
    ) -> bool:
        """Do one step; return whether it was the last."""
        calls, report = self._tools.calls, self._tools.report
        match action:
            case decide.Begin():
                self._write(
                    Journal(
                        stage=Stage.INTENT,
                        old_key_id=stored.access_key_id,
                        existing=tuple(key.key_id for key in keys),
                        started=self._tools.clock(),
                    )
                )
            case decide.NoRoom(others=others):
                self._make_room(others)
            case decide.Create():
                self._create(_required(journal))
            case decide.DeleteOrphan(key_id=key_id):
                self._delete(key_id)
                report(f"deleted the key {masked(key_id)}, whose secret never arrived")
            case decide.AskAbout(key=key):
                self._ask_about(key, _required(journal))
            case decide.ProveAndSwap():
                self._prove_and_swap(_required(journal))
            case decide.Deactivate(key_id=key_id):
                self._signed(lambda signer: calls.deactivate_key(signer, key_id))
                report(f"set the old key {masked(key_id)} inactive")
            case decide.Delete(key_id=key_id):
                self._delete(key_id)
                report(f"deleted the old key {masked(key_id)}")
            case decide.Finish():
                self._tools.shelf.delete_item(_pending(self._profile))
                return True
            case _:
                assert_never(action)
        return False

    def _write(self, journal: Journal) -> None:
        self._tools.shelf.put_item(_pending(self._profile), dump_journal(journal))

    def _create(self, journal: Journal) -> None:
        self._owner()  # an STS that gives no answer shall be known before there is a new key
        pair = self._signed(self._tools.calls.create_key)
        pair = replace(pair, created=self._tools.clock())
        self._write(replace(journal, stage=Stage.CREATED, new=pair, new_key_id=pair.access_key_id))
        self._tools.report(f"made the key {masked(pair.access_key_id)}")

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
            self._write(replace(journal, stage=Stage.INTENT, new=None, new_key_id=None))
            self._tools.report(f"the key {masked(pair.access_key_id)} is gone; asking for another")
            return
        self._refuse_other_user(proved, pair)
        self._tools.shelf.put(self._profile, pair)
        self._write(replace(journal, stage=Stage.SWAPPED, new=None, new_key_id=pair.access_key_id))
        self._tools.report(f"stored the key {masked(pair.access_key_id)} for {self._profile!r}")

    def _owner(self) -> CallerIdentity:
        """Return whose the stored key is; AWS is asked once."""
        if self._user is None:
            self._user = self._signed(self._tools.calls.identity)
        return self._user

    def _refuse_other_user(self, proved: CallerIdentity, pair: StoredCredentials) -> None:
        """Stop if the new key is another user's: what made it is not the IAM of the stored one."""
        user = self._owner()
        if (proved.account_id, proved.arn) != (user.account_id, user.arn):
            old = self._tools.shelf.get(self._profile).access_key_id
            raise errors.CredentialsError(
                f"the new key {masked(pair.access_key_id)} belongs to {proved.arn!r} of account {proved.account_id!r}, "
                f"the stored key {masked(old)} to {user.arn!r} of account {user.account_id!r}; nothing was swapped",
                hint=f"'pyvault rotate --abort {self._profile}' deletes the new key where it was made",
            )

    def _prove(self, pair: StoredCredentials) -> CallerIdentity:
        deadline = self._tools.clock() + PROPAGATION
        while True:
            try:
                return self._tools.calls.identity(as_signer(pair))
            except (errors.AwsError, *errors.NO_ANSWER) as exc:
                unknown = not isinstance(exc, errors.AwsError) or exc.code in UNKNOWN_KEY
                if not unknown or self._tools.clock() >= deadline:
                    raise
                self._tools.wait(RETRY_EVERY)

    def _is_listed(self, key_id: str) -> bool:
        return any(key.key_id == key_id for key in self._signed(self._tools.calls.list_keys))

    def _make_room(self, others: tuple[RemoteKey, ...]) -> None:
        inactive = [key for key in others if not key.active]
        if self._delete_inactive and inactive:
            self._delete(inactive[0].key_id)
            self._tools.report(f"deleted the inactive key {masked(inactive[0].key_id)}")
            return
        listed = ", ".join(f"{masked(key.key_id)} ({'active' if key.active else 'inactive'})" for key in others)
        raise errors.ConflictError(
            f"the user of {self._profile!r} has two access keys already; the other is {listed}",
            hint=f"'pyvault rotate --delete-inactive {self._profile}' deletes the inactive one first"
            if inactive
            else f"'aws iam update-access-key --status Inactive --access-key-id {shown(others[0].key_id)}', when "
            f"nobody uses it any more; then 'pyvault rotate --delete-inactive {self._profile}'",
        )

    def _ask_about(self, key: RemoteKey, journal: Journal) -> None:
        used = "was used" if key.last_used else "was never used"
        if self._tools.confirm(f"the key {masked(key.key_id)} appeared meanwhile and {used}; delete it"):
            self._delete(key.key_id)
        else:  # it is somebody's: from now on it belongs to the known ones
            self._write(replace(journal, existing=(*journal.existing, key.key_id)))
            if len(journal.existing) + 1 >= decide.MAX_KEYS:
                raise errors.ConflictError(
                    f"there is no room for a new key beside {masked(key.key_id)}",
                    hint=f"'pyvault rotate --abort {self._profile}' abandons this rotation",
                )

    def _delete(self, key_id: str) -> None:
        def delete(signer: Credentials) -> None:
            try:
                self._tools.calls.delete_key(signer, key_id)
            except errors.AwsError as exc:
                if exc.code != GONE:  # deleted by an earlier run whose answer was lost
                    raise

        self._signed(delete)

    def _signed(self, call: Callable[[Credentials], T]) -> T:
        """Make a call with the one signer; when that died with its key, with the stored pair."""
        if self._signer is None:
            self._signer = self._tools.authenticate(self._tools.shelf.get(self._profile))
        deadline = self._tools.clock() + PROPAGATION
        while True:
            try:
                return call(self._signer)
            except errors.AwsError as exc:
                if exc.code not in UNKNOWN_KEY:
                    raise
                pair = as_signer(self._tools.shelf.get(self._profile))
                if self._signer == pair:
                    if self._tools.clock() >= deadline:
                        raise
                    self._tools.wait(RETRY_EVERY)
                self._signer = pair

    def _settle(self, journal: Journal) -> None:
        """Wait until ListAccessKeys must show a key that a lost answer told of."""
        age = self._tools.clock() - journal.started
        if journal.stage is Stage.INTENT and age < LISTING_DELAY:
            self._tools.wait(LISTING_DELAY - max(age, timedelta()))


def _required(journal: Journal | None) -> Journal:
    if journal is None:
        raise AssertionError("decide.next_action gives this step only with a journal")
    return journal
