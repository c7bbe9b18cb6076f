"""The console script, and ``python -m pyvault_cli``.

``exec`` and ``export`` are answered at once where the answer is known (:mod:`pyvault.warm`);
for that nothing is imported that a bare interpreter has not, beside the room itself. For
all else there is :mod:`pyvault_cli.main`.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Sequence

    from pyvault.warm.replay import Answer
    from pyvault_cli.context import BegunServer
else:
    import _signal  # the C module alone

#: What Python ignores, and a command expects not to be.
IGNORED_BY_US = ("SIGPIPE", "SIGXFSZ")
FAILED, CANCELLED = 1, 130


def main() -> int:
    """Run pyvault with the arguments of this process; end it, or return its exit code."""
    if sys.platform != "win32":
        # Who has us started with this signal ignored keeps from us how our children end.
        # Source: waitpid(2), "Notes"; POSIX leaves it open whether the signal stays ignored across execve.
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    asks = sys.argv[1:2] in (["exec"], ["export"])
    if asks and sys.platform == "linux" and os.environ.get("PYVAULT_WARM") != "0":
        answer(sys.argv[1:])
    from pyvault_cli.main import main as run

    return run()


def answer(argv: "Sequence[str]") -> None:
    """Become the command, or write the output and end; come back, with nothing done, where the ordinary path has to.

    Args:
        argv: the words after the program's name.
    """
    try:
        from pyvault.warm.replay import find_answer

        known = find_answer(argv, os.environ)
        if known is None:
            return
        if argv[0] == "export":
            _write(known)
        else:
            _become(argv, known)
    except KeyboardInterrupt:
        _cancel(argv)
    except Exception:  # noqa: BLE001, S110 - whatever it is, the ordinary path finds it too, and has words for it
        pass


def _cancel(argv: "Sequence[str]") -> None:
    from pyvault_cli.shells.failing_output import failing_command

    os.write(1, (failing_command(argv, os.environ) or "").encode())  # a shell that evaluates nothing goes on
    os.write(2, b"pyvault: error: cancelled\n")
    os._exit(CANCELLED)


def _write(known: "Answer") -> None:
    if sys.stdout is None or not known.note_use():  # pyright: ignore[reportUnnecessaryComparison] - None if it was closed
        return
    left = known.output
    while left:
        try:
            left = left[os.write(1, left) :]
        except OSError as problem:
            if left == known.output:
                return  # the ordinary path says what is wrong
            if not isinstance(problem, BrokenPipeError):
                os.write(2, f"pyvault: error: can't write the output: {problem.strerror}\n".encode())
            os._exit(FAILED)
    os._exit(0)


def _become(argv: "Sequence[str]", known: "Answer") -> None:
    command = argv[argv.index("--") + 1 :]
    environ = known.variables(os.environb)
    program = _find(command[0], environ.get(b"PATH"))
    if program is None or not known.note_use():
        return
    if known.serves:
        from pyvault_cli.servers.begun import begin_server

        way = begin_server(argv, known.output, _stay)
        if way is None:
            return
        environ.update(way)
    for name in IGNORED_BY_US:
        _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
    try:
        os.execve(program, list(command), environ)  # noqa: S606 - no shell is the point
    except OSError:  # the ordinary path says why
        for name in IGNORED_BY_US:
            _signal.signal(getattr(_signal, name), _signal.SIG_IGN)


def _stay(argv: "Sequence[str]", begun: "BegunServer") -> int:
    from pyvault_cli.main import run

    return run(argv, begun)


def _find(word: str, path: bytes | None) -> bytes | None:
    """Return the program as ``shutil.which`` finds it; None where there is none, which the ordinary path tells."""
    name = os.fsencode(word)
    if b"/" in name:
        places = [name]
    else:
        places = [b"%s/%s" % (folder, name) if folder else name for folder in path.split(b":")] if path else []
    for place in places:
        if os.access(place, os.X_OK) and not os.path.isdir(place):
            return place
    return None


if __name__ == "__main__":
    raise SystemExit(main())
