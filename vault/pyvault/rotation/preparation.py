"""What a rotation works with: whose keys, signed by what, asking whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import NoCredentialsError, ProfileNotFoundError
from pyvault.rotation.rotate import Rotation, as_signer
from pyvault.surface import call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from pyvault.config.profile import Profile
    from pyvault.files.lock import LockFile
    from pyvault.mfa.codes import MfaCodes
    from pyvault.model import Credentials, StoredCredentials
    from pyvault.storage.typed_store import CredentialStore

#: The shortest that GetSessionToken gives; a rotation takes seconds, and a minute when IAM is slow.
SESSION = timedelta(seconds=900)


def owner_of(profile: Profile, stored: Collection[str]) -> Profile:
    """Return the profile whose stored keys this one uses, however long the chain is.

    Raises:
        ProfileNotFoundError: there is no such profile.
        NoCredentialsError: no profile of the chain has stored keys.
        ConfigError: the chain is broken.
    """
    for member in profile.chain():
        if member.name in stored:
            return member
    if profile.problem is not None:
        raise profile.problem
    if not profile.known:
        raise ProfileNotFoundError(
            f"profile {profile.name!r} not found: it has no section in the config file and no stored credentials",
            hint=f"{call('list')} shows all profiles",
        )
    raise NoCredentialsError(
        f"no keys are stored for {profile.name!r} or the profiles it gets its credentials from",
        hint=f"{call('list')} shows which have keys",
    )


def only_rotation(profile: str, directory: Path) -> LockFile:
    """Return the lock that keeps two rotations of one key apart; the second fails at once.

    Both would otherwise decide by what the other is about to change.

    Raises:
        WriteFailedError: the directory can't be made.
    """
    import hashlib

    from pyvault.files.atomic import writing
    from pyvault.files.lock import LockFile
    from pyvault.files.modes import make_directory

    with writing(directory):
        make_directory(directory)
    name = hashlib.sha256(profile.encode()).hexdigest()[:32]
    return LockFile(directory / f"rotate-{name}.lock", timeout=0, what=f"the rotation of '{profile}'")


def rotation_of(
    owner: Profile,
    store: CredentialStore,
    *,
    codes: Callable[[], MfaCodes],
    no_session: bool,
    confirm: Callable[[str], bool],
    report: Callable[[str], None],
    wait: Callable[[timedelta], None],
    keep_old: bool,
    delete_inactive: bool,
    trust_endpoints: Sequence[str] | None,
) -> Rotation:
    """Return the rotation of a profile's stored key; nothing is asked or called yet.

    Args:
        owner: of the key.
        store: where the key is.
        codes: returns the source of MFA codes; called when one is needed.
        no_session: the pair itself signs, also where there is an MFA device.
        confirm: as for :class:`Rotation`, like all that follow.
        report: as above.
        wait: as above.
        keep_old: as above.
        delete_inactive: as above.
        trust_endpoints: URLs that may be asked, beside those of AWS and of this machine.

    Raises:
        ConfigError: an endpoint of the profile is not trusted.
    """
    from pyvault.aws.client import BotoCalls
    from pyvault.clock import now
    from pyvault.config.client_settings import client_of, home_partition
    from pyvault.config.trusted_endpoints import check_endpoints

    partition = home_partition(owner.chain())
    check_endpoints(owner, partition, ("iam", "sts"), trust_endpoints)
    settings = client_of(owner, partition)
    calls = BotoCalls()

    def authenticate(pair: StoredCredentials) -> Credentials:
        # IAM refuses sessions without MFA, so without a device the pair itself signs.
        if owner.mfa_serial is None or no_session:
            return as_signer(pair)
        from pyvault.mfa.codes import MfaRequest
        from pyvault.planning.steps import SessionTokenStep

        step = SessionTokenStep(
            profile=owner.name, mfa_serial=owner.mfa_serial, duration=SESSION, client=settings, why="to sign IAM calls"
        )
        mfa = MfaRequest(serial=owner.mfa_serial, profile=owner.name, process=owner.mfa_process)
        sts = calls.sts(settings, as_signer(pair))
        return codes().prove(mfa, lambda proof: sts.get_session_token(step, proof))

    return Rotation(
        owner.name,
        store,
        iam=lambda signer: calls.iam(settings, signer),
        identity=lambda signer: calls.sts(settings, signer).get_caller_identity(),
        authenticate=authenticate,
        confirm=confirm,
        report=report,
        clock=now,
        wait=wait,
        keep_old=keep_old,
        delete_inactive=delete_inactive,
    )
