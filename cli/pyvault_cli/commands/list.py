"""``pyvault list``: profiles, stored credentials and sessions, as aws-vault shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pyvault import clock
from pyvault.access_keys import shown
from pyvault.config.values import format_duration
from pyvault.names import Kind
from pyvault.record import Record
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.commandline.shared_options import JsonOption
from pyvault_cli.context import Context
from pyvault_cli.credentials import console_sign_ins, sso_portals
from pyvault_cli.credentials.whose_sessions import WhoseSessions
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted
from pyvault_cli.terminal.table import aligned, aws_vault_table

if TYPE_CHECKING:
    from pyvault.sessions.cache import SessionEntry


def list(  # the command's name, as the user types it
    context: Context,
    profiles: Annotated[bool, Option("--profiles", help="only the profiles, one per line")] = False,
    sessions: Annotated[bool, Option("--sessions", help="only the sessions, one per line")] = False,
    credentials: Annotated[bool, Option("--credentials", help="only the stored keys, one per line")] = False,
    keys: Annotated[bool, Option("--keys", help="the stored keys and their age")] = False,
    json: JsonOption = False,
) -> None:
    """Show what there is; reads no secret."""
    if json:
        _write_json(context)
    elif keys:
        output.page(aligned(_key_rows(context), width=output.columns()), heading=is_heading)
        _warn_of_rotations(context)
    elif credentials:
        _lines(context.store.profiles())
    elif profiles:
        _lines(context.aws_config.profiles())
    elif sessions:
        _lines(_label(session) for session in context.sessions.entries())
        _lines(dict.fromkeys(_sign_ins(context).values()))
    else:
        rows = [*_table_rows(context)]
        output.page(aws_vault_table(rows, width=output.columns()), heading=is_heading)
        if not rows and output.columns() is not None:
            from pyvault_cli.commandline.suggestions import FIRST_STEPS

            output.hint(f"there are no profiles yet; {FIRST_STEPS}")
        _warn_of_rotations(context)


def is_heading(line: str) -> bool:
    """Return whether a line of a table is its headings."""
    return line.startswith(("Profile ", "======="))


def _warn_of_rotations(context: Context) -> None:
    from pyvault.storage.unended_rotation import ways_on

    for name in context.store.profiles(kind=Kind.PENDING):
        output.warn(f"a rotation of {name!r} has not ended")
        output.hint(ways_on(name, "finishes"))


class _Row(Record):
    """What is known under one name.

    Attributes:
        sessions: made for it, or serving it as well.
        has_profile: there is a section for it in the AWS config file.
        has_credentials: keys are stored for it.
        sign_in: the label of its kept SSO token or console sign-in, if there is one.
    """

    name: str
    has_profile: bool
    has_credentials: bool
    sessions: tuple[SessionEntry, ...]
    sign_in: str | None


def _rows(context: Context) -> Iterable[_Row]:
    """Yield the profiles in file order, then what has stored keys or sessions only."""
    configured = context.aws_config.profiles()
    stored = context.store.profiles()
    whose = WhoseSessions(context)
    sign_ins = _sign_ins(context)
    has_section, has_keys = frozenset(configured), frozenset(stored)
    for name in dict.fromkeys([*configured, *stored, *(session.profile for session in whose.entries)]):
        yield _Row(
            name=name,
            has_profile=name in has_section,
            has_credentials=name in has_keys,
            sessions=tuple(whose.of(name)),
            sign_in=sign_ins.get(name),
        )


def _sign_ins(context: Context) -> dict[str, str]:
    """Return the label of the sign-in that each profile has of its own; SSO ranks before the console."""
    console = console_sign_ins.kept_sign_ins(context)
    portals = sso_portals.kept_portals(context)
    return {name: console_sign_ins.label_of(session) for name, session in console.items()} | {
        name: sso_portals.label_of(portal) for name, portal in portals.items()
    }


def _table_rows(context: Context) -> Iterable[tuple[str, str, str]]:
    for row in _rows(context):
        labels = [_label(session) for session in row.sessions] + ([row.sign_in] if row.sign_in else [])
        yield row.name if row.has_profile else "-", row.name if row.has_credentials else "-", ", ".join(labels) or "-"


def _key_rows(context: Context) -> Sequence[tuple[str, str, str, str]]:
    """Return a heading and, for every stored key, its id and for how many days it has been in use."""
    rows = [("Profile", "Access key", "Stored", "Age")]
    for name in context.store.profiles():
        created = context.store.created(name)
        since = f"{created:%Y-%m-%d}" if created else "-"
        age = counted((clock.now() - created).days, "day") if created else "-"
        rows.append((name, shown(context.store.access_key_id(name)), since, age))
    return rows


def _write_json(context: Context) -> None:
    from json import dumps

    document = {
        "v": 1,
        "profiles": [
            {
                "profile": row.name,
                "credentials": row.has_credentials,
                "access_key_id": shown(context.store.access_key_id(row.name)) if row.has_credentials else None,
                "created": _time(context.store.created(row.name)) if row.has_credentials else None,
                "sessions": [{"operation": session.op, "expires": _time(session.expires)} for session in row.sessions],
            }
            for row in _rows(context)
        ],
    }
    output.data(dumps(document, indent=2) + "\n")


def _time(moment: datetime | None) -> str | None:
    return clock.to_rfc3339(moment) if moment else None


def _label(session: SessionEntry) -> str:
    return f"{session.op}:{format_duration(session.expires - clock.now())}" if session.expires else session.op


def _lines(names: Iterable[str]) -> None:
    for name in names:
        output.out(name)
