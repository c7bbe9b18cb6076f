"""Everything that can go wrong, as one tree: ``help(pyvault.errors)`` shows it.

A message is lower case, names the thing, holds no secret and no advice; the advice
is ``hint``. A class ends the command line with the exit code in its docstring;
``pyvault_cli.commandline.exit_codes`` has them as a table, docs/exit-codes.md as a page
with the ways out.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

#: How the face of this process words what programs pass or call; None for programs. See :mod:`pyvault.surface`.
wording: Callable[[str, Mapping[str, object]], str | None] | None = None


class PyvaultError(Exception):
    """Anything that pyvault can explain. Exit code 1.

    Attributes:
        message: what is wrong, one line for a person.
        hint: the way out; None where there is none.

    Example:
        >>> import pyvault
        >>> try:
        ...     with pyvault.open_vault("memory") as vault:
        ...         vault.get("nobody")
        ... except pyvault.PyvaultError as exc:
        ...     print(exc.message, exc.hint, sep="; ")
        there is no item 'credential/nobody'; vault.profiles() returns the profiles that have a pair
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Make the error.

        Args:
            message: what is wrong; no secret, no foreign exception's text.
            hint: the way out.
        """
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception's own way calls its class with the message alone, which the class of AwsError refuses;
        # multiprocessing.Pool then waits for ever for the job that raised it.
        return _made_again, (type(self), self.args), self.__dict__


def _made_again(kind: type[PyvaultError], args: tuple[object, ...]) -> PyvaultError:
    return kind.__new__(kind, *args)


class UsageError(PyvaultError):
    """Options or arguments that can't go together. Exit code 2."""


class InputRequiredError(PyvaultError):
    """A value is needed, and nobody may or can be asked for it. Exit code 4."""


class UserCancelledError(PyvaultError):
    """The human declined, dismissed the prompt or pressed Ctrl-C in it. Exit code 130."""


class ConfigError(PyvaultError):
    """A config file, an environment variable or an option is wrong. Exit code 5."""


class ProfileNotFoundError(ConfigError):
    """No profile and no stored credentials of this name. Exit code 3."""


class ProfileLoopError(ConfigError):
    """Profiles that lead back to themselves; the message shows the chain. Exit code 5."""


class InvalidSettingError(ConfigError):
    """A setting with an impossible value; the message names it. Exit code 5."""


class NotNarrowableError(ConfigError):
    """A session policy, tags or a source identity for credentials that AWS makes without. Exit code 5."""


class BackendError(PyvaultError):
    """A backend failed. Exit code 1."""


class BackendUnavailableError(BackendError):
    """The backend can't work on this machine, or isn't installed. Exit code 5."""


class BackendLockedError(BackendError):
    """The backend is locked, or the key that was given does not open it. Exit code 4."""


class BackendTimeoutError(BackendError):
    """The backend gave no answer in time. Exit code 1."""


class BackendBusyError(BackendError):
    """The backend asks to come again later, as a service that limits rates does; nothing changed. Exit code 1.

    Attributes:
        retry_after: seconds to wait, as the store says; None where it does not.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, hint: str | None = None) -> None:
        """Make the error.

        Args:
            message: what is wrong.
            retry_after: seconds to wait, as the store says.
            hint: the way out.
        """
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class AccessDeniedError(BackendError):
    """The system refuses access, or the permissions are not safe. Exit code 5."""


class ItemNotFoundError(BackendError):
    """There is no such item, which is not the same as a failure. Exit code 3."""


class ItemExistsError(BackendError):
    """The item is there already, and was not to be replaced. Exit code 1."""


class VaultClosedError(BackendError):
    """The vault was used after it had been closed: a mistake of the program. Exit code 1."""


class ItemTooLargeError(BackendError):
    """The item is larger than this backend can keep; nothing changed. Exit code 1."""


class ItemCorruptError(BackendError):
    """The item is there, but it is not what was stored. Exit code 7."""


class InvalidNameError(BackendError):
    """A text that can't name an item. Exit code 2."""


class ConflictError(BackendError):
    """Another process changed the same thing in the meantime; nothing of its change is lost. Exit code 1."""


class VaultFileError(BackendError):
    """Something about the encrypted vault file. Exit code 7."""


class VaultNotFoundError(VaultFileError):
    """There is no vault file at this path. Exit code 3."""


class VaultGoneError(VaultFileError):
    """There is no vault file where one is expected; its items must not be taken for absent. Exit code 3."""


class VaultExistsError(VaultFileError):
    """A file is already there; creating never overwrites. Exit code 5."""


class NotAVaultError(VaultFileError):
    """The file does not have the header of a vault. Exit code 7."""


class UnsupportedVaultError(VaultFileError):
    """The file needs a newer pyvault. Exit code 7."""


class TruncatedVaultError(VaultFileError):
    """The file is shorter or longer than its header says. Exit code 7."""


class KdfLimitsError(VaultFileError):
    """The file asks for more key derivation work than we accept. Exit code 7."""


class WrongKeyError(VaultFileError, BackendLockedError):
    """No slot opens with this key: a wrong passphrase, or a modified slot. Exit code 4."""


class TamperedError(VaultFileError, ItemCorruptError):
    """A part of the file is not what pyvault wrote; the message names the part. Exit code 7."""


class RollbackError(VaultFileError):
    """The file is older than the one seen here last. Exit code 7."""


class ForkError(VaultFileError):
    """The file was written on top of another state than the one seen here last. Exit code 7."""


class ForeignVaultError(VaultFileError):
    """Another vault is where a known one was. Exit code 7."""


class InsecurePermissionsError(VaultFileError, AccessDeniedError):
    """Others could read or replace the file; the hint is the chmod to run. Exit code 5."""


class LockTimeoutError(VaultFileError, BackendTimeoutError):
    """Another process holds the lock; the message names it. Exit code 1."""


class NotEnoughMemoryError(VaultFileError):
    """The machine or its cgroup is too small for the key derivation. Exit code 1."""


class WriteFailedError(VaultFileError):
    """The file could not be written; the old one is untouched. Exit code 1."""


class CredentialsError(PyvaultError):
    """No usable credentials came out. Exit code 6."""


class NoCredentialsError(CredentialsError):
    """Nothing says where the credentials of a profile come from. Exit code 3."""


class MfaError(CredentialsError):
    """No MFA code could be had, or it was refused. Exit code 6."""


class ProcessError(CredentialsError):
    """A configured command failed; its output is never part of the message. Exit code 1."""


class AwsError(CredentialsError):
    """AWS refused a call. Exit code 6.

    Attributes:
        code: AWS's own error code, e.g. ``AccessDenied``.
    """

    def __init__(self, message: str, *, code: str, hint: str | None = None) -> None:
        """Make the error.

        Args:
            message: what is wrong; AWS's own text is part of it.
            code: AWS's own error code.
            hint: the way out.
        """
        super().__init__(message, hint=hint)
        self.code = code


class PackedPolicyTooLargeError(AwsError):
    """Session policies and tags are together more than AWS packs into a session. Exit code 6."""


class AwsUnreachableError(CredentialsError):
    """AWS gave no answer: no network, no endpoint, a time-out. Exit code 6."""


class NothingSentError(AwsUnreachableError):
    """There was no connection, so nothing of the request was sent. Exit code 6."""


class UnusableAnswerError(CredentialsError):
    """AWS, a metadata service or a command gave an unusable answer; none of it is in the text. Exit code 6."""


#: Whether the call was carried out is not known; asking again may help.
NO_ANSWER = (AwsUnreachableError, UnusableAnswerError)
