"""Moving keys between stores, reported as aws-vault does: one line a profile, then a summary."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pyvault.errors import ProfileNotFoundError
from pyvault.migration.between_stores import (
    WOULD_BE_VERIFIED,
    MigrationOptions,
    MigrationOutcome,
    MigrationResult,
    left_behind,
    move,
    names_in,
    select_profiles,
)
from pyvault.names import Kind
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyvault.storage.typed_store import CredentialStore

#: What never moves, in words.
STAYING = {Kind.BRIDGE: "passwords of other programs", Kind.PENDING: "journals of rotations that have not ended"}

#: Outcomes after which an item is in the source alone, without having failed.
KEPT = (MigrationOutcome.SKIPPED, MigrationOutcome.WOULD_SKIP, MigrationOutcome.STAYS, MigrationOutcome.STAYS_WITH_KEY)

OverwriteOption = Annotated[bool, Option("--overwrite", help="replace other keys of the same profiles there")]


def move_and_report(
    source: CredentialStore,
    target: CredentialStore,
    requested: Iterable[str],
    options: MigrationOptions,
    *,
    record: Callable[[], None] = lambda: None,
    then: Callable[[list[MigrationResult]], None] = lambda _done: None,
) -> None:
    """Move the profiles, and report each.

    Args:
        source, target: where from and where to.
        requested: profiles; none for all.
        options: how.
        record: is called when something is in the target now, whatever has failed beside it.
        then: gets the results before an item that failed ends the command.

    Raises:
        ItemCorruptError: the first damaged item, once all others are done.
        ProfileNotFoundError: all that is there belongs to somebody else.
    """
    here = names_in(source)
    done: list[MigrationResult] = []
    for result in move(source, target, select_profiles(here, requested), options, here=here):
        done.append(result)
        if result.outcome is MigrationOutcome.FOREIGN:
            continue
        what = result.profile if result.kind is Kind.CREDENTIAL else f"the MFA device of {result.profile}"
        output.note(f"Migrating {what}... {result}")
    _summarise(done, options)
    for kind, number in sorted(left_behind(here).items()):
        if isinstance(kind, Kind):
            what = f"{number} {STAYING[kind]}"
        else:
            what = f"{counted(number, 'item')} of the kind '{kind}', which this version doesn't know"
        output.note(f"Not moved, still in the source: {what}.")
    if any(result.outcome in {MigrationOutcome.COPIED, MigrationOutcome.ALREADY} for result in done):
        record()
    then(done)
    foreign = sum(result.outcome is MigrationOutcome.FOREIGN for result in done)
    if foreign:
        output.note(f"{counted(foreign, 'other entry was', 'other entries were')} passed over.")
    for result in done:
        if result.outcome is MigrationOutcome.FAILED and result.problem is not None:
            raise result.problem
    if foreign == len(done):
        raise ProfileNotFoundError("none of the entries there is an access key")


def _summarise(done: list[MigrationResult], options: MigrationOptions) -> None:
    number = Counter(result.outcome for result in done)
    if options.dry_run:
        copied = (
            f"{number[MigrationOutcome.WOULD_COPY]} would be copied, {number[MigrationOutcome.IS_THERE]} already there"
        )
        deleted = f"{sum(number[outcome] for outcome in WOULD_BE_VERIFIED)} would be deleted from the source"
    else:
        copied = f"{number[MigrationOutcome.COPIED]} copied, {number[MigrationOutcome.ALREADY]} already there"
        deleted = f"{sum(result.deleted for result in done)} deleted from the source"
    parts = [copied, f"{sum(number[outcome] for outcome in KEPT)} skipped"]
    if number[MigrationOutcome.FAILED]:
        parts.append(f"{number[MigrationOutcome.FAILED]} failed")
    if options.delete_source:
        parts.append(deleted)
    output.note(f"{', '.join(parts)}{'; nothing was changed' if options.dry_run else ''}.")
    if number[MigrationOutcome.SKIPPED]:
        output.hint("--overwrite replaces the keys that differ")
