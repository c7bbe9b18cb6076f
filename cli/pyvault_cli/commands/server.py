"""``pyvault server``: a credential server that stands by itself, for one or more profiles."""

from __future__ import annotations

from typing import Annotated

from pyvault_cli.commandline import server_options, shared_options
from pyvault_cli.commandline.parameters import Argument
from pyvault_cli.context import Context
from pyvault_cli.credentials.credential_request import CredentialRequest
from pyvault_cli.servers.standalone_server import serve_forever


def server(
    context: Context,
    profiles: Annotated[list[str], Argument(metavar="PROFILE...", help="whose credentials", show_default=False)],
    duration: shared_options.DurationOption = None,
    region: shared_options.RegionOption = None,
    sts_region: shared_options.StsRegionOption = None,
    mfa_token: shared_options.MfaTokenOption = None,
    lazy: server_options.LazyOption = False,
    listen: server_options.ListenOption = None,
    token_file: server_options.TokenFileOption = None,
    allow_role: server_options.AllowRoleOption = None,
    allow_uid: server_options.AllowUidOption = None,
    access_log: server_options.AccessLogOption = None,
    stdout: shared_options.StdoutOption = False,
    allow_plaintext: shared_options.PlaintextOption = False,
    policy_file: shared_options.PolicyFileOption = None,
    policy_arn: shared_options.PolicyArnOption = None,
    read_only: shared_options.ReadOnlyOption = False,
    tag: shared_options.TagOption = None,
    source_identity: shared_options.SourceIdentityOption = None,
    federate: shared_options.FederateOption = False,
) -> int:
    """Serve credentials of each PROFILE to programs, as ECS does, until SIGTERM or Ctrl-C.

    Prints the variables that programs need, then a line that begins 'ready URL' once it answers.
    A program whose own AWS files have credentials in [default] uses those.
    """
    narrowing = shared_options.narrowing(policy_file, policy_arn, read_only, tag, source_identity)
    requests = [
        CredentialRequest(
            profile=profile,
            duration=duration,
            region=region,
            sts_region=sts_region,
            mfa_token=shared_options.secret(mfa_token),
            allow_plaintext=allow_plaintext,
            open_browser=not stdout,
            beside_server=True,
            narrowing=narrowing,
            federate=federate,
        )
        for profile in dict.fromkeys(profiles)
    ]
    chosen = server_options.ServerOptions(
        ecs=True,
        lazy=lazy,
        listen=listen,
        token_file=token_file,
        allow_roles=tuple(allow_role or ()),
        allow_uids=tuple(allow_uid or ()),
        access_log=access_log,
    )
    return serve_forever(chosen, requests, context)
