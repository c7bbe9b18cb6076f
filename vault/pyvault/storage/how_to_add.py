"""How a library is added to the environment that pyvault runs in, in the words of what installed it.

Sources: pipx keeps ``pipx_metadata.json`` in an environment and adds with ``pipx inject``; ``uv tool``
keeps ``uv-receipt.toml`` and installs again with ``--with``; ``uv venv`` writes ``uv`` into
``pyvenv.cfg`` and puts no pip there.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from pyvault.storage.built_in import DISTRIBUTION


def how_to_add(library: str, *, prefix: Path | None = None, python: str | None = None) -> str:
    """Return the command that adds a library.

    Args:
        library: as a package index calls it.
        prefix: the environment; by default the one that runs.
        python: its interpreter.
    """
    prefix = prefix or Path(sys.prefix)
    name, interpreter = shlex.quote(library), shlex.quote(python or sys.executable)
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx inject {DISTRIBUTION} {name}"
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv tool install --with {name} {DISTRIBUTION}"
    try:
        made_by_uv = any(line.startswith("uv =") for line in (prefix / "pyvenv.cfg").read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        made_by_uv = False
    return f"uv pip install --python {interpreter} {name}" if made_by_uv else f"{interpreter} -m pip install {name}"
