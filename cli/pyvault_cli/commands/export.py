"""``pyvault export``: print credentials of a profile for a shell or a program."""

from __future__ import annotations

from typing import Annotated

import typer

from pyvault_cli import console, options
from pyvault_cli.context import context_of
from pyvault_cli.formats import Format, render
from pyvault_cli.wanted import Wanted, fetcher, profile_of


def export(
    ctx: typer.Context,
    profile: options.OptionalProfileArgument = None,
    format: Annotated[Format, typer.Option("--format", help="how to write them")] = Format.ENV,
    duration: options.DurationOption = None,
    no_session: options.NoSessionOption = False,
    region: options.RegionOption = None,
    mfa_token: options.MfaTokenOption = None,
    stdout: options.StdoutOption = False,
    no_cache: options.NoCacheOption = False,
    refresh: options.RefreshOption = False,
    allow_plaintext: options.PlaintextOption = False,
) -> None:
    """Print credentials; ``--format json`` is what credential_process wants."""
    context = context_of(ctx)
    wanted = Wanted(
        profile=profile_of(profile, context, environment=False),
        duration=duration,
        region=region,
        no_session=no_session,
        mfa_token=options.secret(mfa_token),
        no_cache=no_cache,
        refresh=refresh,
        allow_plaintext=allow_plaintext,
        open_browser=not stdout,
    )
    plan = wanted.plan(context)
    credentials = fetcher(wanted, plan, context)()
    console.data(render(format, credentials, profile=plan.profile, region=plan.region))
