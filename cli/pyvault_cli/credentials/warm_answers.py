"""Have an answer of ``exec`` or ``export`` kept for the next command (:mod:`pyvault.warm`), where that is safe."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from pyvault.files import witness
from pyvault.warm.replay import find_warm, now
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan
    from pyvault.warm.recorder import Recorder
    from pyvault.warm.replay import Clock
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.credential_request import CredentialRequest

#: Global options with which a command is more than a question.
NEVER = ("--debug", "--passphrase-fd", "--new-passphrase-fd")


@contextmanager
def recording(argv: Sequence[str], context: Context, clock: Clock = now) -> Generator[None]:
    """Watch what the answer to this command line is made from; nothing is noted where it can't be kept.

    Args:
        argv: the words after the program's name.
        context: of the command, from which nothing was asked yet.
        clock: both clocks.
    """
    from pyvault.warm.question import is_off, words_of

    line, words, warm = context.line, words_of(argv), find_warm(context.environ)
    told = words is None or any(line.last(option) is not None for option in NEVER) or is_off(context.environ)
    if words is None or warm is None or told or tuple(argv[len(words) + 1 :]) != line.child_argv:
        yield
        return
    from pyvault.warm.recorder import Recorder

    recorder = Recorder(warm, words, context.environ, clock)
    witness.current = recorder
    try:
        if not (context.tool_config.warm and recorder.take_keys()):
            witness.current = None
        yield
    finally:
        witness.current = None


def keep_command(
    request: CredentialRequest,
    plan: Plan,
    credentials: Credentials,
    context: Context,
    child: Mapping[str, str],
) -> None:
    """Keep the environment of a command that is about to run."""
    if (ready := _ready(request, plan, credentials, context)) is not None:
        recorder, patterns = ready
        recorder.keep_command(
            noted=context.recent.path(request.profile), patterns=patterns, removed=_removed(context), child=child
        )


def keep_served(
    request: CredentialRequest,
    plan: Plan,
    credentials: Credentials,
    context: Context,
    child: Mapping[str, str],
) -> None:
    """Keep the first answer of a server, and the environment of its command without what leads there.

    The server's later fetches open the vault when the command runs, and then nobody should be asked.
    """
    from pyvault.sessions.session_codec import encode_session
    from pyvault.vaultfile.unlock.passphrase_sources import CachesUnlocking

    if (ready := _ready(request, plan, credentials, context)) is not None:
        recorder, patterns = ready
        vault = context.store.backend
        if isinstance(vault, CachesUnlocking) and vault.asks_a_person() and vault.has_vault():
            recorder.ends_with_unlocking()
        recorder.keep_command(
            noted=context.recent.path(request.profile),
            patterns=patterns,
            removed=_removed(context),
            child=child,
            first=encode_session(credentials).reveal(),
        )


def keep_text(request: CredentialRequest, plan: Plan, credentials: Credentials, context: Context, text: str) -> None:
    """Keep what was written to stdout."""
    if (ready := _ready(request, plan, credentials, context)) is not None:
        recorder, patterns = ready
        recorder.keep_text(noted=context.recent.path(request.profile), patterns=patterns, output=output.encoded(text))


def _removed(context: Context) -> set[str]:
    from pyvault.process.scrub_environment import SECRET_PATHS, SECRET_VARIABLES
    from pyvault_cli.credentials.child_environment import removed_names

    return {*removed_names(context.environ), *SECRET_VARIABLES, *SECRET_PATHS}


def _ready(
    request: CredentialRequest, plan: Plan, credentials: Credentials, context: Context
) -> tuple[Recorder, list[str]] | None:
    """Return the recorder, and what the store reads, if this answer is a session that only files decide about."""
    from pyvault import clock
    from pyvault.sessions.cache import CacheMode, find_min_ttl
    from pyvault.warm.recorder import Recorder

    recorder = witness.current
    if not isinstance(recorder, Recorder) or credentials.expires is None:
        return None
    fresh = request.no_session or request.mfa_token is not None or request.cache is not CacheMode.USE
    if fresh or credentials.session_token is None or not _is_kept(plan):
        return None
    stores = _stores(context)
    patterns = _patterns(context, stores)
    if patterns is None:
        return None
    recorder.saw_end(credentials.expires - find_min_ttl(context.environ))
    if stores:
        recorder.saw_end(clock.now() + timedelta(minutes=context.tool_config.warm_stores))
        if _leads_elsewhere(context, stores, patterns):
            recorder.saw_relative()
    return recorder, patterns


def _is_kept(plan: Plan) -> bool:
    """Return whether every step is looked up in a file: nothing runs, and nothing is taken from the surroundings."""
    from pyvault.planning.steps import (
        AssumeRoleStep,
        LoginSessionStep,
        SessionTokenStep,
        SsoStep,
        StoredStep,
        WebIdentityStep,
    )

    kinds = (AssumeRoleStep, LoginSessionStep, SessionTokenStep, SsoStep, StoredStep, WebIdentityStep)
    return all(isinstance(step, kinds) and getattr(step, "token_process", None) is None for step in plan.steps)


def _stores(context: Context) -> list[str]:
    """Return the stores that can change without a local file and have a say in the answer."""
    name = context.choice.name
    opener = context.backend_options.get("unlock_store") if name == "file" else name
    return [opener] if opener else []


def _patterns(context: Context, stores: Sequence[str]) -> list[str] | None:
    """Return the variables that the store declares to read; None if it doesn't."""
    from pyvault.backend import Foreseeable
    from pyvault.storage.registry import load_backend

    patterns: list[str] = []
    for name in {context.choice.name, *stores}:
        driver = load_backend(name)
        if not issubclass(driver, Foreseeable):
            return None
        try:
            names: object = driver.reads(context.options_of(name))
        except Exception:  # noqa: BLE001 - a plug-in may raise anything, and return anything
            return None
        if not isinstance(names, tuple):
            return None
        patterns += map(str, cast("tuple[object, ...]", names))
    return patterns


def _leads_elsewhere(context: Context, stores: Sequence[str], patterns: Sequence[str]) -> bool:
    """Return whether a variable or option of a store may be a path that begins in the working directory."""
    from pyvault.warm.question import declared

    texts = [value for _, value in declared(patterns, context.environ)]
    for name in stores:
        texts += context.options_of(name).values()
    return any(text and not text.startswith(("/", "~")) and os.path.exists(text) for text in texts)  # noqa: PTH110 - hot path
