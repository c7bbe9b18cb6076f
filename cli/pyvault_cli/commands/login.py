"""``pyvault login``: the AWS console in a browser, signed in."""

from __future__ import annotations

from typing import Annotated

from pyvault.secret import Secret
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.credentials.console_session import AMBIENT, ConsoleSession, ambient_credentials, console_session
from pyvault_cli.credentials.credential_request import CredentialRequest, profile_of
from pyvault_cli.terminal import output


def login(
    context: Context,
    profile: shared_options.OptionalProfileArgument = None,
    duration: shared_options.DurationOption = None,
    no_session: shared_options.NoSessionOption = False,
    mfa_token: shared_options.MfaTokenOption = None,
    region: shared_options.RegionOption = None,
    sts_region: shared_options.StsRegionOption = None,
    path: Annotated[str | None, Option("--path", metavar="PATH", help="the console page to open")] = None,
    service: Annotated[str | None, Option("--service", metavar="NAME", help="its start page: s3, ec2")] = None,
    auto_logout: Annotated[
        bool,
        Option("-a", "--auto-logout", envvar="AWS_VAULT_AUTO_LOGOUT", help="end another session first"),
    ] = False,
    print_url: Annotated[
        bool,
        Option("-s", "--stdout", "--print-url", envvar="AWS_VAULT_STDOUT", help="print the link, open nothing"),
    ] = False,
    browser: Annotated[
        str | None,
        Option("--browser", metavar="COMMAND", help="what opens the link; %s is the link, %u the link percent-encoded"),
    ] = None,
    refresh: shared_options.RefreshOption = False,
    no_cache: shared_options.NoCacheOption = False,
    policy_file: shared_options.PolicyFileOption = None,
    policy_arn: shared_options.PolicyArnOption = None,
    read_only: shared_options.ReadOnlyOption = False,
    tag: shared_options.TagOption = None,
    source_identity: shared_options.SourceIdentityOption = None,
) -> None:
    """Open the AWS console in a browser, signed in as PROFILE."""
    name, ambient = profile, None
    if name is None:
        ambient = ambient_credentials(context.environ)
        name = AMBIENT if ambient else profile_of(None, context, environment=True)
    request = CredentialRequest(
        profile=name,
        duration=duration,
        region=region,
        sts_region=sts_region,
        no_session=no_session,
        mfa_token=Secret(mfa_token) if mfa_token else None,
        no_cache=no_cache,
        refresh=refresh,
        open_browser=not print_url,
        federation=True,
        narrowing=shared_options.narrowing(policy_file, policy_arn, read_only, tag, source_identity),
    )
    command = browser if browser is not None else context.tool_config.browser or None
    if not print_url:
        from pyvault_cli.terminal.browser import browser_command

        browser_command(command=command, environ=context.environ)  # a mistake in it is told before anything is fetched
    session = console_session(request, context, ambient)
    for line in session.notes:
        output.hint(line)
    link = _link(session, context, path=path, service=service, auto_logout=auto_logout)
    if print_url:
        output.data(f"{link.reveal()}\n")
        return
    from pyvault_cli.terminal.browser import open_page

    open_page(link, command=command, environ=context.environ)


def _link(
    session: ConsoleSession,
    context: Context,
    *,
    path: str | None,
    service: str | None,
    auto_logout: bool,
) -> Secret[str]:
    from pyvault.signin.links import destination, login_link, site_of
    from pyvault.signin.token import get_over_https, get_signin_token

    partition = session.partition
    override = context.environ.get("PYVAULT_SIGNIN_URL") or None
    site = site_of(partition.signin_host, partition.console_host, override=override)
    page = destination(site, region=session.region, path=path, service=service)  # before any call: it may be refused
    token = get_signin_token(
        site,
        session.credentials(),
        duration_s=session.duration_s,
        get=lambda address: get_over_https(address, ca_bundle=session.ca_bundle),
    )
    return login_link(site, token, page, auto_logout=auto_logout)
