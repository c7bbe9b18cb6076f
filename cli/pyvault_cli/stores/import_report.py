"""What became of aws-vault's entries: reported one by one, counted, and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyvault.errors import PyvaultError
from pyvault.migration.between_stores import WOULD_BE_VERIFIED, MigrationOutcome, MigrationResult
from pyvault.record import MutableRecord, field
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.migration.aws_vault_names import LeftOut

TAKEN = frozenset({MigrationOutcome.COPIED, MigrationOutcome.WOULD_COPY})
THERE = frozenset({MigrationOutcome.ALREADY, MigrationOutcome.IS_THERE})
NOT_READ = "not read: its name is no profile's; --from pass reads every entry"


class Account(MutableRecord):
    """Every entry of every store that was read, in one of three lists.

    Attributes:
        imported: profiles whose key is in the vault now, or would be.
        skipped: names and reasons: what is there already, ends by itself, or is somebody else's.
        failed: names and reasons: what is lost if aws-vault's store is thrown away.
        kept_back: of the skipped ones, those whose key is in aws-vault's store alone.
        others: of the skipped ones, those that belong to somebody else in a shared store.
    """

    imported: list[str] = field(default_factory=list[str])
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    failed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    kept_back: int = 0
    others: int = 0

    def __bool__(self) -> bool:
        return bool(self.imported or self.skipped or self.failed)

    def add(self, result: MigrationResult, *, shared: bool) -> None:
        """Count a key, and report it.

        Args:
            result: what became of it.
            shared: others keep their own in this store, so what is not aws-vault's is no failure.
        """
        reason = result.problem.message if result.problem else str(result.outcome)
        if result.outcome is MigrationOutcome.FOREIGN and shared:
            self.skipped.append((result.profile, reason))  # anybody's passwords: counted, not reported one by one
            self.others += 1
            return
        if result.outcome is MigrationOutcome.FOREIGN:
            result = MigrationResult(profile=result.profile, outcome=MigrationOutcome.FAILED, problem=result.problem)
        output.note(f"Migrating {result.profile}... {result}")
        if result.outcome in TAKEN:
            self.imported.append(result.profile)
        elif result.outcome is MigrationOutcome.FAILED:
            self.failed.append((result.profile, reason))
            if result.problem and result.problem.hint:
                output.hint(result.problem.hint)
        else:
            self.skipped.append((result.profile, reason))
            self.kept_back += result.outcome not in THERE

    def leave_out(self, entries: Iterable[LeftOut]) -> None:
        """Count what can't become a key of ours; of sessions only the number is reported."""
        ending = 0
        for entry in entries:
            if entry.ends:
                ending += 1
                self.skipped.append((entry.name, entry.reason))
                continue
            output.note(f"Left '{entry.name}': {entry.reason}.")
            self.failed.append((entry.name, entry.reason))
        if ending:
            output.note(f"Left what ends by itself: {counted(ending, 'session or token', 'sessions and tokens')}.")

    def pass_by(self, names: Iterable[str]) -> None:
        """Count entries of a shared store that were not even read."""
        passed = [(name, NOT_READ) for name in names]
        self.skipped += passed
        if passed:
            output.note(
                f"Not read: {counted(len(passed), 'other entry', 'other entries')}; --from pass reads every entry."
            )

    def summarise(self, *, dry_run: bool) -> None:
        """Print the totals."""
        reasons = Counter(reason for _, reason in self.skipped)
        there = sum(reasons[outcome] for outcome in THERE)
        copied = "would be copied" if dry_run else "copied"
        failed = f", {len(self.failed)} failed" if self.failed else ""
        end = "; nothing was changed." if dry_run else "."
        skipped = len(self.skipped) - there
        output.note(f"{len(self.imported)} {copied}, {there} already there, {skipped} skipped{failed}{end}")
        if self.others:
            output.note(f"{counted(self.others, 'other entry is', 'other entries are')} not aws-vault's.")
        if self.kept_back:
            output.hint("--overwrite replaces the keys that differ")

    def as_json(self) -> str:
        """Return it as a document, version 1."""
        from json import dumps

        def listed(entries: list[tuple[str, str]]) -> list[dict[str, str]]:
            return [{"name": name, "reason": reason} for name, reason in entries]

        document = {
            "v": 1,
            "imported": self.imported,
            "skipped": listed(self.skipped),
            "failed": listed(self.failed),
        }
        return dumps(document, indent=2) + "\n"

    def settle(self) -> None:
        """End the command as the entries demand.

        Raises:
            PyvaultError: a key is in aws-vault's store alone.
        """
        if lost := len(self.failed) + self.kept_back:
            raise PyvaultError(
                f"{counted(lost, 'entry', 'entries')} of aws-vault not imported",
                hint="aws-vault still has them; the lines above give the reasons",
            )


def is_stored(result: MigrationResult) -> bool:
    """Return whether the key is in the target now."""
    return result.outcome in TAKEN | THERE and result.outcome not in WOULD_BE_VERIFIED
