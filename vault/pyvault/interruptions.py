"""Exceptions that interrupt: raised into our calls by the program that uses us, and not by what we called.

A soft time limit is an exception out of a signal handler, and signals are handled in
the middle of whatever the main thread does. Such an exception is the program's own. It
looks like one of the driver or library that was at work, and those may have made another
of it; so its traceback is asked who raised it.

* The interpreter calls a handler with the frame that it interrupts. A frame of the
  traceback with its own caller among its arguments is a handler's, whoever
  installed it and whether or not it still is.
* Its code may also be that of a handler that is installed now (one that deletes its arguments).
* A function of ours that calls one of the program's, as one that asks it for a passphrase does, is marked;
  what comes out of it is the program's.
* What does not derive from Exception ends a program, a thread or a greenlet (SystemExit,
  GeneratorExit, gevent.Timeout). It interrupts too, unless code wrote ``raise`` itself:
  what is thrown in from outside comes out of any other instruction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType, FunctionType, TracebackType
    from typing import TypeVar

    Function = TypeVar("Function", bound=Callable[..., object])
else:
    import _signal as signal  # which signal makes enumerations of, slowly

TAKES_MORE: Final = 0x04  # inspect.CO_VARARGS, without the import

_CALLS_PROGRAM: Final[set[CodeType]] = set()


def calls_program(function: Function) -> Function:
    """Mark a function of ours that calls the program's: what it raises is the program's own."""
    _CALLS_PROGRAM.add(cast("FunctionType", function).__code__)
    return function


class suppressing:  # noqa: N801 - as contextlib.suppress, in the place of which it stands
    """Go on after an error of the system, and let an interruption pass: a program's TimeoutError is an OSError, too."""

    def __init__(self, *kinds: type[Exception]) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        """Change nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Return whether the error was one of *kinds*, and of nobody else's."""
        return isinstance(error, self._kinds) and not is_interruption(error)


def is_interruption(error: BaseException) -> bool:
    """Return whether *error* is the program's own; called where it is caught, so the system's begin and end there."""
    trace = error.__traceback__
    if isinstance(error, OSError) and (trace is None or trace.tb_next is None):
        return False
    return _interrupts(error, _codes_of_handlers())


def pass_interruption(error: BaseException) -> None:
    """Raise *error* if it is the program's own; called where it would be taken for one of the system."""
    if is_interruption(error):
        raise error


def raise_interruption(error: BaseException, *, handled: BaseException | None) -> None:
    """Raise the interruption that *error* was made of, if there was one; called where *error* is handled.

    Args:
        error: what was caught.
        handled: as for :func:`find_interruption`.
    """
    interruption = find_interruption(error, handled=handled)
    if interruption is not None and interruption is not error:
        raise interruption from None


def find_interruption(error: BaseException, *, handled: BaseException | None) -> BaseException | None:
    """Return the exception by which the program interrupted: *error*, or one that it was made of.

    Args:
        error: what was caught.
        handled: ``sys.exception()`` at the beginning of the call. Whoever calls us while he handles a time limit
            of before, as a clean-up does, must not get that one again.
    """
    codes = _codes_of_handlers()
    seen: set[int] = set()
    link: BaseException | None = error
    found: BaseException | None = None
    while link is not None and link is not handled and id(link) not in seen:
        # urllib3 gives the exception that it makes of another the traceback of that one, and has that one in it.
        if _interrupts(link, codes) and (found is None or link in found.args):
            found = link
        seen.add(id(link))
        link = link.__cause__ or link.__context__
    return found


def _interrupts(error: BaseException, codes: set[CodeType]) -> bool:
    entries = list(_entries(error.__traceback__))
    if isinstance(error, KeyboardInterrupt):  # of a person, which a prompt takes for a "no"
        return False
    if any(_is_handler(entry.tb_frame, codes) for entry in entries):
        return True
    return not isinstance(error, Exception) and bool(entries) and not _raises(entries[-1])


def _entries(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _is_handler(frame: FrameType, codes: set[CodeType]) -> bool:
    code = frame.f_code
    if code in codes:
        return True
    if frame.f_back is None or not _takes_two(code):
        return False
    values = frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & TAKES_MORE)
    given: list[object] = [values.get(name) for name in code.co_varnames[:count]]
    # By its type: a proxy of what is gone has no class to ask for.
    more = [item for value in given if issubclass(type(value), tuple) for item in cast("tuple[object, ...]", value)]
    return any(value is frame.f_back for value in (*given, *more))


def _takes_two(code: CodeType) -> bool:
    """Return whether a function can be called with a signal's number and a frame."""
    return code.co_argcount >= 2 or bool(code.co_flags & TAKES_MORE)


def _raises(entry: TracebackType) -> bool:
    """Return whether the code itself says ``raise`` there."""
    from opcode import opmap

    return entry.tb_frame.f_code.co_code[entry.tb_lasti] == opmap["RAISE_VARARGS"]


def _codes_of_handlers() -> set[CodeType]:
    codes = set(_CALLS_PROGRAM)
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler):
            method = handler if hasattr(handler, "__code__") else getattr(handler, "__call__")  # noqa: B004, B009 - the bound one
            if (code := getattr(getattr(method, "__func__", method), "__code__", None)) is not None:
                codes.add(code)
    return codes
