"""Everything that can go wrong, as one tree.

::

    PyvaultError                     message for a person; .hint: advice or None
     + UsageError                    options that can't go together
     + InputRequiredError            a value is missing and nobody may be asked
     + UserCancelledError            the human declined or pressed Ctrl-C
     + ConfigError                   a config file, variable or option is wrong
     |  - ProfileNotFoundError       no such profile
     |  - ProfileLoopError           source_profile or include_profile in a circle
     |  - InvalidSettingError        a value can't be what it has to be
     + BackendError                  a backend failed
     |  - BackendUnavailableError    can't work on this machine
     |  - BackendLockedError         locked, or the key given is wrong
     |  - BackendTimeoutError        no answer in time
     |  - AccessDeniedError          the system refuses, or permissions are unsafe
     |  - ItemNotFoundError          absent, which is not the same as failed
     |  - ItemTooLargeError          more than this backend can keep
     |  - ItemCorruptError           there, but not what was stored
     |  - InvalidNameError           a name that can't name an item
     |  - ConflictError              somebody else changed it meanwhile
     |  + VaultFileError             the encrypted file
     |     - VaultNotFoundError      no file there        (is an ItemNotFoundError)
     |     - VaultGoneError          no file there, but there was one, or one is expected
     |     - VaultExistsError        creation refuses an existing path
     |     - NotAVaultError          wrong magic
     |     - UnsupportedVaultError   a newer version, suite or critical flag
     |     - TruncatedVaultError     the length does not fit the header
     |     - KdfLimitsError          asks for more work than we accept
     |     - WrongKeyError           (is a BackendLockedError)
     |     - TamperedError           (is an ItemCorruptError)
     |     - RollbackError, ForkError, ForeignVaultError    the trust file disagrees
     |     - InsecurePermissionsError                       (is an AccessDeniedError)
     |     - LockTimeoutError                               (is a BackendTimeoutError)
     |     - NotEnoughMemoryError    this machine is too small for the KDF
     |     - WriteFailedError        disk full, read-only, I/O error; nothing changed
     + CredentialsError              no usable credentials came out
        - NoCredentialsError         nothing says where they could come from
        - MfaError                   no code, or refused
        - ProcessError               a configured command failed
        - AwsError                   AWS refused; .code, e.g. "AccessDenied"
        - AwsUnreachableError        AWS did not answer
        - UnusableAnswerError        an answer came, and it is not what it has to be

A message is lower case, names the thing, holds no secret and no advice; the
advice is ``hint``. Exit codes are the face's business (``pyvault_cli.commandline.exit_codes``).
"""

from __future__ import annotations


class PyvaultError(Exception):
    """Anything that pyvault can explain."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PyvaultError):
    """Options or arguments that can't go together."""


class InputRequiredError(PyvaultError):
    """A value is needed, and nobody may or can be asked for it."""


class UserCancelledError(PyvaultError):
    """The human declined, dismissed the prompt or pressed Ctrl-C in it."""


class ConfigError(PyvaultError):
    """A config file, an environment variable or an option is wrong."""


class ProfileNotFoundError(ConfigError):
    """No profile and no stored credentials of this name."""


class ProfileLoopError(ConfigError):
    """Profiles that lead back to themselves; the message shows the chain."""


class InvalidSettingError(ConfigError):
    """A setting whose value can't be what it has to be; the message names it."""


class BackendError(PyvaultError):
    """A backend failed."""


class BackendUnavailableError(BackendError):
    """The backend can't work on this machine, or isn't installed."""


class BackendLockedError(BackendError):
    """The backend is locked, or the key that was given does not open it."""


class BackendTimeoutError(BackendError):
    """The backend gave no answer in time."""


class AccessDeniedError(BackendError):
    """The system refuses access, or the permissions are not safe."""


class ItemNotFoundError(BackendError):
    """There is no such item."""


class ItemTooLargeError(BackendError):
    """The item is larger than this backend can keep; nothing changed."""


class ItemCorruptError(BackendError):
    """The item is there, but it is not what was stored."""


class InvalidNameError(BackendError):
    """A text that can't name an item."""


class ConflictError(BackendError):
    """Somebody else changed the same thing meanwhile; nothing of theirs is lost."""


class VaultFileError(BackendError):
    """Something about the encrypted vault file."""


class VaultNotFoundError(VaultFileError, ItemNotFoundError):
    """There is no vault file at this path."""


class VaultGoneError(VaultFileError):
    """There is no vault file at this path, and there should be: nothing in it may be taken for absent."""


class VaultExistsError(VaultFileError):
    """A file is already there; creating never overwrites."""


class NotAVaultError(VaultFileError):
    """The file does not begin like a vault."""


class UnsupportedVaultError(VaultFileError):
    """The file needs a newer pyvault."""


class TruncatedVaultError(VaultFileError):
    """The file is shorter or longer than its header says."""


class KdfLimitsError(VaultFileError):
    """The file asks for more key derivation work than we accept."""


class WrongKeyError(VaultFileError, BackendLockedError):
    """No slot opens with this key: a wrong passphrase, or a modified slot."""


class TamperedError(VaultFileError, ItemCorruptError):
    """A part of the file is not what pyvault wrote; the message names the part."""


class RollbackError(VaultFileError):
    """The file is older than the one seen here last."""


class ForkError(VaultFileError):
    """The file was written on top of another state than the one seen here last."""


class ForeignVaultError(VaultFileError):
    """Another vault is where a known one was."""


class InsecurePermissionsError(VaultFileError, AccessDeniedError):
    """Others could read or replace the file; the hint is the chmod to run."""


class LockTimeoutError(VaultFileError, BackendTimeoutError):
    """Another process holds the lock; the message names it."""


class NotEnoughMemoryError(VaultFileError):
    """The machine or its cgroup is too small for the key derivation."""


class WriteFailedError(VaultFileError):
    """The file could not be written; the old one is untouched."""


class CredentialsError(PyvaultError):
    """No usable credentials came out."""


class NoCredentialsError(CredentialsError):
    """Nothing says where the credentials of a profile come from."""


class MfaError(CredentialsError):
    """No MFA code could be had, or it was refused."""


class ProcessError(CredentialsError):
    """A configured command failed; its output is never part of the message."""


class AwsError(CredentialsError):
    """AWS refused a call.

    Attributes:
        code: AWS's own error code, e.g. ``AccessDenied``.
    """

    def __init__(self, message: str, *, code: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class AwsUnreachableError(CredentialsError):
    """AWS gave no answer: no network, no endpoint, a time-out."""


class NothingSentError(AwsUnreachableError):
    """No connection came about, so nothing of the request went out."""


class UnusableAnswerError(CredentialsError):
    """AWS, a metadata service or a command answered, and not what it has to; nothing of the answer is in the text."""


#: Whether the call was carried out is not known; asking again may help.
NO_ANSWER = (AwsUnreachableError, UnusableAnswerError)
