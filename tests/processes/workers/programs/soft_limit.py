"""As a worker with a soft time limit: a signal handler raises at a random moment of a call.

Each round that the limit hits has to end with the very exception of the handler. Then, while it is still handled, no
lock is held and nothing is half written.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from typing import NoReturn

from shop import LIMIT, PLACE, ROLE, ROUNDS, SESSION, is_whole, opened, put, report

from pyvault import CredentialVault
from pyvault.errors import LockTimeoutError
from pyvault.files.lock import LockFile

STATE = PLACE / ".local" / "state" / "pyvault"


class SoftTimeLimit(Exception):  # noqa: N818 - as celery calls it
    """A program's own."""


KIND: type[BaseException] = {"own": SoftTimeLimit, "exit": SystemExit, "timeout": TimeoutError}[sys.argv[1]]
fired: list[BaseException] = []
lost: list[str] = []


def limit(number: int, frame: object) -> NoReturn:
    raised = KIND("the soft time limit")
    fired.append(raised)
    raise raised


def in_a_finalizer(unraisable: sys.UnraisableHookArgs) -> None:
    """Count what Python itself loses: no exception gets out of a finalizer."""
    lost.append(repr(unraisable.object))


number = 0


def put_next(vault: CredentialVault) -> None:
    global number  # noqa: PLW0603 - counts
    number += 1
    put(vault, "busy", number)


ACTS = {
    "get": lambda vault: vault.get(SESSION),
    "put": put_next,
    "delete": lambda vault: (put_next(vault), vault.delete("gone") if "gone" in vault.profiles() else None),
    "credentials": lambda vault: vault.credentials(ROLE),
    "fetched": lambda vault: vault.credentials(ROLE, refresh=True),
}


def held() -> list[str]:
    """Name the locks that somebody holds; there is nobody else but us."""
    found = []
    for path in (PLACE / "team.pyv.lock", *STATE.rglob("*.lock"), *(PLACE / ".local").rglob("*.making.lock")):
        try:
            with LockFile(path, timeout=0):
                pass
        except LockTimeoutError:
            found.append(path.name)
    return found


if (
    KIND is TimeoutError
):  # what derives from OSError is lost in botocore, which takes it for a broken connection or a bad date
    ACTS = {name: act for name, act in ACTS.items() if name in {"get", "put", "delete"}}

signal.signal(signal.SIGUSR1, limit)
signal.signal(signal.SIGALRM, limit)
sys.unraisablehook = in_a_finalizer
vault = opened()
takes: dict[str, float] = {}
for name, act in ACTS.items():
    act(vault)
    began = time.monotonic()
    act(vault)
    takes[name] = time.monotonic() - began

seen, errors = Counter(rounds=0, hung=0, wrong=0, swallowed=0, leaked=0, half=0, interrupted=0), []
chance = random.Random(20)
while seen["interrupted"] < ROUNDS and seen["rounds"] < 20 * ROUNDS + 100:
    name = chance.choice(list(ACTS))
    seen["rounds"] += 1
    fired.clear()
    losses = len(lost)
    try:
        signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00005, 1.1 * takes[name]))
        try:
            ACTS[name](vault)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if fired and len(lost) == losses:
            seen["swallowed"] += 1
            errors.append(f"{name}: swallowed\n{''.join(traceback.format_exception(fired[0]))}")
    except BaseException as error:  # noqa: BLE001 - that is what is asked
        signal.setitimer(signal.ITIMER_REAL, 0)
        if fired and error is not fired[0]:
            seen["swallowed"] += 1
            came_from = "".join(traceback.format_exception(fired[0]))
            errors.append(f"{name}: {''.join(traceback.format_exception(error))}, made of\n{came_from}")
        elif not fired:
            seen["wrong"] += 1
            errors.append(f"{name}: {''.join(traceback.format_exception(error))}")
        if stuck := held():
            seen["leaked"] += len(stuck)
            errors.append(f"{name}: {stuck} {''.join(traceback.format_exception(error))}")
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LIMIT)  # kills
        put_next(vault)  # also while the exception is handled
        seen["half"] += not is_whole(vault, "busy")
        signal.alarm(0)
        signal.signal(signal.SIGALRM, limit)
    seen["interrupted"] += bool(fired)
seen["finalizers"] = len(lost)
assert vault.get(SESSION).access_key_id
report(seen, errors)
os._exit(0)
