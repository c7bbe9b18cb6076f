"""The options of the credential servers, and which of them go together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyvault.errors import UsageError
from pyvault.record import Record

TEMPORARY = "a server gives temporary credentials only, and those come from a session"
LAST_UID = 2**32 - 2  # the one above is no user: it means "leave as it is". Source: chown(2)

LazyOption = Annotated[bool, typer.Option("--lazy", help="fetch the first credentials when they are asked for")]
ListenOption = Annotated[
    str | None,
    typer.Option("--listen", metavar="ADDR:PORT", help="where the ECS server listens; others than you may then ask"),
]
TokenFileOption = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="keep the ECS server's token in this file")
]
AllowRoleOption = Annotated[
    list[str] | None,
    typer.Option("--allow-role", metavar="ARN", help="a role that may be asked for, * as wildcard; may be repeated"),
]
AllowUidOption = Annotated[
    list[int] | None,
    typer.Option(
        "--allow-uid",
        metavar="N",
        min=0,
        max=LAST_UID,
        help="another user, by number, who may ask on loopback (Linux); may be repeated",
    ),
]
AccessLogOption = Annotated[
    Path | None, typer.Option("--access-log", metavar="FILE", help="append one line of JSON for each request")
]
HideOption = Annotated[
    bool | None,
    typer.Option(
        "--hide-shared-config/--no-hide-shared-config",
        help="show the command its AWS files without the credentials of [default]",
        show_default=False,
    ),
]


class ServerOptions(Record):
    """Which servers run beside a command, and how."""

    ecs: bool = False
    ec2: bool = False
    lazy: bool = False
    imds_v1: bool = False
    listen: str | None = None
    token_file: Path | None = None
    allow_roles: tuple[str, ...] = ()
    allow_uids: tuple[int, ...] = ()
    access_log: Path | None = None

    def __bool__(self) -> bool:
        return self.ecs or self.ec2

    def check(self, *, json: bool, no_session: bool) -> None:
        """Refuse what can't go together, in the order and words of aws-vault where it refuses too.

        Raises:
            UsageError: names the two options.
        """
        clashes = [
            (self.ec2 and self.ecs, "Can't use --ec2-server with --ecs-server"),
            (self.ec2 and json, "Can't use --ec2-server with --json"),
            (self.ec2 and no_session, "Can't use --ec2-server with --no-session"),
            (self.ecs and json, "Can't use --ecs-server with --json"),
            (self.ecs and no_session, "Can't use --ecs-server with --no-session"),
            (self.imds_v1 and not self.ec2, "Can't use --imds-v1 without --ec2-server"),
            (bool(self.listen) and not self.ecs, "Can't use --listen without --ecs-server"),
            (bool(self.token_file) and not self.ecs, "Can't use --token-file without --ecs-server"),
            (bool(self.allow_roles) and not self.ecs, "Can't use --allow-role without --ecs-server"),
            (bool(self.allow_uids) and not self, "Can't use --allow-uid without a server"),
            (bool(self.access_log) and not self, "Can't use --access-log without a server"),
        ]
        for is_clash, message in clashes:
            if is_clash:
                raise UsageError(message, hint=TEMPORARY if message.endswith("--no-session") else None)
