"""What ``pyvault rotate`` works with: whose keys, signed by what, asking whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import NoCredentialsError, ProfileNotFoundError, PyvaultError
from pyvault.rotation.rotate import Rotation, as_signer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from pyvault.config.profile import Profile
    from pyvault.files.lock import LockFile
    from pyvault.model import Credentials, StoredCredentials
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.credential_request import CredentialRequest

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
            hint="'pyvault list' shows all profiles",
        )
    raise NoCredentialsError(
        f"no keys are stored for {profile.name!r} or the profiles it gets its credentials from",
        hint="'pyvault list' shows which have keys",
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
    request: CredentialRequest,
    context: Context,
    *,
    wait: Callable[[timedelta], None],
    keep_old: bool,
    delete_inactive: bool,
) -> Rotation:
    """Return the rotation of a profile's stored key; nothing is asked or called yet."""
    from pyvault.aws.client import BotoCalls
    from pyvault.clock import now
    from pyvault.config.client_settings import client_of, home_partition
    from pyvault_cli.terminal import output

    settings = client_of(owner, home_partition(owner.chain()))
    calls = BotoCalls()

    def authenticate(pair: StoredCredentials) -> Credentials:
        # IAM refuses sessions without MFA, so without a device the pair itself signs.
        if owner.mfa_serial is None or request.no_session:
            return as_signer(pair)
        from pyvault.mfa.codes import MfaRequest
        from pyvault.planning.steps import SessionTokenStep

        step = SessionTokenStep(
            profile=owner.name, mfa_serial=owner.mfa_serial, duration=SESSION, client=settings, why="to sign IAM calls"
        )
        mfa = MfaRequest(serial=owner.mfa_serial, profile=owner.name, process=owner.mfa_process)
        sts = calls.sts(settings, as_signer(pair))
        codes = context.mfa_codes(request.mfa_token, context.mfa_prompt())
        return codes.prove(mfa, lambda proof: sts.get_session_token(step, proof))

    return Rotation(
        owner.name,
        context.store,
        iam=lambda signer: calls.iam(settings, signer),
        identity=lambda signer: calls.sts(settings, signer).get_caller_identity(),
        authenticate=authenticate,
        confirm=lambda question: _confirmed(context, question),
        report=output.note,
        clock=now,
        wait=wait,
        keep_old=keep_old,
        delete_inactive=delete_inactive,
    )


def _confirmed(context: Context, question: str) -> bool:
    """Ask the human; one who says no, or is not there, keeps the key."""
    from pyvault.backend import Question

    try:
        return context.ask(Question(key="confirm", prompt=question)).reveal() == "y"
    except PyvaultError:
        return False
