"""The environment: somebody to ask, the AWS config, the region, the clock."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.errors import AwsUnreachableError, InvalidSettingError, PyvaultError
from pyvault_cli.doctor.findings import Finding
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault_cli.context import Context

MAX_SKEW = timedelta(minutes=5)  # AWS refuses signatures that are further off (SigV4)
#: AWS takes the codes of the neighbouring windows too. Source: RFC 6238, section 5.2, one window each way.
MAX_CODE_SKEW = timedelta(seconds=30)
ANSWER_LIMIT = 3.0  # seconds for the clock's answer

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")

#: Begins as regions do; a private cloud may call its own as it likes.
REGION_LIKE = re.compile(r"(us|eu|eusc|ap|sa|ca|me|af|il|mx|cn)\b")
REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d+(-fips)?")  # Source: the regionRegex of botocore's partitions.json


def terminal(context: Context) -> Iterator[Finding]:
    """Somebody to ask, where nothing else opens the vault."""
    if context.ask.can_ask():
        yield Finding(check="terminal", ok=True, message="interactive: pyvault can ask")
    elif path := _vault_that_needs_a_person(context):
        from pyvault_cli.terminal.answers import PASSPHRASE_SOURCES

        yield Finding(
            check="terminal",
            ok=False,
            message=f"not interactive, and nothing else opens '{path}'",
            hint=f"provide one of {', '.join(PASSPHRASE_SOURCES[:-1])}",
        )
    else:
        message = "not interactive; pass values as options"
        yield Finding(check="terminal", ok=True, message=message)


def _vault_that_needs_a_person(context: Context) -> str | None:
    from pyvault_cli.vaults.unlocked import is_unlocked
    from pyvault_cli.vaults.vault_access import VaultAccess

    try:
        if context.choice.name != "file":
            return None
        access = VaultAccess(context)
        sources = access.sources(ask_human=False)
    except PyvaultError:  # other checks tell of it
        return None
    if not sources.is_empty() or not access.place.exists():
        return None
    return None if is_unlocked(context, access) else str(access.place)


def aws_config(context: Context) -> Iterator[Finding]:
    """The files of the AWS CLI: can they be read, does every profile make sense, are there keys in clear text."""
    from pyvault.config.config_file import ConfigFile, find_credentials_path
    from pyvault.config.load import inspect_profile
    from pyvault.config.role_variables import TOKEN
    from pyvault.migration.credentials_file import read_credentials_file

    config = context.aws_config
    names = config.profiles()
    elsewhere = {*REGION_VARIABLES, TOKEN}  # another check tells of them; a role's source may be in the vault
    environ = {name: value for name, value in context.environ.items() if name not in elsewhere}
    credentials = find_credentials_path(context.environ)
    credentials_file = ConfigFile.load(credentials)
    problems = [inspect_profile(config, credentials_file, name, environ).problem for name in names]
    wrong = {problem.message: problem for problem in problems if problem is not None}
    for problem in wrong.values():  # one that many profiles inherit is one problem
        hint = problem.hint or f"fix it in '{config.path}'"
        yield Finding(check="aws config", ok=False, message=problem.message, hint=hint)
    if not wrong:
        count = counted(len(names), "profile")
        yield Finding(check="aws config", ok=True, message=f"'{config.path}' has {count}")
    found = read_credentials_file(credentials) if credentials.exists() else None
    clear = len(found.pairs) + len(found.repeated) if found else 0
    if clear:
        count = "1 access key is" if clear == 1 else f"{clear} access keys are"
        message = f"{count} stored in plain text in '{credentials}'"
        yield Finding(check="aws config", ok=False, message=message, hint="pyvault import credentials-file --remove")


def region(context: Context) -> Iterator[Finding]:
    """A region for every profile, and none that can't be one."""
    from pyvault.config.config_file import ConfigFile, find_credentials_path
    from pyvault.config.load import inspect_profile

    environ = context.environ
    for name in REGION_VARIABLES:
        if value := environ.get(name):
            yield from _check_region(value, name)
            return
    config = context.aws_config
    credentials_file = ConfigFile.load(find_credentials_path(environ))
    profiles = {name: inspect_profile(config, credentials_file, name, {}) for name in config.profiles()}
    named = {profile.region: profile.labels["region"] for profile in profiles.values() if profile.region}
    wrong = [finding for value, label in named.items() for finding in _check_region(value, label) if not finding.ok]
    yield from wrong
    without = [name for name, profile in profiles.items() if profile.region is None and profile.problem is None]
    if without:
        message = f"profiles without one: {', '.join(without)}"
        yield Finding(check="region", ok=True, message=message, hint="'region = ...' in the profile, or AWS_REGION")
    elif not wrong:
        yield Finding(check="region", ok=True, message="every profile that can be read has one")


def _check_region(value: str, label: str) -> Iterator[Finding]:
    from pyvault.config.setting_reader import parse_region

    try:
        parse_region(value, label)
    except InvalidSettingError as exc:
        wrong = exc.message
    else:
        wrong = f"{label}: there is no region '{value}'"
        if not REGION_LIKE.match(value) or REGION.fullmatch(value):
            yield Finding(check="region", ok=True, message=f"'{value}', from {label}")
            return
    yield Finding(check="region", ok=False, message=wrong, hint="region names look like eu-west-1")


def clock_skew(context: Context) -> Iterator[Finding]:
    """Our clock beside that of AWS."""
    from pyvault_cli.doctor.aws_clock import read_aws_clock

    try:
        there = read_aws_clock(context.environ, limit=ANSWER_LIMIT)
    except AwsUnreachableError as exc:  # there is work without a network, so that is nothing broken
        yield Finding(check="clock", ok=True, message=f"not compared: {exc.message}")
        return
    if there is None:
        yield Finding(check="clock", ok=True, message="not compared: AWS answered without the time")
        return
    skew = abs(clock.now() - there)
    hint = None
    if skew >= MAX_SKEW:
        hint = "set the clock: AWS rejects what is signed more than 5 minutes off"
    elif skew >= MAX_CODE_SKEW:
        hint = "set the clock: AWS may reject the codes of an MFA device stored with add --totp"
    message = f"{int(skew.total_seconds())} s off from AWS"
    yield Finding(check="clock", ok=hint is None, message=message, hint=hint)
