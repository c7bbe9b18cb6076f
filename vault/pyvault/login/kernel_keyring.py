"""Small keys in the kernel's keyring of this user, which no other user can read, not even root by number.

The keyring outlives the last process of the user, and is the same over ``su``, SSH and
cron. A user namespace has another. Any process of the user finds these keys, also one in
a container without a user namespace, so a key here is never the whole of a secret: see
:mod:`pyvault.login.halves`.

Elsewhere than on 64-bit Linux, and where the kernel or a filter of system calls refuses,
there are no keys; that is no error.

Sources: add_key(2), keyctl(2), user-keyring(7); linux/keyctl.h.
"""

import errno
import os
import sys

from pyvault.login.system_call import SystemCalls, system_calls

#: ``add_key`` and ``keyctl`` by machine.
#: Sources: arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h.
NUMBERS = {"x86_64": (248, 250), "aarch64": (217, 219)}

USER_KEYRING = -4
PROCESS_KEYRING = -2  # ends with the process, and with execve
REVOKE, LINK, UNLINK, SEARCH, READ, SET_TIMEOUT = 3, 8, 9, 10, 11, 15
TYPE = b"user"

KEY_SIZE = 64  # what keyed BLAKE2b takes; small, because a user has 20 000 bytes for all keys


class KernelKeyring:
    """The keyring of this user, by descriptions of keys."""

    def __init__(self, calls: SystemCalls, numbers: tuple[int, int]) -> None:
        """Take the way to call the kernel; :func:`kernel_keyring` has the right one."""
        self._calls = calls
        self._add_key, self._keyctl = numbers

    def find(self, description: str) -> bytes | None:
        """Return a key; None if there is none, its time is over, or the kernel refuses."""
        try:
            serial = self._search(description)
            buffer = self._calls.buffer(KEY_SIZE)
            if self._on_key(READ, serial, buffer, KEY_SIZE) != KEY_SIZE:
                return None
        except OSError:
            return None
        return bytes(buffer.raw)

    def add(self, description: str, key: bytes, *, seconds: int) -> None:
        """Keep a key, in place of one with the same description.

        Args:
            description: what finds it again.
            key: KEY_SIZE bytes.
            seconds: when the kernel drops it, by the wall clock; 0 for never.

        Raises:
            OSError: the kernel refuses; EDQUOT if the user has too many keys.
        """
        serial = self._calls(self._add_key, TYPE, description.encode(), key, len(key), USER_KEYRING)
        self.set_timeout(serial, seconds)

    def extend(self, description: str, *, seconds: int) -> None:
        """Set anew when the kernel drops a key.

        Raises:
            OSError: there is no such key, or the kernel refuses.
        """
        self.set_timeout(self._search(description), seconds)

    def end(self, description: str) -> bool:
        """Revoke and unlink a key; return whether none is left that can be read.

        Unlinked alone, it would still be readable for whoever linked it elsewhere.
        """
        try:
            serial = self._search(description)
            self._on_key(REVOKE, serial)
            self._calls(self._keyctl, UNLINK, serial, USER_KEYRING)
        except OSError as exc:
            if exc.errno is None:  # a program's TimeoutError, see pyvault.interruptions
                raise
        try:
            self._search(description)
        except OSError as exc:
            if exc.errno is None:
                raise
            return exc.errno in {errno.ENOKEY, errno.EKEYREVOKED, errno.EKEYEXPIRED}
        return False

    def set_timeout(self, serial: int, seconds: int) -> None:
        """Set when the kernel drops a key.

        Raises:
            OSError: there is no such key, or the kernel refuses.
        """
        self._on_key(SET_TIMEOUT, serial, seconds)

    def _search(self, description: str) -> int:
        return self._calls(self._keyctl, SEARCH, USER_KEYRING, TYPE, description.encode(), 0)

    def _on_key(self, operation: int, serial: int, *values: object) -> int:
        try:
            return self._calls(self._keyctl, operation, serial, *values)
        except OSError as exc:
            if exc.errno != errno.EACCES:
                raise
        # Only who possesses a key may do this, by a link from one of the process's keyrings to the user's;
        # the session keyring of a login has it, a fresh one (`keyctl session`, some containers) has not.
        self._calls(self._keyctl, LINK, USER_KEYRING, PROCESS_KEYRING)
        return self._calls(self._keyctl, operation, serial, *values)


def kernel_keyring() -> KernelKeyring | None:
    """Return this user's keyring; None where there can't be one."""
    if sys.platform != "linux" or sys.maxsize < 2**32:  # 32-bit programs have other numbers
        return None
    numbers = NUMBERS.get(os.uname().machine)
    calls = system_calls() if numbers else None
    return KernelKeyring(calls, numbers) if numbers and calls else None
