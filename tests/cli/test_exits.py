"""Every error of the tree has the exit code of docs/exit-codes.md."""

from __future__ import annotations

import inspect

import pytest

from pyvault import errors
from pyvault_cli.commandline import exit_codes
from pyvault_cli.credentials import spawn

EXPECTED: dict[str, int] = {
    "PyvaultError": 1,
    "UsageError": 2,
    "InputRequiredError": 4,
    "UserCancelledError": 130,
    "ConfigError": 5,
    "ProfileNotFoundError": 3,
    "ProfileLoopError": 5,
    "InvalidSettingError": 5,
    "BackendError": 1,
    "BackendUnavailableError": 5,
    "BackendLockedError": 4,
    "BackendTimeoutError": 1,
    "BackendBusyError": 1,
    "AccessDeniedError": 5,
    "ItemNotFoundError": 3,
    "ItemExistsError": 1,
    "ItemTooLargeError": 1,
    "VaultClosedError": 1,
    "ItemCorruptError": 7,
    "InvalidNameError": 2,
    "ConflictError": 1,
    "VaultFileError": 7,
    "VaultNotFoundError": 3,
    "VaultGoneError": 3,
    "VaultExistsError": 5,
    "NotAVaultError": 7,
    "UnsupportedVaultError": 7,
    "TruncatedVaultError": 7,
    "KdfLimitsError": 7,
    "WrongKeyError": 4,
    "TamperedError": 7,
    "RollbackError": 7,
    "ForkError": 7,
    "ForeignVaultError": 7,
    "InsecurePermissionsError": 5,
    "LockTimeoutError": 1,
    "NotEnoughMemoryError": 1,
    "WriteFailedError": 1,
    "CredentialsError": 6,
    "NoCredentialsError": 3,
    "MfaError": 6,
    "ProcessError": 1,
    "AwsError": 6,
    "AwsUnreachableError": 6,
    "NotNarrowableError": 5,
    "PackedPolicyTooLargeError": 6,
    "NothingSentError": 6,
    "UnusableAnswerError": 6,
}


def test_the_list_is_complete() -> None:
    tree = {
        name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, errors.PyvaultError)
    }
    assert tree == set(EXPECTED)


@pytest.mark.parametrize(("name", "code"), EXPECTED.items())
def test_code(name: str, code: int) -> None:
    kind = getattr(errors, name)
    problem = kind("x", code="X") if issubclass(kind, errors.AwsError) else kind("x")
    assert exit_codes.exit_code(problem) == code


def test_the_codes_of_a_shell() -> None:
    assert exit_codes.exit_code(spawn.CommandNotFoundError("x")) == 127
    assert exit_codes.exit_code(spawn.CommandNotExecutableError("x")) == 126


def test_a_new_kind_of_error_has_its_ancestors_code() -> None:
    class NewError(errors.WrongKeyError):
        pass

    assert exit_codes.exit_code(NewError("x")) == 4
