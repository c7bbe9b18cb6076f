"""``pyvault sso populate``: a profile for every role, in a block of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pyvault.config.append import replace_if_unchanged
from pyvault.config.config_file import ConfigFile
from pyvault.errors import ConflictError, UsageError
from pyvault.sso.populate import DEFAULT_TEMPLATE, Populated, Style, parse_filter, populate
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.commands.sso.listing import FilterOption
from pyvault_cli.context import Context
from pyvault_cli.credentials import sso_portals
from pyvault_cli.credentials.sso_listing import roles_opened
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted


def sso_populate(
    context: Context,
    session: sso_portals.SessionArgument = None,
    prefix: Annotated[str, Option("--prefix", metavar="TEXT", help="what every profile's name begins with")] = "",
    template: Annotated[
        str,
        Option(
            "--template",
            metavar="TEXT",
            help="how a profile is named, from {account_id}, {account_name}, {role_name} and {session}",
        ),
    ] = DEFAULT_TEMPLATE,
    region: Annotated[str | None, Option("--region", metavar="REGION", help="the profiles' region")] = None,
    filter: FilterOption = None,
    diff: Annotated[bool, Option("--diff", help="show what would change; the default")] = False,
    print_: Annotated[bool, Option("--print", help="print the whole file as it would be")] = False,
    write: Annotated[bool, Option("--write", help="change the AWS config file")] = False,
) -> None:
    """Make a profile for every role of SESSION, between two marker lines; nothing outside them changes."""
    if diff + print_ + write > 1:
        raise UsageError("only one of --diff, --print and --write can be used")
    filters = [parse_filter(text) for text in filter or ()]
    portal = sso_portals.portal_named(session, context)
    roles = roles_opened(portal, filters, context)
    # Read again: a person may have taken minutes to sign in.
    config = ConfigFile.load(context.aws_config.path)
    made = populate(config.data, config.path, portal, roles, Style(prefix=prefix, template=template, region=region))
    for name in made.taken:
        output.warn(f"profile '{name}' is already in the file, outside the block; it is left as it is")
    _warn_of_unasked(made, config, context.environ)
    if print_:
        output.data_bytes(made.after)
    elif write:
        _write(made, config.path)
    else:
        output.data(made.diff(str(config.path)))
        if made.after != made.before:
            output.hint("--write makes this change")


def _warn_of_unasked(made: Populated, config: ConfigFile, environ: Mapping[str, str]) -> None:
    """Tell of profiles that programs take which are told of none: one is not made, one is."""
    if made.unasked is not None:
        role, account = made.unasked.role, made.unasked.account.account_id
        output.warn(f"no profile 'default' is made of role '{role}' in {account}: programs without --profile take it")
        output.hint("--prefix or --template gives it another name")
    for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        name = environ.get(variable)
        if name in made.profiles and config.find_profile(str(name)) is None:
            output.warn(f"'{name}' is new, and {variable} names it: programs without --profile take it from now on")


def _write(made: Populated, path: Path) -> None:
    """Put the new text in place of the old one, unless somebody else was faster.

    Raises:
        ConflictError: the file has changed since it was read.
        WriteFailedError: nothing has changed.
    """
    if made.after != made.before and not replace_if_unchanged(path.resolve(), made.after, expected=made.before):
        raise ConflictError(f"'{path}' was changed by another program meanwhile", hint="run the command again")
    output.note(f"'{path}' has {counted(len(made.profiles), 'profile')} of this session")
