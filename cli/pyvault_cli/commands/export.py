"""``pyvault export``: print credentials of a profile for a shell or a program."""

from __future__ import annotations

from typing import Annotated

from pyvault.errors import UsageError
from pyvault.files import witness
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.credentials.child_environment import removed_names
from pyvault_cli.credentials.credential_request import CredentialRequest, fetcher, profile_of
from pyvault_cli.credentials.formats import UNSETTING, VARIABLES, Exported, Format, names_line, render
from pyvault_cli.terminal import output

#: What pv-assume may evaluate.
ASSIGNMENTS = (Format.EXPORT_ENV, Format.FISH, Format.POWERSHELL)


def export(
    context: Context,
    profile: shared_options.OptionalProfileArgument = None,
    format: Annotated[Format | None, Option("--format", help="how to write them", show_default="env")] = None,
    duration: shared_options.DurationOption = None,
    no_session: shared_options.NoSessionOption = False,
    region: shared_options.RegionOption = None,
    sts_region: shared_options.StsRegionOption = None,
    mfa_token: shared_options.MfaTokenOption = None,
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
    assign: Annotated[Format | None, Option("--assign", hidden=True)] = None,
) -> None:
    """Print credentials; ``--format json`` is what credential_process wants."""
    form = _form(format, assign)
    request = CredentialRequest(
        profile=profile_of(profile, context, environment=False),
        duration=duration,
        region=region,
        sts_region=sts_region,
        no_session=no_session,
        mfa_token=shared_options.secret(mfa_token),
        no_cache=no_cache,
        refresh=refresh,
        allow_plaintext=allow_plaintext,
        open_browser=not stdout,
        narrowing=shared_options.narrowing(policy_file, policy_arn, read_only, tag, source_identity),
        federate=federate,
    )
    plan = request.plan(context)
    settings: dict[str, str] = {}
    if form in VARIABLES:
        from pyvault_cli.credentials.profile_clients import new_settings

        settings = new_settings(plan, context.environ)
    before: dict[str, str] = {}
    if form in UNSETTING:
        before = {name: value for name, value in context.assumed.items() if value is not None}
        if assign is not None or context.environ.get("AWS_VAULT"):  # what prompts read names the profile of the keys
            settings["AWS_VAULT"] = plan.profile
    credentials = fetcher(request, plan, context)()
    shown = Exported(
        profile=plan.profile,
        credentials=credentials,
        region=plan.region,
        settings=settings,
        stray=[*removed_names(context.environ), *context.assumed],
        before=before,
    )
    text = render(form, shown)
    if assign is not None:
        text += names_line(form, shown)
    output.data(text)
    if witness.current is not None:
        from pyvault_cli.credentials.warm_answers import keep_text

        keep_text(request, plan, credentials, context, text)


def _form(chosen: Format | None, assign: Format | None) -> Format:
    """Choose the form; what pv-assume evaluates is for it alone to choose.

    Raises:
        UsageError: both were given, or pv-assume could not evaluate it.
    """
    if assign is None:
        return chosen or Format.ENV
    if chosen is not None:
        raise UsageError(
            "pv-assume takes no '--format': the shell could not evaluate it", hint="'pyvault export' prints credentials"
        )
    if assign not in ASSIGNMENTS:
        raise UsageError(f"the format '{assign}' is not made of a shell's assignments")
    return assign
