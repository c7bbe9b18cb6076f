"""``pyvault add``: store the access key of a profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pyvault import clock
from pyvault.access_keys import check_pair
from pyvault.config.values import objection_to
from pyvault.errors import ConfigError, InvalidSettingError, UsageError
from pyvault.model import StoredCredentials
from pyvault.names import Kind, parse_profile_name
from pyvault.retrieval.verified_pair import identify, may_have_any_id
from pyvault.storage.unended_rotation import unended
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.credentials import key_input, totp_input
from pyvault_cli.credentials.credential_request import CredentialRequest
from pyvault_cli.credentials.key_input import GivenKey
from pyvault_cli.credentials.mfa_device import ask_for_device, find_device
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from pyvault.config.profile import Profile
    from pyvault.vaultfile.place import Place

FIRST_GENERATION = 1


def add(  # noqa: C901, PLR0912 - each option that can not be with another
    context: Context,
    profile: shared_options.ProfileArgument,
    env: Annotated[bool, Option("--env", help="read the key from the AWS_* variables")] = False,
    stdin: Annotated[bool, Option("--stdin", help="read it from stdin: JSON, or two lines")] = False,
    csv: Annotated[Path | None, Option("--csv", metavar="FILE", help="read it from the AWS console's CSV file")] = None,
    no_verify: Annotated[bool, Option("--no-verify", help="don't check the key with AWS")] = False,
    trust_endpoint: shared_options.TrustEndpointOption = None,
    force: Annotated[bool, Option("--force", help="replace stored credentials without asking")] = False,
    mfa_serial: Annotated[
        str | None, Option("--mfa-serial", metavar="ARN", help="the MFA device, for the profile's section")
    ] = None,
    region: Annotated[
        str | None, Option("--region", metavar="REGION", help="the AWS region, for the profile's section")
    ] = None,
    add_config: Annotated[
        bool, Option("--add-config/--no-add-config", help="append the profile to the AWS config file")
    ] = True,
    totp: Annotated[
        bool, Option("--totp", help="also store the secret of its MFA device; an existing key stays")
    ] = False,
    totp_stdin: Annotated[bool, Option("--totp-stdin", help="the same, with the secret on stdin")] = False,
) -> None:
    """Store the access key of PROFILE.

    Asks for it at the terminal unless an option says where it is; both parts may be pasted at once.
    """
    name = parse_profile_name(profile)
    if env + stdin + (csv is not None) > 1:
        raise UsageError("only one of --env, --stdin and --csv can be used")
    settings = {"region": region, "mfa_serial": mfa_serial}
    for option, setting in (("--region", "region"), ("--mfa-serial", "mfa_serial")):
        if settings[setting] and not add_config:
            raise UsageError(f"Can't use {option} with --no-add-config: it is kept in the AWS config file")
    if mfa_serial and (objection := objection_to(mfa_serial)):
        raise InvalidSettingError(f"--mfa-serial: {mfa_serial!r} {objection}")
    totp_input.check(stdin=stdin, totp=totp, totp_stdin=totp_stdin)
    _check_section(context, name, settings)
    if add_config and context.aws_config.find_profile(name) is None:
        from pyvault.config.append import with_profile

        with_profile(context.aws_config, name, {key: value for key, value in settings.items() if value})
    is_known = name in context.store.profiles()
    if name in context.store.profiles(kind=Kind.PENDING):  # it would put its own key over this one
        raise unended(name)
    with_device = totp or totp_stdin
    if with_device and is_known and not (env or stdin or csv):
        totp_input.keep(
            context, name, totp_input.read(context, name, from_stdin=totp_stdin, replace=force, serial=mfa_serial)
        )
        return
    loaded = CredentialRequest(profile=name, region=region).load(context, (name,))
    if not no_verify:
        _check_endpoint(loaded, trust_endpoint)
    if is_known and not force:
        context.ask.confirm(f"Replace the credentials stored for '{name}'?", option="--force")
    typed = not (env or stdin or csv)
    wants_device = typed and add_config and not mfa_serial and name not in context.aws_config.profiles()
    key = _read_key(context, env=env, stdin=stdin, csv=csv)
    any_id = no_verify or may_have_any_id(loaded)
    check_pair(key.access_key_id, key.secret_access_key, source=key.source, any_id=any_id)
    if not no_verify:
        output.note(f"The key belongs to {identify(loaded, key.access_key_id, key.secret_access_key).arn}.")
    serial = mfa_serial
    if wants_device:
        serial = ask_for_device(context) if no_verify else find_device(context, loaded, key, trust_endpoint)
    # Read before anything is stored: a mistyped secret shall not leave half of it behind.
    device = (
        totp_input.read(context, name, from_stdin=totp_stdin, replace=force, serial=serial) if with_device else None
    )
    _store(context, name, key, is_known=is_known)
    if device is not None:
        totp_input.keep(context, name, device)
    if add_config:
        _append_section(context, name, {"region": region, "mfa_serial": serial})
    _tell_of_settings(context, loaded, serial)


def _read_key(context: Context, *, env: bool, stdin: bool, csv: Path | None) -> GivenKey:
    if env:
        return key_input.from_environ(context.environ)
    if stdin:
        return key_input.from_stdin()
    if csv is not None:
        return key_input.from_csv(csv)
    return key_input.from_terminal(context.ask)


def _check_section(context: Context, name: str, settings: Mapping[str, str | None]) -> None:
    section = context.aws_config.find_profile(name)
    if section is None:
        return
    source = section.get("source_profile")
    if source and source.value != name:
        raise ConfigError(
            f"your profile '{name}' has a source_profile of '{source.value}', so its keys are those of that one",
            hint=f"pyvault add {source.value}",
        )
    for key, value in settings.items():
        present = section.get(key)
        if value and (present is None or present.value != value):
            raise ConfigError(
                f"profile '{name}' already has a section, which pyvault does not rewrite",
                hint=f"put '{key} = {value}' into '{context.aws_config.path}'",
            )


def _check_endpoint(loaded: Profile, trusted: Sequence[str] | None) -> None:
    from pyvault.config.client_settings import home_partition
    from pyvault.config.trusted_endpoints import check_endpoints

    partition = home_partition([loaded])
    check_endpoints(loaded, partition, ("sts",), trusted, otherwise="; --no-verify stores the key without asking")


def _store(context: Context, name: str, key: GivenKey, *, is_known: bool) -> None:
    now = clock.now().replace(microsecond=0)
    new_vault = _vault_to_be_made(context)
    with context.store.transaction():
        made_here = new_vault is not None and _is_new(context)  # another add may have made it meanwhile
        context.store.put(
            name,
            StoredCredentials(access_key_id=key.access_key_id, secret_access_key=key.secret_access_key, created=now),
        )
    if made_here:
        output.note(f"Made the vault '{new_vault}'.")
        output.hint("'pyvault vault slot add --recovery' makes a code in case the passphrase or key file is lost")
    output.note(f'Added credentials to profile "{name}" in vault')
    context.keep_choice()
    if is_known:
        sessions = context.sessions.clear(root=name)
        if sessions:
            output.note(f"Deleted {counted(sessions, 'existing session')}.")


def _vault_to_be_made(context: Context) -> Place | None:
    """Return where the vault file is that the first ``add`` makes; None if it exists, or another backend is used."""
    if context.choice.name != "file":
        return None
    from pyvault_cli.vaults.vault_access import VaultAccess

    place = VaultAccess(context).place
    return None if place.exists() else place


def _is_new(context: Context) -> bool:
    """Return whether nobody has written to the vault file since it was made."""
    from pyvault.vaultfile.disk.vault_reader import read_header
    from pyvault_cli.vaults.vault_access import VaultAccess

    access = VaultAccess(context)
    return read_header(access.place, access.options.checks).generation == FIRST_GENERATION


def _append_section(context: Context, name: str, settings: Mapping[str, str | None]) -> None:
    if context.aws_config.find_profile(name) is not None:
        return
    from pyvault.config.append import append_profile

    append_profile(context.aws_config, name, {key: value for key, value in settings.items() if value})


def _tell_of_settings(context: Context, loaded: Profile, serial: str | None) -> None:
    """Tell what a person would miss, or not expect, at the first use of the profile."""
    inherited = loaded.origins.get("mfa_serial", "")
    if serial is None and inherited.startswith("[default]"):
        output.note(f"'{loaded.name}' inherits the MFA device of [default], so its sessions ask for that one's codes.")
    if loaded.region is None:
        place = f"'region = ...' to its section of '{context.aws_config.path}'"
        output.hint(f"'{loaded.name}' has no region, which most programs need: add {place}, or set AWS_REGION")
