"""The user's runtime directory: private, in memory, and gone with the last login.

Source: the XDG base directory specification; pam_systemd(8) for ``/run/user``.
"""

import os
import stat
import sys
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM = "/run/user"
PRIVATE = 0o700
NAME_SIZE = 8


def find_runtime_directory(environ: "Mapping[str, str]", *, system: str = SYSTEM) -> str | None:
    """Return the path of the runtime directory; None if there is none that belongs to this user alone.

    A job of cron has no XDG_RUNTIME_DIR, and after ``su`` it may be the one of another user.
    What the system has for this user is not for an environment that a program has given.

    Args:
        environ: the environment.
        system: where the system has the directories of all users, by their numbers.
    """
    if sys.platform == "win32":
        return None
    user = os.geteuid()
    usual: tuple[str, ...] = () if getattr(environ, "is_given", False) else (f"{system}/{user}",)
    for path in (environ.get("XDG_RUNTIME_DIR", ""), *usual):
        try:
            status = os.lstat(path)
        except (OSError, ValueError):
            continue
        private = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == PRIVATE
        if path.startswith("/") and private and status.st_uid == user:
            return path
    return None


class Place:
    """Where the halves of this user's keys are: a directory, and a prefix for descriptions in the kernel.

    Each state directory has its own, so that another HOME has other keys; one HOME has the same by all its names.
    """

    def __init__(self, runtime: str, state: str) -> None:
        """Name it; nothing is touched.

        Args:
            runtime: the runtime directory.
            state: the state directory.
        """
        name = blake2b(os.fsencode(os.path.realpath(state)), digest_size=NAME_SIZE).hexdigest()
        self.directory = f"{runtime}/pyvault/{name}"
        self.prefix = f"pyvault:{name}:"

    def make(self) -> None:
        """Make the directory where it is missing.

        Raises:
            OSError: it can't be made.
        """
        from pathlib import Path

        from pyvault.files.modes import make_directory

        make_directory(Path(self.directory))
