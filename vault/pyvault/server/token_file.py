"""The bearer token of a standing server, in a file that its clients read.

SDKs read ``AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`` anew for each request. A
token that is there is used again: a file mounted into a container keeps its
content, whatever takes its name outside.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, InsecurePermissionsError
from pyvault.files.atomic import replace_file
from pyvault.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

TOKEN_BYTES = 32
SHORTEST_TOKEN = 32  # characters; ours has 64
LONGEST_TOKEN = 1024


def new_token() -> Secret[str]:
    """Make a token: 256 bits in hex, which no header needs to quote."""
    return Secret(os.urandom(TOKEN_BYTES).hex())


def load_or_make_token(path: Path) -> Secret[str]:
    """Give the token of the file; write a new one if there is no file or it is empty.

    Raises:
        InsecurePermissionsError: others can read the file.
        ConfigError: it holds no token, or can't be read.
        WriteFailedError: it can't be written.
    """
    try:
        content = _read_private(path)
    except FileNotFoundError:
        content = ""
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"can't read the token file '{path}'") from exc
    if not content:
        token = new_token()
        replace_file(path, token.reveal().encode(), mode=0o600)
        return token
    if not SHORTEST_TOKEN <= len(content) <= LONGEST_TOKEN or not content.isprintable() or " " in content:
        raise ConfigError(f"the file {str(path)!r} holds no token", hint="remove it, and a new one is written")
    return Secret(content)


def _read_private(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, encoding="ascii") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"the token file {str(path)!r} is no regular file")
        if os.name == "posix" and status.st_mode & 0o077:
            raise InsecurePermissionsError(f"others can read the token file {str(path)!r}", hint=f"chmod 600 '{path}'")
        return file.read(LONGEST_TOKEN + 2).strip()
