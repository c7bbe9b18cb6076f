"""The exit codes, in one table.

========  ==================================================================
0         done
1         a question answered with no, a lock's time-out, no memory or disk, other expected things
2         usage
3         profile, credentials or item not found
4         wrong key, locked, or input needed that may not be asked for
5         configuration, permissions, backend unavailable
6         AWS refused, or can't be reached
7         the vault file is damaged, foreign, rolled back or not a vault
70        an internal error
126, 127  ``exec``: the command can't be run, was not found
128+N     ``exec``: the child was ended by signal N
130       the human cancelled: Ctrl-C, Ctrl-D, a prompt that was dismissed
========  ==================================================================
"""

from __future__ import annotations

from pyvault import errors

DONE = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
LOCKED = 4
CONFIGURATION = 5
AWS = 6
DAMAGED = 7
INTERNAL = 70  # EX_SOFTWARE of sysexits.h
NOT_EXECUTABLE = 126  # as a POSIX shell reports it
COMMAND_NOT_FOUND = 127
SIGNALLED = 128  # + the signal's number
CANCELLED = 130  # 128 + SIGINT

TABLE: dict[type[errors.PyvaultError], int] = {
    errors.PyvaultError: FAILED,
    errors.UsageError: USAGE,
    errors.InputRequiredError: LOCKED,
    errors.UserCancelledError: CANCELLED,
    errors.ConfigError: CONFIGURATION,
    errors.ProfileNotFoundError: NOT_FOUND,
    errors.BackendError: FAILED,
    errors.BackendUnavailableError: CONFIGURATION,
    errors.BackendLockedError: LOCKED,
    errors.BackendTimeoutError: FAILED,
    errors.BackendBusyError: FAILED,
    errors.AccessDeniedError: CONFIGURATION,
    errors.ItemNotFoundError: NOT_FOUND,
    errors.ItemTooLargeError: FAILED,
    errors.ItemCorruptError: DAMAGED,
    errors.InvalidNameError: USAGE,
    errors.ConflictError: FAILED,
    errors.VaultFileError: DAMAGED,
    errors.VaultNotFoundError: NOT_FOUND,
    errors.VaultGoneError: NOT_FOUND,
    errors.VaultExistsError: CONFIGURATION,
    errors.WrongKeyError: LOCKED,
    errors.InsecurePermissionsError: CONFIGURATION,
    errors.LockTimeoutError: FAILED,
    errors.NotEnoughMemoryError: FAILED,
    errors.WriteFailedError: FAILED,
    errors.CredentialsError: AWS,
    errors.NoCredentialsError: NOT_FOUND,
    errors.ProcessError: FAILED,
}


def exit_code(error: errors.PyvaultError) -> int:
    """Return the exit code of an error: its own row, else the nearest ancestor's."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
