"""Resolve the settings of one profile, without its sources.

Flag, then environment, then the profile's section, what it includes, ``[default]``,
and what is built in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pyvault.config.ca_bundle import find_ca_bundle
from pyvault.config.child_settings import read_client_variables
from pyvault.config.config_file import expand_home, nfc
from pyvault.config.endpoints import read_endpoints
from pyvault.config.layers import find_layers
from pyvault.config.profile import Flags, Profile
from pyvault.config.setting_reader import (
    Found,
    SettingReader,
    checked_text,
    one_of,
    parse_attempts,
    parse_region,
    parse_switch,
)
from pyvault.config.sources import KEY_PAIR, CredentialSource, Source, find_sources
from pyvault.config.sso_settings import read_sso
from pyvault.config.values import parse_list, parse_session_tags
from pyvault.errors import InvalidSettingError, UnusableAnswerError
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyvault.config.account import ClaimedAccount
    from pyvault.config.config_file import ConfigFile
    from pyvault.config.role_variables import RoleVariables
    from pyvault.config.syntax import Entry

# Source: the defaults of aws-vault.
ROLE_DURATION: Final = timedelta(hours=1)
SESSION_DURATION: Final = timedelta(hours=1)
CHAINED_SESSION_DURATION: Final = timedelta(hours=8)
FEDERATION_DURATION: Final = timedelta(hours=1)


def resolve_profile(
    config: ConfigFile,
    credentials_file: ConfigFile | None,
    name: str,
    environ: Mapping[str, str],
    flags: Flags,
    *,
    stored: Collection[str],
    is_named: bool,
) -> Profile:
    """Resolve one profile; of its source profile only the name.

    Args:
        config: the AWS config file.
        credentials_file: the shared credentials file.
        name: the profile.
        environ: the ``AWS_*`` variables count.
        flags: of the command line.
        stored: names of the profiles whose keys are in the vault.
        is_named: this is the requested profile, so that the variables that describe
            one role (``AWS_ROLE_ARN`` and the like) apply to it.
    """
    layers = find_layers(config, name, credentials_file=credentials_file)
    sources = find_sources(layers.found, name, stored)
    reader = SettingReader(path=config.path, layers=layers.found, environ=environ, reach=sources.reach)
    if layers.loop is not None:
        reader.problems.append(layers.loop)
    own = config.find_profile(name)
    in_credentials_file = credentials_file.find_plain_section(name) if credentials_file is not None else None

    def if_named(variable: str) -> tuple[str, ...]:
        return (variable,) if is_named else ()

    variables = _find_role_variables(reader, name, sources.kind) if is_named else None
    endpoints = read_endpoints(reader, config)
    ca_bundle = _file(reader.text("ca_bundle", env=("AWS_CA_BUNDLE",)), environ)
    sso = read_sso(reader, config)
    plaintext, objection = None, "the other half of the key pair is missing"
    try:
        plaintext = _find_plaintext(in_credentials_file) or _find_plaintext(own)
    except UnusableAnswerError as exc:  # of Credentials, which doesn't know where the keys are
        objection = exc.message
    if sources.kind is Source.PLAINTEXT and plaintext is None:
        half = next(found for key in KEY_PAIR if (found := reader.find(key)) is not None)
        reader.problems.append(InvalidSettingError(f"{half.label}: {objection}"))
    if plaintext is not None:
        pair = in_credentials_file if _find_plaintext(in_credentials_file) is not None else own
        key_id = (pair or {})["aws_access_key_id"]
        reader.places["plaintext"] = (key_id.path, key_id.line)
    token_file = reader.text("web_identity_token_file")
    if variables is not None and variables.token:
        token_file = reader.take("web_identity_token_file", reader.find_variable("AWS_WEB_IDENTITY_TOKEN_FILE"), _text)
    mfa = reader.find("mfa_serial")
    return Profile(
        name=name,
        known=own is not None or in_credentials_file is not None,
        source_profile=reader.take("source_profile", _find_source_profile(reader, name), _parse_profile_name),
        region=_region(reader, flags),
        sts_region=_sts_region(reader, flags),
        claimed_account=_claimed_account(reader, config, credentials_file, name),
        role_arn=reader.parsed("role_arn", _parse_arn, env=variables.role if variables else ()),
        role_session_name=reader.text(
            "role_session_name", env=variables.session_name if variables else if_named("AWS_ROLE_SESSION_NAME")
        ),
        external_id=reader.text("external_id"),
        mfa_serial=reader.text("mfa_serial", env=("AWS_MFA_SERIAL",)),
        mfa_is_own=mfa is not None and not layers.found[mfa.rank].fallback,
        mfa_process=reader.text("mfa_process"),
        assume_role_duration=reader.duration(
            "assume_role_duration",
            flag=flags.assume_role_duration,
            env="AWS_ASSUME_ROLE_TTL",
            key="duration_seconds",
            default=ROLE_DURATION,
        ),
        get_session_token_duration=reader.duration(
            "get_session_token_duration",
            flag=flags.get_session_token_duration,
            env="AWS_SESSION_TOKEN_TTL",
            default=SESSION_DURATION,
        ),
        chained_get_session_token_duration=reader.duration(
            "chained_get_session_token_duration",
            flag=flags.chained_get_session_token_duration,
            env="AWS_CHAINED_SESSION_TOKEN_TTL",
            default=CHAINED_SESSION_DURATION,
        ),
        federation_token_duration=reader.duration(
            "federation_token_duration",
            flag=flags.federation_token_duration,
            env="AWS_FEDERATION_TOKEN_TTL",
            default=FEDERATION_DURATION,
        ),
        sts_regional_endpoints=reader.parsed(
            "sts_regional_endpoints", one_of("legacy", "regional"), env=("AWS_STS_REGIONAL_ENDPOINTS",)
        ),
        endpoint_url=endpoints.general_url,
        endpoints=endpoints.ours(),
        client=read_client_variables(reader, config, credentials_file, name, endpoints, ca_bundle=ca_bundle),
        sso_session=sso.session,
        sso_start_url=sso.start_url,
        sso_region=sso.region,
        sso_account_id=sso.account_id,
        sso_role_name=sso.role_name,
        sso_registration_scopes=sso.registration_scopes,
        web_identity_token_file=_file(token_file, environ),
        web_identity_token_process=reader.text("web_identity_token_process"),
        login_session=reader.text("login_session"),
        credential_process=reader.text("credential_process"),
        credential_source=reader.parsed("credential_source", _parse_credential_source),
        session_tags=reader.parsed("session_tags", _parse_tags, env=if_named("AWS_SESSION_TAGS")) or (),
        transitive_session_tags=reader.parsed(
            "transitive_session_tags", _parse_names, env=if_named("AWS_TRANSITIVE_TAGS")
        )
        or (),
        source_identity=reader.text("source_identity", env=if_named("AWS_SOURCE_IDENTITY")),
        policy=reader.text("policy"),
        policy_arns=reader.parsed("policy_arns", _parse_names) or (),
        read_only_profile=reader.parsed("read_only_profile", _parse_profile_name),
        ca_bundle=find_ca_bundle(ca_bundle, environ),  # for our own calls; the child has the variables itself
        use_fips_endpoint=reader.parsed("use_fips_endpoint", parse_switch, env=("AWS_USE_FIPS_ENDPOINT",)) or False,
        use_dualstack_endpoint=reader.parsed(
            "use_dualstack_endpoint", parse_switch, env=("AWS_USE_DUALSTACK_ENDPOINT",)
        )
        or False,
        retry_mode=reader.parsed("retry_mode", one_of("legacy", "standard", "adaptive"), env=("AWS_RETRY_MODE",)),
        max_attempts=reader.parsed("max_attempts", parse_attempts, env=("AWS_MAX_ATTEMPTS",)),
        plaintext=plaintext,
        origins=reader.origins,
        labels=reader.labels,
        places=reader.places,
        passed_over=sources.passed_over,
        skips=variables.skips if variables else (),
        problem=next(iter(reader.problems), None),
        notes=tuple(f"profile {name!r} includes {missing!r}, which has no section" for missing in layers.missing),
    )


def _find_source_profile(reader: SettingReader, name: str) -> Found | None:
    """Find the source profile; a profile that names itself has none, as in aws-vault and the AWS CLI."""
    found = reader.find("source_profile")
    while found is not None and nfc(found.text) == name:
        found = reader.find("source_profile", start=found.rank + 1)
    return found


def _find_role_variables(reader: SettingReader, name: str, kind: Source | None) -> RoleVariables | None:
    """Return the role settings of the environment; None if it has none, which is the usual case."""
    if not reader.find_variable("AWS_ROLE_ARN") and not reader.find_variable("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return None
    from pyvault.config.role_variables import read_role_variables

    variables = read_role_variables(reader.environ, name=name, kind=kind, role=reader.find("role_arn"))
    if variables.problem is not None:
        reader.problems.append(variables.problem)
    return variables


def _region(reader: SettingReader, flags: Flags) -> str | None:
    found = reader.find("region", env=("AWS_REGION", "AWS_DEFAULT_REGION"))
    if flags.region:
        from pyvault.surface import option

        found = Found(text=flags.region, origin="flag", label=option("region") or "region", rank=-1)
    return reader.take("region", found, parse_region)


def _sts_region(reader: SettingReader, flags: Flags) -> str | None:
    found = reader.find("sts_region", env=("PYVAULT_STS_REGION",))
    if flags.sts_region:
        from pyvault.surface import option

        found = Found(text=flags.sts_region, origin="flag", label=option("sts_region") or "sts_region", rank=-1)
    if found is None:
        return None
    from pyvault.config.partition import parse_sts_region

    return reader.take("sts_region", found, parse_sts_region)


def _claimed_account(
    reader: SettingReader, config: ConfigFile, credentials_file: ConfigFile | None, name: str
) -> ClaimedAccount | None:
    own = [config.find_profile(name), credentials_file.find_plain_section(name) if credentials_file else None]
    if not any("aws_account_id" in (entries or {}) for entries in own):
        return None
    from pyvault.config.account import read_claimed_account

    return read_claimed_account(reader, config, credentials_file, name)


def _file(text: str | None, environ: Mapping[str, str]) -> str | None:
    return str(expand_home(text, environ)) if text and text.startswith("~") else text


def _parse_arn(text: str, what: str) -> str:
    checked_text(text, what=what)
    if not text.startswith("arn:") or text.count(":") < 5:  # arn:partition:service:region:account:resource
        raise InvalidSettingError(f"{what}: {text!r} is not an ARN")
    return text


def _parse_tags(text: str, what: str) -> tuple[tuple[str, str], ...]:
    return parse_session_tags(checked_text(text, what=what), what=what)


def _parse_names(text: str, what: str) -> tuple[str, ...]:
    return parse_list(checked_text(text, what=what))


def _parse_credential_source(text: str, what: str) -> CredentialSource:
    for source in CredentialSource:
        if source.lower() == text.lower():
            return source
    raise InvalidSettingError(f"{what}: {text!r} is not one of {', '.join(CredentialSource)}")


def _parse_profile_name(text: str, what: str) -> str:
    return nfc(checked_text(text, what=what))


def _text(text: str, what: str) -> str:
    return checked_text(text, what=what)


def _find_plaintext(entries: Mapping[str, Entry] | None) -> Credentials | None:
    """Find a key pair among a profile's own keys: that of [default] is not inherited."""
    if entries is None:
        return None
    values = {key: entry.value for key, entry in entries.items()}
    if not values.get("aws_access_key_id") or not values.get("aws_secret_access_key"):
        return None
    token = values.get("aws_session_token")
    return Credentials(
        access_key_id=values["aws_access_key_id"],
        secret_access_key=Secret(values["aws_secret_access_key"]),
        session_token=Secret(token) if token else None,
    )
