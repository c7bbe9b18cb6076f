"""Conflict copies: other states of a vault that file synchronisers and git leave next to it.

A name alone proves nothing, so a copy counts only if its header has the id of the
vault. That header is not verified: it only says which file to look at.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, TypeVar

from pyvault.errors import PyvaultError, VaultFileError
from pyvault.files.file_checks import FileChecks
from pyvault.interruptions import pass_interruption
from pyvault.record import Record
from pyvault.vaultfile.disk.vault_reader import read_header

if TYPE_CHECKING:
    from pathlib import Path

Refusal = TypeVar("Refusal", bound=VaultFileError)

#: Between the stem and the suffix of the vault's name.
MARKS = (
    # Dropbox: "vault (Ann's conflicted copy 2026-01-31).pyv", in the user's language; Nextcloud and ownCloud the
    # same with a time; Google Drive "vault (1).pyv".
    # Source: Dropbox help, "What's a conflicted copy?"; Nextcloud desktop manual, "Conflicts".
    r" ?\([^()]+\)",
    # Syncthing: "vault.sync-conflict-20260131-101112-ABCDEFG.pyv".
    # Source: docs.syncthing.net, "Understanding Synchronization", "Conflicting Changes".
    r"\.sync-conflict-\d{8}-\d{6}(-\w+)?",
    # OneDrive: "vault-COMPUTER.pyv", with a number from the second one on.
    # Source: Microsoft support, "OneDrive appends the computer name to a file that was changed in two places".
    r"-[^/]+",
    # iCloud Drive: "vault 2.pyv". Source: Apple support, "Resolve document version conflicts in iCloud Drive".
    r" \d+",
    # ownCloud clients before 2.4: "vault_conflict-20260131-101112.pyv".
    r"_conflict-[\d-]+",
    # git mergetool: "vault_LOCAL_4711.pyv". Source: git-mergetool.sh of git.
    r"_(BASE|LOCAL|REMOTE|BACKUP)_\d+",
)
#: After the whole name. git: "vault.pyv~HEAD" if both sides have a file of that name, and "vault.pyv.orig" of
#: mergetool. Source: git's merge-ort.c, unique_path(); git-mergetool(1), mergetool.keepBackup.
ENDINGS = (r"~[^/]+", r"\.orig")


class ConflictCopy(Record):
    """Another state of a vault, next to it.

    Attributes:
        generation: from its unverified header.
    """

    path: Path
    generation: int


def find_conflict_copies(vault: Path, vault_id: bytes) -> list[ConflictCopy]:
    """Return the copies next to *vault* whose headers have its id, sorted by name; never fails."""
    stem, suffix = re.escape(vault.stem), re.escape(vault.suffix)
    named = re.compile(rf"{stem}({'|'.join(MARKS)}){suffix}|{re.escape(vault.name)}({'|'.join(ENDINGS)})")
    try:
        names = sorted(entry.name for entry in os.scandir(vault.parent))
    except OSError as exc:
        pass_interruption(exc)
        return []
    found: list[ConflictCopy] = []
    for name in names:
        if name == vault.name or not named.fullmatch(name):
            continue
        # A synchroniser may have changed its permissions; only importing it checks them.
        with contextlib.suppress(PyvaultError):
            header = read_header(vault.with_name(name), FileChecks(modes=False))
            if header.vault_id == vault_id:
                found.append(ConflictCopy(path=vault.with_name(name), generation=header.generation))
    return found


def name_conflict_copies(problem: Refusal, vault: Path, vault_id: bytes) -> Refusal:
    """Return the error of a fork or rollback with the names of conflict copies that may hold the rest."""
    import shlex  # a copy may be called "vault (Ann's conflicted copy).pyv"

    copies = find_conflict_copies(vault, vault_id)
    if not copies:
        return problem
    named = ", ".join(f"'{copy.path}' (generation {copy.generation})" for copy in copies)
    return type(problem)(
        f"{problem.message}; next to it is {named}",
        hint=f"pyvault vault import {shlex.quote(str(copies[0].path))} merges the two, "
        "'pyvault vault accept' goes on with the current file alone",
    )
