"""``pyvault setup``: a guided start, which asks which kind of user somebody is and calls the command for it."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING

from pyvault.config.config_file import DEFAULT, ConfigFile, find_credentials_path
from pyvault.config.values import is_url
from pyvault.migration.aws_vault_names import find_in_aws_vault
from pyvault.migration.credentials_file import read_credentials_file
from pyvault_cli.context import Context
from pyvault_cli.terminal import output, prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Way = Callable[[Context], str | None]

WAYS = ("an option of 'pyvault sso login', 'pyvault add' or 'pyvault import'", "a terminal")


def setup(context: Context) -> None:
    """Ask how you sign in to AWS, set it up, and show how to use it; every step is a command of its own too."""
    terminal = context.ask.terminal("an answer", WAYS)
    ways = _ways(context)
    output.note("How do you sign in to AWS?")
    for number, (text, _) in enumerate(ways, start=1):
        output.note(f"  {number}  {text}")
    begin = _chosen(terminal, ways)
    name = begin(context) or "NAME"
    command = f"'pyvault exec {shlex.quote(name)} -- aws sts get-caller-identity'"
    output.hint(f"'pyvault list' shows your profiles; {command} uses one")


def _chosen(terminal: prompt.Terminal, ways: Sequence[tuple[str, Way]]) -> Way:
    """Return what the person wants, who may answer with a start URL at once."""
    question = "a number, or your start URL (1)"
    shown = question
    while True:
        typed = terminal.line(shown).strip() or "1"
        if is_url(typed):
            return partial(_with_sso, url=typed)
        if typed.isdecimal() and 1 <= int(typed) <= len(ways):
            return ways[int(typed) - 1][1]
        shown = f"that is neither a number from 1 to {len(ways)} nor a URL; {question}"


def _ways(context: Context) -> list[tuple[str, Way]]:
    """Return what may be chosen; who comes from aws-vault finds that first."""
    ways: list[tuple[str, Way]] = [
        ("in a browser, by IAM Identity Center (SSO)", _with_sso),
        ("with an access key", _with_key),
    ]
    if find_in_aws_vault(context.aws_config.profiles(), context.environ) is not None:
        ways.insert(0, ("with keys that aws-vault has here", _from_aws_vault))
    path = find_credentials_path(context.environ)
    if path.exists() and read_credentials_file(path).pairs:
        ways.append(("with the keys in ~/.aws/credentials", _from_credentials_file))
    return ways


def _with_sso(context: Context, *, url: str | None = None) -> str | None:
    from pyvault_cli.commands.sso.populate import sso_populate
    from pyvault_cli.commands.sso.sign_in import sso_login
    from pyvault_cli.credentials.sso_portals import portal_named

    sso_login(context, session=url)
    portal = portal_named(url, context)
    if prompt.confirmed(context.ask.terminal("an answer", WAYS), "Make a profile for each of your roles?"):
        sso_populate(context, session=url, region=portal.client.region, write=True)
    return next(iter(ConfigFile.load(context.aws_config.path).profiles()), None)


def _with_key(context: Context) -> str | None:
    from pyvault_cli.commands.add import add

    terminal = context.ask.terminal("the name of a profile", WAYS)
    name = (_has_default(context) and terminal.line("Profile (default)").strip()) or DEFAULT
    known = _region_of(context, name)
    region = None if known else terminal.line("Region, such as eu-west-1 (leave blank for none)").strip() or None
    add(context, profile=name, region=region)
    return name


def _has_default(context: Context) -> bool:
    """Return whether the profile that needs no name is taken, so that another one may be meant."""
    return DEFAULT in context.aws_config.profiles() or DEFAULT in context.store.profiles()


def _region_of(context: Context, name: str) -> str | None:
    """Return the region that a profile has already, from any of its sources."""
    from pyvault_cli.credentials.credential_request import CredentialRequest

    return CredentialRequest(profile=name).load(context, (name,)).region


def _from_aws_vault(context: Context) -> str | None:
    from pyvault_cli.commands.imports.aws_vault import import_aws_vault

    import_aws_vault(context)
    return next(iter(context.store.profiles()), None)


def _from_credentials_file(context: Context) -> str | None:
    from pyvault_cli.commands.imports.credentials_file import import_credentials_file

    import_credentials_file(context)
    return next(iter(context.store.profiles()), None)
