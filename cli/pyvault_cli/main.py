"""The entry point: which command, and what becomes of its errors.

Everything is imported as late as it can be: ``--version`` needs nothing, the
help of the program needs a table, and a command needs a parser for an unusual line only.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as type checkers know it; typing itself would double the cost of --version
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from pyvault.errors import PyvaultError
    from pyvault_cli.commandline.arguments import CommandLine
    from pyvault_cli.commandline.parameters import Command
    from pyvault_cli.context import BegunServer, Context
else:
    import _signal  # the C module alone: ``signal`` loads more than --version needs


def main() -> int:
    """Run pyvault with the arguments of this process; end it, or return its exit code."""
    end_at_interrupt()
    argv = sys.argv[1:]
    if argv == ["--version"] and sys.stdout:
        from pyvault.version import __version__

        sys.stdout.write(f"pyvault {__version__}\n")
        return _end(0)
    try:
        if "export" in argv and not _is_credential_process(argv):
            from pyvault_cli.shells.failing_output import run_for_shell

            code = run_for_shell(argv, run, early=_last_words.append)
        else:
            code = run(argv)
    finally:
        end_at_interrupt()
    return _end(code)


def _is_credential_process(argv: Sequence[str]) -> bool:
    """Return whether this is a ``credential_process``: no shell evaluates its output, no module may slow it."""
    formats = [argv[place + 1 : place + 2] for place, word in enumerate(argv) if word == "--format"]
    return formats == [["json"]] and not any(word.startswith("--format=") for word in argv)


def run(argv: Sequence[str], begun: BegunServer | None = None) -> int:
    """Run one command line; every error ends here as a message and an exit code.

    Args:
        argv: the words after the program's name.
        begun: the command runs already, and this is to serve it.
    """
    from pyvault import errors
    from pyvault.errors import PyvaultError
    from pyvault_cli.commandline import exit_codes
    from pyvault_cli.terminal import output

    errors.wording = _worded
    _collect_rarely()
    _silence_libraries()
    try:
        _occupy_standard_descriptors()
        return _dispatch(argv, begun)
    except PyvaultError as problem:
        problem.hint = _advice(problem)
        output.report(problem)
        _report_removed(problem)
        return exit_codes.exit_code(problem)
    except KeyboardInterrupt:
        output.error("cancelled")
        return exit_codes.CANCELLED
    except output.NobodyReadsError:
        return _nobody_reads()
    except Exception as crash:  # noqa: BLE001 - the last resort: no traceback, whose frames know secrets
        return _crashed(crash)
    finally:
        errors.wording = None


def _worded(name: str, values: Mapping[str, object]) -> str | None:
    """Return the words of the command line for an argument or a method of the library."""
    from pyvault_cli.commandline.wording import worded

    return worded(name, values)


def _advice(problem: PyvaultError) -> str | None:
    """Return the hint of an error, or if it has none and names a place in pyvault's own directories, advice on them."""
    import os

    from pyvault.errors import AccessDeniedError, ConfigError, WriteFailedError

    if problem.hint is not None or not isinstance(problem, WriteFailedError | AccessDeniedError | ConfigError):
        return problem.hint
    from pyvault.paths import find_paths

    try:
        paths = find_paths(os.environ)
    except ConfigError:  # there is no home at all
        return None
    for directory, variable in ((paths.state, "XDG_STATE_HOME"), (paths.data, "XDG_DATA_HOME")):
        if f"'{directory}" in problem.message:
            return f"'{directory}' must be readable and writable, with free disk space; {variable} names another place"
    return None


#: What a shell that evaluates our output has to get when Ctrl-C ends us so early.
_last_words: list[bytes] = []


def end_at_interrupt() -> None:
    """Let Ctrl-C end the process at once, where nothing is open yet or any more, and imports are on their way.

    An exception would come out of whatever is being imported, and some of that swallows it.
    """
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # else it is ignored, or a server's
        _signal.signal(_signal.SIGINT, _end_interrupted)


def raise_at_interrupt() -> None:
    """Let Ctrl-C be a KeyboardInterrupt again: there is something to put in order from here on."""
    if _signal.getsignal(_signal.SIGINT) is _end_interrupted:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def _end_interrupted(_number: int, _frame: object) -> None:
    import os

    try:
        for text in _last_words:
            os.write(1, text)
        os.write(2, b"pyvault: error: cancelled\n")
    finally:
        os._exit(130)


def _dispatch(argv: Sequence[str], begun: BegunServer | None) -> int:
    import os

    from pyvault_cli.commandline import arguments, command_table, exit_codes
    from pyvault_cli.terminal import output

    if argv[:1] == ["help"]:
        argv = [*argv[1:], "--help"]
    loaded: dict[str, Command] = {}

    def valued(path: str) -> set[str]:
        from pyvault_cli.commandline.parameters import load_command

        loaded[path] = load_command(path)
        return loaded[path].valued()

    line = arguments.split(argv, menu=command_table.COMMANDS, aliases=command_table.ALIASES, valued=valued)
    if line.has("--version"):
        from pyvault.version import __version__

        output.out(f"pyvault {__version__}")
        return exit_codes.DONE
    if line.command not in loaded:
        if line.wants_help:
            return _show_help(command_table.help_text(line.command, width=output.columns() or 80))
        for text in command_table.help_text(line.command).splitlines():
            output.note(text)
        return exit_codes.USAGE
    if line.has("--debug"):
        from pyvault_cli.terminal.diagnostics import log_to_stderr

        log_to_stderr()
    from pyvault_cli.context import Context

    assumed: dict[str, str | None] = {}
    if "PV_NAMES" in os.environ:
        from pyvault_cli.shells.assumed import forget_assumed

        assumed = forget_assumed(os.environ)
    _check_prompt(line, os.environ)
    raise_at_interrupt()
    with Context(line, os.environ, assumed, begun=begun) as context, _around(line.command, argv, context):
        return _invoke(loaded[line.command], line, context)


