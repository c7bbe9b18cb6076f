"""``pyvault exec``: run a command with credentials of a profile."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

from pyvault.errors import ConfigError, UsageError
from pyvault.files import witness
from pyvault.model import Credentials
from pyvault.planning.steps import Plan
from pyvault_cli.commandline import server_options, shared_options
from pyvault_cli.commandline.parameters import Argument, Option
from pyvault_cli.context import Context
from pyvault_cli.credentials import shared_config
from pyvault_cli.credentials.credential_request import CredentialRequest, fetcher, profile_of, refuse_nested
from pyvault_cli.terminal import output

BY_ITSELF = "the program gets credentials of the profile by itself, without it"


def exec(
    context: Context,
    profile: Annotated[
        str | None,
        Argument(
            metavar="[PROFILE] [--] [COMMAND...]",
            help="the profile, by default AWS_PROFILE; the command, by default the shell",
            show_default=False,
        ),
    ] = None,
    duration: shared_options.DurationOption = None,
    no_session: shared_options.NoSessionOption = False,
    region: shared_options.RegionOption = None,
    sts_region: shared_options.StsRegionOption = None,
    mfa_token: shared_options.MfaTokenOption = None,
    json: Annotated[bool, Option("-j", "--json", help="print the credentials for credential_process")] = False,
    profile_env: Annotated[
        bool,
        Option("--profile-env", envvar="AWS_VAULT_PROFILE_ENV", help="set AWS_PROFILE instead of credentials"),
    ] = False,
    server: Annotated[
        bool, Option("-s", "--ecs-server", "--server", help="serve credentials on a local ECS endpoint")
    ] = False,
    ec2_server: Annotated[
        bool, Option("--ec2-server", help="serve credentials at the EC2 metadata address; needs sudo")
    ] = False,
    lazy: server_options.LazyOption = False,
    imds_v1: Annotated[bool, Option("--imds-v1", help="let the EC2 server answer without a token")] = False,
    listen: server_options.ListenOption = None,
    token_file: server_options.TokenFileOption = None,
    allow_role: server_options.AllowRoleOption = None,
    allow_uid: server_options.AllowUidOption = None,
    access_log: server_options.AccessLogOption = None,
    hide_shared_config: server_options.HideOption = None,
    stdout: shared_options.StdoutOption = False,
    no_cache: shared_options.NoCacheOption = False,
    refresh: shared_options.RefreshOption = False,
    allow_plaintext: shared_options.PlaintextOption = False,
    policy_file: shared_options.PolicyFileOption = None,
    policy_arn: shared_options.PolicyArnOption = None,
    read_only: shared_options.ReadOnlyOption = False,
    tag: shared_options.TagOption = None,
    source_identity: shared_options.SourceIdentityOption = None,
    federate: shared_options.FederateOption = False,
) -> None:
    """Run a command, by default the shell, with credentials of PROFILE in its environment."""
    refuse_nested(context)
    servers = server_options.ServerOptions(
        ecs=server,
        ec2=ec2_server,
        lazy=lazy,
        imds_v1=imds_v1,
        listen=listen,
        token_file=token_file,
        allow_roles=tuple(allow_role or ()),
        allow_uids=tuple(allow_uid or ()),
        access_log=access_log,
    )
    servers.check(json=json, no_session=no_session)
    hide = shared_config.wants_view(context, flag=hide_shared_config, json=json)
    if servers and not hide:
        shared_config.refuse_obstacles(context.environ)  # before anybody is asked for anything
    request = CredentialRequest(
        profile=profile_of(profile, context, environment=True),
        duration=duration,
        region=region,
        sts_region=sts_region,
        no_session=no_session,
        mfa_token=shared_options.secret(mfa_token),
        no_cache=no_cache,
        refresh=refresh,
        allow_plaintext=allow_plaintext,
        open_browser=not stdout,
        beside_server=bool(servers),
        narrowing=shared_options.narrowing(policy_file, policy_arn, read_only, tag, source_identity),
        federate=federate,
    )
    if profile_env and (federate or request.narrowing is not None):
        raise UsageError(f"Can't narrow or federate a session with --profile-env: {BY_ITSELF}")
    if context.begun is not None:
        from pyvault_cli.servers.exec_server import serve_begun

        serve_begun(servers, request, context, context.begun)
        return
    plan = request.plan(context)
    if profile_env and (getattr(plan.steps[-1], "policy", None) or getattr(plan.steps[-1], "policy_arns", ())):
        raise ConfigError(f"profile '{plan.profile}' has a session policy, and with --profile-env {BY_ITSELF}")
    if servers:
        from pyvault_cli.servers.exec_server import exec_with_server

        if hide or not servers.answers_may_be_kept:
            witness.current = None
        exec_with_server(servers, request, plan, context, command_of(context), hide=hide)
    fetch = fetcher(request, plan, context)
    if json:
        output.data(fetch().to_json())
        return
    if profile_env:
        shared_config.refuse_rivals(plan, context.environ, hide=hide)
    command = command_of(context)
    from pyvault_cli.credentials.profile_clients import client_settings

    settings = client_settings(plan, reads_default=not profile_env)
    credentials = fetch()  # with --profile-env too: what can fail shall fail here, not in the child
    if profile_env:
        from pyvault_cli.credentials.sso_portals import leave_tokens

        leave_tokens(context, plan)
    _become(command, context, request, plan, settings, credentials, profile_env=profile_env, hide=hide)


def _become(
    command: Sequence[str],
    context: Context,
    request: CredentialRequest,
    plan: Plan,
    settings: Mapping[str, str],
    credentials: Credentials,
    *,
    profile_env: bool,
    hide: bool,
) -> None:
    from pyvault_cli.credentials.child_environment import child_environment
    from pyvault_cli.credentials.spawn import become

    view = shared_config.make_view(context) if hide else None
    shown = shared_config.profile_variables(plan, context.environ) if profile_env else {}
    environ = child_environment(
        context.environ,
        profile=plan.profile,
        region=plan.region,
        settings=settings,
        credentials=None if profile_env else credentials,
        added=shown | (view.variables() if view is not None else {}),
    )
    if witness.current is not None and view is None and not profile_env:
        from pyvault_cli.credentials.warm_answers import keep_command

        keep_command(request, plan, credentials, context, environ)
    context.close()
    context.ask.close_descriptors()
    if view is not None:
        sys.exit(shared_config.run_behind(view, command, environ))
    become(command, environ)


def command_of(context: Context) -> list[str]:
    """Return the child's command: the one named, else the shell, with a note to the person in it.

    Raises:
        CommandNotFoundError, CommandNotExecutableError: nobody is asked for a code in vain.
    """
    from pyvault_cli.credentials.spawn import default_command, find_program

    if context.line.child_argv:
        find_program(context.line.child_argv[0], context.environ.get("PATH"))
        return list(context.line.child_argv)
    shell = default_command(context.environ)
    silent = context.line.has("--debug") or context.environ.get("AWS_VAULT_DISABLE_HELP_MESSAGE") == "1"
    if sys.stdout and sys.stdout.isatty() and not silent:
        output.note(f"Starting subshell {shell[0]}, use `exit` to exit the subshell")
    return shell
