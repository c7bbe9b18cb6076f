"""What ``doctor`` looks at: each check is a function that gives findings, and none prompts.

A finding that is not ok is something broken, with its remedy. What merely isn't
there, or can't be checked here, is ok and says so.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.errors import PyvaultError, VaultNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyvault_cli.context import Context

MAX_SKEW = timedelta(minutes=5)  # AWS refuses signatures that are further off (SigV4)
ANSWER_LIMIT = 3.0  # seconds for the clock's answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        hint: the remedy, where it is not ok.
    """

    check: str
    ok: bool
    message: str
    hint: str | None = None


def examine(context: Context) -> Iterator[Finding]:
    """Look at everything; a check that fails in a way of ours is a finding too."""
    for name, check in CHECKS.items():
        try:
            yield from check(context)
        except PyvaultError as exc:
            yield Finding(check=name, ok=False, message=exc.message, hint=exc.hint)


def _config(context: Context) -> Iterator[Finding]:
    path = context.paths.config_file
    _ = context.tool_config  # raises what is wrong with it
    yield Finding(check="config", ok=True, message=f"'{path}' {'is good' if path.exists() else 'is not there'}")


def _backend(context: Context) -> Iterator[Finding]:
    from pyvault.storage.probing import probe_in_child

    choice = context.choice
    report = probe_in_child(choice.name, context.backend_options, environ=context.environ)
    seen = report.availability
    for considered in choice.considered:
        yield Finding(check="backend", ok=True, message=f"'{considered.name}' is not used: {considered.reason}")
    message = f"'{choice.name}' is used ({choice.origin})"
    if seen.available:
        yield Finding(check="backend", ok=True, message=message)
    else:
        hint = seen.hint or "pyvault backends list shows the others"
        yield Finding(check="backend", ok=False, message=f"{message}, and does not work: {seen.reason}", hint=hint)


def _plugins(context: Context) -> Iterator[Finding]:
    from pyvault.storage.probing import probe_in_child
    from pyvault.storage.registry import BUILT_IN, DISTRIBUTION, list_backends

    seen = context.choice_file.load().plugins
    others = [info for info in list_backends() if info.name not in BUILT_IN or info.distribution != DISTRIBUTION]
    for info in others:
        what = f"'{info.name}' of '{info.distribution}' {info.version}"
        if info.available is False:
            yield Finding(check="plugins", ok=False, message=f"{what}: {info.reason}", hint=info.hint)
            continue
        report = probe_in_child(info.name, context.options_of(info.name), environ=context.environ)
        before = seen.get(info.name)
        if report.failure is not None:
            hint = f"uninstall '{info.distribution}', or tell its author"
            yield Finding(check="plugins", ok=False, message=f"{what} is broken: {report.failure}", hint=hint)
        elif before is not None and before.distribution != info.distribution:
            hint = f"pyvault backends accept {info.name}, if that is what you want"
            message = f"{what} came from '{before.distribution}' before"
            yield Finding(check="plugins", ok=False, message=message, hint=hint)
        else:
            yield Finding(check="plugins", ok=True, message=f"{what} can be loaded")
    if not others:
        yield Finding(check="plugins", ok=True, message="there are no backends of others")


def _vault(context: Context) -> Iterator[Finding]:
    from pyvault.vaultfile.reader import VaultReader
    from pyvault_cli.vault_access import VaultAccess

    access = VaultAccess(context)
    try:
        with VaultReader(access.path, access.options.checks):
            yield Finding(check="vault", ok=True, message=f"'{access.path}' is private and begins as it should")
    except VaultNotFoundError:
        yield Finding(check="vault", ok=True, message=f"there is no vault file at '{access.path}'")


def _session_bus(context: Context) -> Iterator[Finding]:
    from pyvault.storage.registry import probe_built_in

    if not sys.platform.startswith("linux"):
        return
    seen = probe_built_in("secret-service", context.options_of("secret-service"))
    needed = context.choice.name == "secret-service"
    message = "a session bus answers" if seen.available else (seen.reason or "no session bus answers")
    yield Finding(check="d-bus", ok=seen.available or not needed, message=message, hint=seen.hint if needed else None)


def _gpg(context: Context) -> Iterator[Finding]:
    from pyvault.storage.registry import probe_built_in

    needed = context.choice.name == "pass"
    seen = probe_built_in("pass", context.options_of("pass"))
    gpg = shutil.which("gpg")
    if seen.available and gpg:
        yield Finding(check="gpg", ok=True, message=f"pass has a store, and gpg is '{gpg}'")
    else:
        message = seen.reason or "gpg is not installed"
        yield Finding(check="gpg", ok=not needed, message=message, hint=seen.hint if needed else None)


def _terminal(context: Context) -> Iterator[Finding]:
    can_ask = context.ask.can_ask()
    message = "a person can be asked" if can_ask else "nobody can be asked here; values have to come from options"
    yield Finding(check="terminal", ok=True, message=message)


def _aws_config(context: Context) -> Iterator[Finding]:
    from pyvault.config.file import find_credentials_path
    from pyvault.moving.credentials_file import read_credentials_file

    config = context.aws_config
    yield Finding(check="aws config", ok=True, message=f"'{config.path}' has {len(config.profiles())} profiles")
    credentials = find_credentials_path(context.environ)
    if not credentials.exists():
        return
    clear = len(read_credentials_file(credentials).pairs)
    if clear:
        message = f"{clear} access keys stand in clear text in '{credentials}'"
        yield Finding(check="aws config", ok=False, message=message, hint="pyvault import credentials-file --remove")


def _region(context: Context) -> Iterator[Finding]:
    environ = context.environ
    if any(environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION")):
        yield Finding(check="region", ok=True, message="a variable of the environment sets it")
        return
    without = [
        name for name in context.aws_config.profiles() if "region" not in (context.aws_config.find_profile(name) or {})
    ]
    message = f"profiles without one: {', '.join(without)}" if without else "every profile has one"
    yield Finding(check="region", ok=True, message=message, hint="'region = ...' in the profile" if without else None)


def _clock(context: Context) -> Iterator[Finding]:
    from pyvault_cli.aws_clock import read_aws_clock

    there = read_aws_clock(context.environ, limit=ANSWER_LIMIT)
    if there is None:
        yield Finding(check="clock", ok=True, message="not compared: AWS gave no answer")
        return
    skew = abs(clock.now() - there)
    message = f"{int(skew.total_seconds())} s away from that of AWS"
    hint = "set the clock: AWS refuses what is signed more than 5 minutes off"
    yield Finding(check="clock", ok=skew < MAX_SKEW, message=message, hint=hint if skew >= MAX_SKEW else None)


CHECKS: dict[str, Callable[[Context], Iterator[Finding]]] = {
    "config": _config,
    "backend": _backend,
    "plugins": _plugins,
    "vault": _vault,
    "d-bus": _session_bus,
    "gpg": _gpg,
    "terminal": _terminal,
    "aws config": _aws_config,
    "region": _region,
    "clock": _clock,
}
