"""The options of the credential servers, and which of them go together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from pyvault.errors import UsageError
from pyvault.record import Record
from pyvault_cli.commandline.parameters import Option

TEMPORARY = "a server only serves temporary credentials, which need a session"
LAST_UID = 2**32 - 2  # the next one means "no change". Source: chown(2)

LazyOption = Annotated[bool, Option("--lazy", help="fetch the first credentials when a program asks for them")]
ListenOption = Annotated[
    str | None,
    Option("--listen", metavar="ADDR:PORT", help="where the ECS server listens; other users may then connect"),
]
TokenFileOption = Annotated[
    Path | None, Option("--token-file", metavar="FILE", help="keep the ECS server's token in this file")
]
AllowRoleOption = Annotated[
    list[str] | None,
    Option("--allow-role", metavar="ARN", help="a role that may be assumed, * as wildcard; may be repeated"),
]
AllowUidOption = Annotated[
    list[int] | None,
    Option(
        "--allow-uid",
        metavar="N",
        min=0,
        max=LAST_UID,
        help="ID of another user who may connect on loopback (Linux); may be repeated",
    ),
]
AccessLogOption = Annotated[
    Path | None, Option("--access-log", metavar="FILE", help="append one line of JSON for each request")
]
HideOption = Annotated[
    bool | None,
    Option(
        "--hide-shared-config/--no-hide-shared-config",
        help="hide the credentials of [default] in the AWS files from the command",
        show_default=False,
    ),
]


class ServerOptions(Record):
    """Which servers run, and how."""

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

    @property
    def answers_may_be_kept(self) -> bool:
        """Return whether a later server of this kind needs nothing for its start but an address and a token."""
        files = (self.token_file, self.access_log)
        return self.ecs and not (self.ec2 or self.lazy or self.listen) and files == (None, None)

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

    def check_values(self) -> None:
        """Refuse wrong values before anything is bound or fetched.

        Raises:
            UsageError: --allow-uid, where no user is checked.
            InvalidSettingError: a pattern is not the ARN of a role.
        """
        if self.allow_uids:
            self._check_uids()
        if self.allow_roles:  # the import takes time that a command without roles needn't wait for
            from pyvault.server.endpoints.roles import RolePatterns

            RolePatterns(self.allow_roles)

    def _check_uids(self) -> None:
        """Refuse --allow-uid where the user is not checked."""
        from pyvault.server.http.listener import is_loopback, parse_address

        if sys.platform != "linux":
            raise UsageError("Can't use --allow-uid here: only Linux can tell which user connects")
        if self.listen and not is_loopback(parse_address(self.listen)[0]):
            raise UsageError(
                "Can't use --allow-uid with --listen beyond loopback",
                hint="anyone who has the token may connect there, whatever their uid",
            )
