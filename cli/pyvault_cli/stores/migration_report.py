"""Moving keys between stores, told as aws-vault tells it: one line a profile, then a summary."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from pyvault.errors import ProfileNotFoundError
from pyvault.migration.between_stores import (
    FORETOLD,
    MigrationOptions,
    MigrationOutcome,
    MigrationResult,
    left_behind,
    move,
    names_in,
    select_profiles,
)
from pyvault.names import Kind
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyvault.storage.typed_store import CredentialStore

#: What never moves, in words.
STAYING = {Kind.BRIDGE: "passwords of other programs", Kind.PENDING: "journals of rotations that have not ended"}

OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="replace other keys of the same profiles there")]


def move_and_tell(
    source: CredentialStore,
    target: CredentialStore,
    wanted: Iterable[str],
    terms: MigrationOptions,
    *,
    record: Callable[[], None] = lambda: None,
    go_on: Callable[[list[MigrationResult]], None] = lambda _done: None,
) -> None:
    """Move the profiles and say of each what was done.

    Args:
        source, target: where from and where to.
        wanted: profiles; none for all.
        terms: how.
        record: is called when something is in the target now, whatever has failed beside it.
        go_on: is told what was done, or would be, before an item that failed ends the command.

    Raises:
        ItemCorruptError: the first damaged item, once all others are done.
        ProfileNotFoundError: all that is there belongs to somebody else.
    """
    here = names_in(source)
    done: list[MigrationResult] = []
    for moved in move(source, target, select_profiles(here, wanted), terms, here=here):
        done.append(moved)
        if moved.deed is MigrationOutcome.FOREIGN:
            continue
        what = moved.profile if moved.kind is Kind.CREDENTIAL else f"the MFA device of {moved.profile}"
        output.note(f"Migrating {what}... {moved}")
    _summarise(done, terms)
    for kind, number in sorted(left_behind(here).items()):
        what = (
            STAYING[kind] if isinstance(kind, Kind) else f"items of the kind '{kind}', which this version doesn't know"
        )
        output.note(f"Not moved, still in the source: {number} {what}.")
    if any(moved.deed in {MigrationOutcome.COPIED, MigrationOutcome.ALREADY} for moved in done):
        record()
    go_on(done)
    foreign = sum(moved.deed is MigrationOutcome.FOREIGN for moved in done)
    if foreign:
        output.note(f"{counted(foreign, 'other entry was', 'other entries were')} passed over.")
    for moved in done:
        if moved.deed is MigrationOutcome.FAILED and moved.problem is not None:
            raise moved.problem
    if foreign == len(done):
        raise ProfileNotFoundError("none of the entries there is an access key")


def _summarise(done: list[MigrationResult], terms: MigrationOptions) -> None:
    deeds = Counter(moved.deed for moved in done)
    skipped = (
        deeds[MigrationOutcome.SKIPPED]
        + deeds[MigrationOutcome.WOULD_SKIP]
        + deeds[MigrationOutcome.STAYS]
        + deeds[MigrationOutcome.STAYS_WITH_KEY]
    )
    failed = f", {deeds[MigrationOutcome.FAILED]} failed" if deeds[MigrationOutcome.FAILED] else ""
    if terms.dry_run:
        foretold = sum(deeds[deed] for deed in FORETOLD)
        deleted = f", {foretold} would be deleted from the source" if terms.delete_source else ""
        counted = (
            f"{deeds[MigrationOutcome.WOULD_COPY]} would be copied, {deeds[MigrationOutcome.IS_THERE]} already there"
        )
        output.note(f"{counted}, {skipped} skipped{failed}{deleted}; nothing was changed.")
        return
    deleted = f", {sum(moved.deleted for moved in done)} deleted from the source" if terms.delete_source else ""
    counted = f"{deeds[MigrationOutcome.COPIED]} copied, {deeds[MigrationOutcome.ALREADY]} already there"
    output.note(f"{counted}, {skipped} skipped{failed}{deleted}.")
    if deeds[MigrationOutcome.SKIPPED]:
        output.hint("--overwrite replaces the keys that differ")
