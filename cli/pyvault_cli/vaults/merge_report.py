"""Merging another state of the vault file, told entry by entry."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.clock import from_epoch, to_rfc3339
from pyvault.errors import BackendError, UsageError
from pyvault.names import Kind
from pyvault.vaultfile.disk.local_place import LocalPlace
from pyvault.vaultfile.state.merge import Outcome
from pyvault_cli.terminal import output
from pyvault_cli.vaults.vault_access import VaultAccess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.vaultfile.format.index import IndexEntry
    from pyvault.vaultfile.place import Place
    from pyvault.vaultfile.state.merge import Merged
    from pyvault.vaultfile.state.merge_files import MergeReport
    from pyvault_cli.context import Context
    from pyvault_cli.terminal.answers import TerminalAnswers


def find_same_vault(context: Context, file: Path | Place) -> VaultAccess | None:
    """Return our vault file if *file* is another state of it; nothing is opened by a key.

    Raises:
        UsageError: it is that very file.
    """
    from pyvault.files.file_checks import FileChecks
    from pyvault.vaultfile.disk.vault_reader import read_header

    if context.choice.name != "file":
        return None
    access = VaultAccess(context)
    try:
        ours, theirs = (read_header(each, FileChecks(modes=False)) for each in (access.place, file))
    except BackendError:  # whoever opens it tells of it
        return None
    if _is_same(access.place, file):
        raise UsageError(f"'{file}' is the vault itself")
    return access if ours.vault_id == theirs.vault_id else None


def _is_same(ours: Place, file: Path | Place) -> bool:
    if isinstance(ours, LocalPlace):
        return isinstance(file, Path) and ours.path.samefile(file)
    return not isinstance(file, Path) and ours.identity == file.identity


def merge_and_tell(
    access: VaultAccess,
    file: Path | Place,
    options: Mapping[str, str],
    ask: TerminalAnswers,
    *,
    overwrite: bool,
    dry_run: bool,
) -> None:
    """Merge *file* into the vault, and tell of each entry that differs which side won and what the other had.

    Args:
        access: our vault file.
        file: another state of it.
        options: how *file* is opened, as those of the backend, if our key does not.
        ask: for its passphrase.
        overwrite: let it win wherever both differ.
        dry_run: change nothing.
    """
    from pyvault.vaultfile.file_options import VaultSettings
    from pyvault.vaultfile.state.merge_files import merge_vault

    report = merge_vault(
        access.place,
        file,
        access.sources(),
        VaultSettings.parse(options).sources(ask),
        trust=access.trust,
        options=access.options,
        overwrite=overwrite,
        dry_run=dry_run,
    )
    if report.earlier:
        output.note(f"Nothing to merge: '{file}' is an earlier state of '{access.place}'.")
        output.hint(f"pyvault vault import '{file}' --profile NAME takes a single key out of it")
        return
    for each in report.merged:
        if text := _describe(each, file):
            output.note(f"{_label(each)}: {text}")
    _summarise(report, file, dry_run=dry_run)


def _label(merged: Merged) -> str:
    match merged.name.kind:
        case Kind.CREDENTIAL:
            return f"the key of {merged.name.name}"
        case Kind.TOTP:
            return f"the MFA device of {merged.name.name}"
        case _:
            return str(merged.name)


def _describe(merged: Merged, file: Path | Place) -> str | None:
    match merged.outcome:
        case Outcome.ADDED:
            return f"added ({_facts(merged.there)})"
        case Outcome.TAKEN:
            return f"differs, that of '{file}' is taken ({_facts(merged.there)}); here it was {_facts(merged.here)}"
        case Outcome.KEPT:
            return f"differs, kept as it is here ({_facts(merged.here)}); in '{file}' it is {_facts(merged.there)}"
        case _:
            return None


def _facts(entry: IndexEntry | None) -> str:
    return "" if entry is None else f"revision {entry.revision}, modified {to_rfc3339(from_epoch(entry.modified))}"


def _summarise(report: MergeReport, file: Path | Place, *, dry_run: bool) -> None:
    count = Counter(each.outcome for each in report.merged)
    counted = (
        f"{count[Outcome.ADDED]} added, {count[Outcome.TAKEN]} taken, {count[Outcome.KEPT]} kept, "
        f"{count[Outcome.SAME]} the same, {count[Outcome.ONLY_HERE]} only here"
    )
    if dry_run:
        output.note(f"{counted}; nothing was changed.")
        return
    output.note(f"{counted}; merged as generation {report.generation}. '{file}' is as it was, and no longer needed.")
    if report.other_keys:
        output.warn(f"the data key and the ways to unlock are those of '{file}', where the vault was rekeyed")
        output.hint("the newest backup has the earlier data key; 'pyvault vault purge' deletes the backups")
    elif report.other_slots:
        output.warn(f"'{file}' has other ways to unlock; those of the file in place stay")
    if count[Outcome.TAKEN]:
        output.hint("backup 1 holds what was replaced; 'pyvault vault backups' shows it")
    if count[Outcome.KEPT]:
        output.hint(f"pyvault vault import '{file}' --profile NAME --overwrite takes the other one")
