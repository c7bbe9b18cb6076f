"""What ``pyvault rotate --dry-run`` prints: decided from what is written down, without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.model import masked
from pyvault.rotation.journal import Stage

if TYPE_CHECKING:
    from pyvault.rotation.journal import Journal

END = "set the old one inactive and delete it"
END_WITH_OLD_KEPT = "set the old one inactive and keep it"


def dry_run_lines(
    stored: str, journal: Journal | None, *, abort: bool, keep_old: bool, delete_inactive: bool
) -> list[str]:
    """Return the lines.

    Args:
        stored: the id of the stored key.
        journal: of a rotation under way; with *abort* there is one.
        abort: it would be abandoned.
        keep_old: of the options.
        delete_inactive: of the options.
    """
    lines = [f"the stored key is {masked(stored)}"]
    end = END_WITH_OLD_KEPT if keep_old and not abort else END
    if journal is not None:
        lines.append(
            f"the rotation begun {journal.started:%Y-%m-%d %H:%M} UTC was interrupted at {journal.stage.value!r}"
        )
    if journal is not None and journal.new_key_id == stored:
        already = "the new key is in place already; " if abort else ""
        lines.append(f"{already}would {end}")
    elif journal is not None and abort:
        lines.append(f"would delete {_new_key(journal)} at AWS and keep the stored one")
    elif journal is not None and journal.stage is Stage.CREATED:
        lines.append(f"would prove the key {masked(journal.new_key_id or '')}, store it, {end}")
    else:
        if delete_inactive:
            lines.append("would delete the user's other key if it is inactive")
        if journal is not None:
            lines.append("would delete a key whose secret never arrived, if there is one")
        lines.append(f"would ask AWS for a new key, prove it, store it, {end}")
        if journal is None and not delete_inactive:
            lines.append("AWS was not asked; a user has two keys at most, so there must be room for the new one")
    return lines


def _new_key(journal: Journal) -> str:
    return f"the new key {masked(journal.new_key_id)}" if journal.new_key_id else "a key whose secret never arrived"
