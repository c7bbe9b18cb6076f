"""Keys of two halves: 64 bytes in the kernel's keyring, 32 bytes in a file of the runtime directory.

What is sealed under such a key opens on this machine, for this user, until the kernel key
is revoked, the file is removed, or the machine restarts. Neither half alone is worth
anything: a copy of the home or of the runtime directory lacks the kernel key; a container
of the same user that shares the kernel's keyring lacks the file.

The derived keys are independent of each other and of the halves.
Source: RFC 7693; the BLAKE2 paper, section 2.8 for ``person``.
"""

import errno
import os
import stat
from _blake2 import blake2b

from pyvault.login.kernel_keyring import KEY_SIZE, KernelKeyring, kernel_keyring
from pyvault.login.runtime_directory import Place

SEED_SIZE = 32
DERIVED_SIZE = 32
ATTEMPTS = 5
NOT_ALONE = stat.S_IRWXG | stat.S_IRWXO
PROTECTED = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY if os.name == "posix" else 0


class Halves:
    """Both halves of one purpose."""

    __slots__ = ("_kernel_key", "_seed")

    def __init__(self, kernel_key: bytes, seed: bytes) -> None:
        """Take the halves; :func:`find_halves` and :func:`make_halves` have them."""
        self._kernel_key = kernel_key
        self._seed = seed

    def key(self, person: bytes) -> bytes:
        """Derive a key of 32 bytes.

        Args:
            person: what it is for; at most 16 bytes.
        """
        return blake2b(self._seed, digest_size=DERIVED_SIZE, key=self._kernel_key, person=person).digest()


def find_halves(place: Place, purpose: str) -> Halves | None:
    """Return the halves of a purpose; None if one of them is missing, foreign, or can't be read."""
    try:
        descriptor = os.open(_seed_path(place, purpose), os.O_RDONLY | PROTECTED)
    except (OSError, ValueError):
        return None
    try:
        seed = _read_seed(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    keyring = kernel_keyring() if len(seed) == SEED_SIZE else None
    kernel_key = keyring.find(place.prefix + purpose) if keyring else None
    return Halves(kernel_key, seed) if kernel_key else None


def make_halves(place: Place, purpose: str, *, seconds: int = 0) -> Halves:
    """Return the halves of a purpose, made where they are missing; of many processes at once all get the same.

    Args:
        place: where they are.
        purpose: a word.
        seconds: when the kernel drops its half, counted from now; 0 for never.

    Raises:
        OSError: they can't be kept here; ``strerror`` says why.
    """
    keyring = kernel_keyring()
    if keyring is None:
        raise OSError(errno.ENOSYS, "there is no kernel keyring on this system")
    for _ in range(ATTEMPTS):
        descriptor = _open_seed(place, purpose)
        try:
            if (halves := _made(descriptor, place, purpose, keyring, seconds)) is not None:
                return halves
        finally:
            os.close(descriptor)  # and so the lock
    raise OSError(errno.EAGAIN, "the runtime directory changes all the time")


def end_halves(place: Place, purpose: str) -> bool:
    """Revoke and remove the halves of a purpose; return whether nothing is left that works."""
    keyring = kernel_keyring()
    ended = keyring is not None and keyring.end(place.prefix + purpose)
    try:
        os.unlink(_seed_path(place, purpose))
    except FileNotFoundError:
        removed = True
    except OSError:
        removed = False
    else:
        removed = True
    return ended or removed


def end_kernel_half(place: Place, purpose: str) -> bool:
    """Revoke the half in the kernel alone; return whether none is found. The seed may be where we don't look.

    A kernel that refuses to search has nothing for a process like this one.
    """
    keyring, description = kernel_keyring(), place.prefix + purpose
    return keyring is None or keyring.end(description) or keyring.find(description) is None


def _made(descriptor: int, place: Place, purpose: str, keyring: KernelKeyring, seconds: int) -> Halves | None:
    """Return the halves, made under the lock of the seed; None if the file was removed meanwhile."""
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX)
    seed = _read_seed(descriptor)
    if len(seed) != SEED_SIZE:
        seed = os.urandom(SEED_SIZE)
        os.ftruncate(descriptor, 0)
        os.fchmod(descriptor, 0o600)  # whatever the umask
        if os.pwrite(descriptor, seed, 0) != SEED_SIZE:
            raise OSError(errno.ENOSPC, "the runtime directory is full")
    description = place.prefix + purpose
    kernel_key = keyring.find(description)
    if kernel_key is None:
        kernel_key = os.urandom(KEY_SIZE)
        keyring.add(description, kernel_key, seconds=seconds)
        # What is read back is what others find.
        if keyring.find(description) != kernel_key:
            raise OSError(errno.EACCES, "the kernel's keyring doesn't return what it keeps")
    else:
        keyring.extend(description, seconds=seconds)
    try:
        if not os.path.samestat(os.fstat(descriptor), os.lstat(_seed_path(place, purpose))):
            return None
    except FileNotFoundError:
        return None
    return Halves(kernel_key, seed)


def _open_seed(place: Place, purpose: str) -> int:
    path, flags = _seed_path(place, purpose), os.O_RDWR | os.O_CREAT | PROTECTED
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        place.make()
        return os.open(path, flags, 0o600)


def _seed_path(place: Place, purpose: str) -> str:
    return f"{place.directory}/{purpose}.seed"


def _read_seed(descriptor: int) -> bytes:
    """Return the content of a seed file.

    Raises:
        OSError: it isn't a private file of this user.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_nlink > 1:
        raise OSError(errno.EPERM, "the seed is not a file of this user alone")
    if status.st_mode & NOT_ALONE:
        raise OSError(errno.EPERM, "the seed is readable by other users")
    return os.pread(descriptor, SEED_SIZE + 1, 0)
