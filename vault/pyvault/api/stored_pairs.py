"""The half of a vault that deals with what is stored: pairs and authenticators.

Long by its docstrings, which are the reference of the Python interface; each method only calls what does the work.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence  # noqa: TC003 - typing.get_type_hints reads what the annotations name
from contextlib import contextmanager
from types import TracebackType  # noqa: TC003 - as above
from typing import TYPE_CHECKING, NoReturn, Self

from pyvault import clock
from pyvault.api.arguments import check_list, check_types
from pyvault.api.records import ListedProfile  # noqa: TC001 - as above
from pyvault.api.renewed import RenewedSet
from pyvault.errors import InputRequiredError, ItemNotFoundError, VaultClosedError
from pyvault.model import StoredCredentials  # noqa: TC001 - as above
from pyvault.secret import Secret  # noqa: TC001 - as above

if TYPE_CHECKING:
    from pyvault.backend import Ask
    from pyvault.mfa.codes import MfaCodes, MfaRequest
    from pyvault.runtime import Runtime


class StoredPairs:
    """What is stored, by the names of profiles; see :class:`~pyvault.CredentialVault`, which is one."""

    def __init__(self, runtime: Runtime, ask: Ask | None) -> None:
        """Take what :func:`open_vault` has put together.

        Args:
            runtime: has the chosen store.
            ask: answers questions for an MFA code; None where nobody is asked.
        """
        self._open_runtime: Runtime | None = runtime
        self._ask = ask
        self._name = runtime.choice.name
        self._renewed = RenewedSet()
        # Opened now and not in some thread later: an error comes at once.
        try:
            _ = runtime.store, runtime.sessions
        except BaseException:
            runtime.close()
            raise

    def __enter__(self) -> Self:
        _ = self._runtime  # one that is closed says so here already
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} backend={self._name!r}{'' if self._open_runtime else ' closed'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open vault can't be pickled or copied: each process opens its own, or is forked")

    @property
    def _runtime(self) -> Runtime:
        if self._open_runtime is None:
            raise VaultClosedError("the vault is closed", hint="open it again with pyvault.open_vault")
        return self._open_runtime

    def close(self) -> None:
        """Close the store and forget its key; may be called twice. Whatever is asked later raises VaultClosedError.

        Example:
            >>> vault = open_vault("memory")
            >>> vault.close()
            >>> vault.profiles()
            Traceback (most recent call last):
            ...
            pyvault.errors.VaultClosedError: the vault is closed
        """
        runtime, self._open_runtime = self._open_runtime, None
        if runtime is not None:
            runtime.close()

    def put(
        self,
        profile: str,
        *,
        access_key_id: str,
        secret_access_key: Secret[str],
        overwrite: bool = True,
        verify: bool = False,
        trust_endpoints: Sequence[str] = (),
    ) -> None:
        """Store or replace the long-lived pair of a profile, and drop the cached sessions of the one before.

        Blanks around the two halves are taken away. A pair that can be none is refused, and
        what is stored stays.

        Args:
            profile: 1 to 512 bytes of UTF-8 without control characters; kept in NFC.
            access_key_id: the public half.
            secret_access_key: the secret half.
            overwrite: False refuses to replace a pair. No other put of pyvault's comes in
                between; where the store has transactions, nothing else does.
            verify: ask AWS whose it is before it is stored. An id that is not one of AWS's is
                then refused, unless the profile has an endpoint of its own.
            trust_endpoints: URLs that may be asked, beside those of AWS and of this machine.

        Raises:
            TypeError: an argument has another type.
            InvalidNameError: the text can't name a profile.
            PyvaultError: a half is empty, or holds characters that no request can carry.
            UsageError: the halves are swapped, or the pair is temporary; with *verify*, an id that is not AWS's.
            ItemExistsError: a pair is stored already, and *overwrite* is False.
            ConflictError: a rotation of the profile has not ended.
            CredentialsError: with *verify*, AWS does not know the pair, or gives no answer.
            ConfigError: with *verify*, the profile's endpoint is not trusted.
            ItemTooLargeError: the store can't keep that much.

        Example:
            >>> with open_vault("memory") as vault:
            ...     key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            ...     vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
        """
        from pyvault.api.storing import store_pair

        check_types(profile=profile, access_key_id=access_key_id, secret_access_key=secret_access_key)
        check_types(overwrite=overwrite, verify=verify)
        check_list("trust_endpoints", trust_endpoints)
        store_pair(
            self._runtime,
            profile,
            access_key_id,
            secret_access_key,
            overwrite=overwrite,
            verify=verify,
            trust_endpoints=trust_endpoints,
        )

    def get(self, profile: str) -> StoredCredentials:
        """Return the stored pair of a profile.

        Args:
            profile: its exact name.

        Returns:
            The pair, and when it was stored (aware UTC, whole seconds).

        Raises:
            ItemNotFoundError: nothing is stored for it.
            ItemCorruptError: what is stored is damaged.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     vault.get("ci").secret_access_key
            Secret(***)
        """
        check_types(profile=profile)
        with _with_hint("vault.profiles() returns the profiles that have a pair"):
            return self._runtime.store.get(profile)

    def profiles(self) -> list[str]:
        """Return the profiles that have a stored pair; decrypts none.

        Returns:
            Their names, sorted.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     vault.profiles()
            ['ci']
        """
        return [str(profile) for profile in self._runtime.store.profiles()]

    def list(self) -> list[ListedProfile]:
        """Return what there is: the profiles of the AWS config, and those with a stored pair or a session alone.

        Makes no call and runs no command; opens a pair only where the store keeps no date beside it.

        Returns:
            A record for each, in the order of the config file, then by name.

        Raises:
            ConfigError: an AWS file can't be read.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     [(each.profile, each.source) for each in vault.list()]
            [('ci', 'stored')]
        """
        from pyvault.api.planning import listed

        return listed(self._runtime)

    def delete(self, profile: str) -> None:
        """Remove the stored pair of a profile, and the cached sessions made from it.

        Args:
            profile: its exact name.

        Raises:
            ItemNotFoundError: nothing is stored for it.

        Example:
            >>> with open_vault("memory") as vault:
            ...     vault.delete("nobody")
            Traceback (most recent call last):
            ...
            pyvault.errors.ItemNotFoundError: there is no item 'credential/nobody'
        """
        check_types(profile=profile)
        runtime = self._runtime
        with _with_hint("vault.profiles() returns the profiles that have a pair"):
            runtime.store.delete(profile)
        runtime.sessions.clear(root=profile)

    def rotate(
        self,
        profile: str,
        *,
        mfa_code: Secret[str] | None = None,
        no_session: bool = False,
        keep_old: bool = False,
        delete_inactive: bool = False,
        abort: bool = False,
        trust_endpoints: Sequence[str] = (),
    ) -> StoredCredentials:
        """Replace a stored pair by a new one of the same user, and delete the old one at AWS.

        Resumes a rotation that was interrupted. At every moment a pair that works is stored.
        Sessions of :meth:`boto3_session` made from the old pair go on with the new one.

        Args:
            profile: that the pair is stored for, or that gets its credentials from it.
            mfa_code: six digits, if the user has an MFA device; else ``ask`` or a stored
                authenticator is asked.
            no_session: sign with the pair itself, also where there is an MFA device.
            keep_old: stop when the old key is inactive.
            delete_inactive: delete an inactive key first if the user has two.
            abort: abandon an interrupted rotation instead.
            trust_endpoints: as for :meth:`put`.

        Returns:
            The pair that is stored now.

        Raises:
            NoCredentialsError: the profile has no stored pair to begin with.
            ProfileNotFoundError: there is no such profile.
            ItemNotFoundError: *abort*, and no rotation is under way.
            LockTimeoutError: another process rotates it.
            ConfigError: its endpoint is not trusted.
            CredentialsError: AWS refused a call; calling again resumes.
            InputRequiredError: an MFA code is needed, and nobody may be asked.

        Example:
            >>> with open_vault("memory") as vault:
            ...     vault.rotate("nobody")
            Traceback (most recent call last):
            ...
            pyvault.errors.ProfileNotFoundError: profile 'nobody' not found: it has no section in the config \
