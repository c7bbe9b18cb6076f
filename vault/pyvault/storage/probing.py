"""Look at a backend in a child process, which can be killed.

A third party's module may do anything when it is imported: raise, exit, print,
hang. So a child does the looking, in a session of its own without a terminal
and without the secrets of our environment, and has two seconds for it.

A program frozen into one file has no interpreter to start; there the built-in ones
are looked at in place, each with its own time limits.

The child is ``python -m pyvault.storage.probing``: a JSON object comes on stdin, a
line says that our own start-up is over, and a JSON object is the answer.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pyvault import errors
from pyvault.backend import Availability
from pyvault.errors import ConfigError, PyvaultError
from pyvault.interruptions import suppressing
from pyvault.json_reader import UnreadableError, read_object, read_value
from pyvault.process.group import running_group
from pyvault.process.scrub_environment import SECRET_PATHS, without_vault_secrets
from pyvault.record import Record
from pyvault.storage.built_in import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import Popen
    from typing import TextIO

    from pyvault.backend import Options

TIME_LIMIT = 2.0  # seconds for importing and looking, after the interpreter has started
AWS_SECRETS = frozenset({"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})


class ProbeReport(Record):
    """What came out of looking.

    Attributes:
        failure: how the backend itself broke, or None: its exception's type, an
            exit, no answer.
        refused: it comes from another distribution than before, and was not loaded.
    """

    availability: Availability
    failure: str | None = None
    refused: bool = False


def probe_in_child(
    backend: str, options: Options, *, environ: Mapping[str, str], limit: float = TIME_LIMIT
) -> ProbeReport:
    """Load a backend elsewhere and ask whether it works here.

    Args:
        backend: its name, or ``module:Class``.
        options: as it would be opened with.
        environ: of the child; the secrets that we know by name are taken out.
        limit: seconds until the child is killed.
    """
    import subprocess

    if getattr(sys, "frozen", False):  # its executable is the program itself, and no interpreter
        return _look_frozen(backend, options)
    removed = AWS_SECRETS if backend in BUILT_IN else AWS_SECRETS | SECRET_PATHS
    face = errors.wording and f"{errors.wording.__module__}:{errors.wording.__qualname__}"
    question = json.dumps({"path": sys.path, "backend": backend, "options": dict(options), "wording": face})

    def start() -> Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "pyvault.storage.probing"],  # -P: the working directory must not offer modules
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in without_vault_secrets(environ).items() if name not in removed},
            start_new_session=True,
            bufsize=0,  # a buffer would take the answer along with the first line, and communicate() reads past it
        )

    try:
        with running_group(start) as child:
            return converse(child, question, limit)
    except subprocess.TimeoutExpired:
        return _failed(f"it gave no answer in {limit:g} s")
    except OSError as exc:
        return _failed(f"it can't be probed: '{sys.executable}' can't be started: {exc.strerror}")


def find_availability(backend: str, options: Options, *, environ: Mapping[str, str]) -> Availability:
    """Return whether a built-in backend can be chosen here: a glance first, and a child only if that is promising."""
    from pyvault.storage.registry import load_backend, probe_built_in

    seen = probe_built_in(backend, options)
    if not seen.available or not hasattr(load_backend(backend), "examine"):
        return seen
    return probe_in_child(backend, options, environ=environ).availability


def converse(child: Popen[bytes], question: str, limit: float) -> ProbeReport:
    """Ask a child that was started without buffers, and give it *limit* seconds from its first line on.

    Raises:
        TimeoutExpired: it said no more in that time.
    """
    if child.stdin is None or child.stdout is None:
        raise AssertionError("pipes were asked for")
    with suppressing(OSError):  # it has ended already, which its status tells; EINVAL on Windows
        child.stdin.write(question.encode() + b"\n")
    child.stdout.readline()  # only our own code has run until here, so this can't hang
    answer, _ = child.communicate(timeout=limit)
    try:
        seen = read_object(answer)
        availability = Availability(
            available=seen.flag("available"), reason=seen.optional_text("reason"), hint=seen.optional_text("hint")
        )
        return ProbeReport(availability=availability, failure=seen.optional_text("failure"))
    except UnreadableError:
        return _failed(f"it ended the process with status {child.returncode}")


def _failed(failure: str) -> ProbeReport:
    return ProbeReport(availability=Availability(available=False, reason=failure), failure=failure)


def main() -> None:
    """Be the child."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # a module that prints must not write into our answer
    question = cast("dict[str, Any]", read_value(sys.stdin.buffer.readline()))  # probe_in_child wrote it
    _write_line(answers, "ready")
    sys.path[:] = question["path"]
    if question["wording"]:  # hints are in the words of whoever asks
        module, _, function = question["wording"].partition(":")
        errors.wording = getattr(import_module(module), function)
    report = _look(question["backend"], question["options"])
    seen = report.availability
    _write_line(
        answers,
        json.dumps({"available": seen.available, "reason": seen.reason, "hint": seen.hint, "failure": report.failure}),
    )
    os._exit(0)  # what a module left running or registered for the exit is of no interest


def _look_frozen(backend: str, options: Options) -> ProbeReport:
    """Look in this process at what is built in; what others wrote is not run outside a child."""
    if backend in BUILT_IN:
        return _look(backend, options)
    reason = "a frozen program has no interpreter to probe it with"
    return ProbeReport(availability=Availability(available=False, reason=reason, hint="naming it loads it"))


def _look(backend: str, options: Options) -> ProbeReport:
    from pyvault.storage.registry import examine_class, load_backend, load_class

    try:
        loaded = load_class(backend) if ":" in backend else load_backend(backend)
    except PyvaultError as exc:
        return ProbeReport(
            availability=Availability(available=False, reason=exc.message, hint=exc.hint), failure=exc.message
        )
    try:
        return ProbeReport(availability=examine_class(loaded, options))
    except ConfigError as exc:  # a missing option is not the backend's fault
        return ProbeReport(availability=Availability(available=False, reason=exc.message, hint=exc.hint))
    except PyvaultError as exc:
        return _failed(exc.message)


def _write_line(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