def _around(command: str, argv: Sequence[str], context: Context) -> AbstractContextManager[None]:
    """Return what a command runs in: some end the warm path, some are recorded for it."""
    from contextlib import nullcontext

    from pyvault_cli.commandline.command_table import ENDS_WARM

    if command in ENDS_WARM:
        from pyvault.warm.ending import warm_ends

        return warm_ends(context.environ)
    records = command in {"exec", "export"} and context.begun is None
    if sys.platform == "linux" and records and context.environ.get("PYVAULT_WARM") != "0":
        from pyvault_cli.credentials.warm_answers import recording

        return recording(argv, context)
    return nullcontext()


def _invoke(command: Command, line: CommandLine, context: Context) -> int:
    import os

    from pyvault_cli.commandline import exit_codes, plain_line

    values = None if line.wants_help else plain_line.read(command.parameters, line.args, os.environ)
    if values is None:
        from pyvault_cli.commandline import typer_parser
        from pyvault_cli.terminal import output

        read = typer_parser.read(command, ["--help"] if line.wants_help else line.args, width=output.columns())
        if isinstance(read, str):
            return _show_help(read)
        values = read
    return command.function(context, **values) or exit_codes.DONE


def _show_help(text: str) -> int:
    from pyvault_cli.commandline import exit_codes
    from pyvault_cli.terminal import output

    output.page(text, heading=lambda line: line[:1].isupper() and line.endswith(":"), entries=True)
    return exit_codes.DONE


def _check_prompt(line: CommandLine, environ: Mapping[str, str]) -> None:
    """Refuse a prompt that there is none of, whether this command is going to ask or not.

    Raises:
        UsageError: there is no prompt of that name.
    """
    from pyvault_cli.commandline.command_table import HIDDEN

    flag, variable = line.last("--prompt"), environ.get("AWS_VAULT_PROMPT")
    if (flag or variable) and not line.wants_help and line.command not in HIDDEN:
        from pyvault_cli.terminal.mfa_prompts.choice import check_name

        check_name(flag or variable or "", given_by="--prompt" if flag else "AWS_VAULT_PROMPT")


def _occupy_standard_descriptors() -> None:
    """See that nothing we open becomes stdin, stdout or stderr where we were started with one of them closed.

    A vault or a listening socket with such a number would be written to, or
    replaced, by what takes it for a standard stream. A command that takes our
    place does not inherit what stands in for it here.
    """
    import os

    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _collect_rarely() -> None:
    # Imports make many objects and no garbage; the collector would look at them all, again and again.
    import gc

    gc.set_threshold(100_000, 20, 100)


def _silence_libraries() -> None:
    # What boto3 says of old Pythons is no message of ours; -W and PYTHONWARNINGS bring it back.
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")


def _end(code: int) -> int:
    """End the process without taking the interpreter apart, which costs as much as starting it.

    All that has to be written is written before; what others left for the end
    of the process (threads, a terminal library) gets the ordinary one.
    """
    import os

    threading = sys.modules.get("threading")
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream:
                stream.flush()
    except (OSError, ValueError) as problem:
        if code == 0 and not isinstance(problem, BrokenPipeError | ValueError):
            from pyvault_cli.terminal import output

            output.error(f"can't write the output: {problem.strerror}")
        code = _nobody_reads()
    if threading is None or threading.active_count() == 1:
        os._exit(code)
    return code


def _report_removed(problem: PyvaultError) -> None:
    """Tell somebody inside ``exec`` where the way into the vault has gone that is missed."""
    import os

    missed = f"{problem.message} {problem.hint}"
    if os.environ.get("AWS_VAULT") and "PYVAULT_KEYFILE" in missed and "PYVAULT_KEYFILE" not in os.environ:
        from pyvault_cli.terminal import output

        output.hint("exec removes PYVAULT_KEYFILE and everything else that opens a vault from its child's environment")


def _nobody_reads() -> int:
    """End quietly when the reader of our stdout has gone, as ``head`` does."""
    import os

    from pyvault_cli.commandline import exit_codes

    # The interpreter flushes stdout once more at its end, and would complain again.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    return exit_codes.FAILED


def _crashed(crash: Exception) -> int:
    import os
    import traceback

    from pyvault_cli.commandline import exit_codes
    from pyvault_cli.terminal import output

    if os.environ.get("PYVAULT_DEBUG") == "1":
        from pyvault_cli.terminal.diagnostics import traceback_lines

        for text in traceback_lines(crash):
            output.note(text)
    frames = traceback.extract_tb(crash.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119 - text
    output.error(f"internal error: {type(crash).__name__}{place}")
    output.hint("PYVAULT_DEBUG=1 shows the traceback; please report it")
    return exit_codes.INTERNAL