file and no stored credentials
        """
        from pyvault.api.rotating import rotate_pair

        check_types(profile=profile, mfa_code=mfa_code, no_session=no_session)
        check_types(keep_old=keep_old, delete_inactive=delete_inactive, abort=abort)
        check_list("trust_endpoints", trust_endpoints)
        runtime = self._runtime
        owner = rotate_pair(
            runtime,
            profile,
            codes=lambda: self._codes(mfa_code),
            no_session=no_session,
            keep_old=keep_old,
            delete_inactive=delete_inactive,
            abort=abort,
            trust_endpoints=trust_endpoints,
        )
        self._renew(owner)
        return runtime.store.get(owner)

    def _renew(self, profile: str) -> None:
        """Have the sessions of boto3 that are made from a profile fetch new credentials."""
        for credentials in self._renewed.made_from(profile):
            credentials.invalidate()

    def put_totp(self, profile: str, *, secret: Secret[str], serial: str | None = None) -> None:
        """Store or replace the authenticator of a profile's MFA device, which then answers for codes.

        Whoever opens the vault has both factors then.

        Args:
            profile: that the device belongs to.
            secret: as AWS shows it beside the QR code, or an ``otpauth:`` URI.
            serial: of the device; by default the profile's ``mfa_serial``.

        Raises:
            InvalidSettingError: it is no secret, or of a device whose codes AWS does not take.
            InvalidNameError: the text can't name a profile.

        Example:
            >>> with open_vault("memory") as vault:
            ...     vault.put_totp("ci", secret=Secret("JBSWY3DPEHPK3PXP"))
            ...     len(vault.totp("ci"))
            6
        """
        from pyvault.api.planning import Planner
        from pyvault.mfa.stored_totp import StoredTotp
        from pyvault.mfa.totp import parse_aws_totp

        check_types(profile=profile, secret=secret, serial=serial)
        runtime = self._runtime
        section = Planner(runtime, stored=()).config.find_profile(profile) or {}
        known = section["mfa_serial"].value if "mfa_serial" in section else None
        StoredTotp(runtime.store.backend).put(profile, parse_aws_totp(secret, serial=serial or known or None))
        runtime.record_choice()

    def totp(self, profile: str) -> Secret[str]:
        """Return the code that the stored authenticator of a profile shows now.

        AWS takes a code once. The vault does not know of those that are used elsewhere, and
        waits for the next one if AWS refuses the one that it sends.

        Args:
            profile: as for :meth:`put_totp`.

        Returns:
            Six digits.

        Raises:
            ItemNotFoundError: no authenticator is stored for it.

        Example:
            >>> with open_vault("memory") as vault:
            ...     vault.totp("nobody")
            Traceback (most recent call last):
            ...
            pyvault.errors.ItemNotFoundError: there is no item 'totp/nobody'
        """
        from pyvault.mfa.stored_totp import StoredTotp

        check_types(profile=profile)
        with _with_hint("vault.put_totp() stores one"):
            return StoredTotp(self._runtime.store.backend).get(profile).code(clock.now())

    def _codes(self, mfa_code: Secret[str] | None) -> MfaCodes:
        return self._runtime.mfa_codes(mfa_code, self._prompt)

    def _prompt(self, request: MfaRequest) -> Secret[str]:
        from pyvault.backend import Question
        from pyvault.surface import argument

        if self._ask is None:
            raise InputRequiredError(
                f"an MFA code of {request.serial!r} is needed for {request.profile!r}",
                hint=f"provide it with {argument('mfa_code')} or {argument('ask')}, or set mfa_process in the profile",
            )
        return self._ask(Question(key="mfa-code", prompt=f"MFA code of {request.serial}", sources=("mfa_code",)))


@contextmanager
def _with_hint(hint: str) -> Generator[None]:
    """Add the way out where nothing is found: the store knows items, and not the methods of a vault."""
    try:
        yield
    except ItemNotFoundError as missing:
        missing.hint = missing.hint or hint
        raise
