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

import signal
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType, FunctionType, TracebackType
    from typing import TypeVar

    Function = TypeVar("Function", bound=Callable[..., object])

TAKES_MORE: Final = 0x04  # inspect.CO_VARARGS, without the import

_CALLS_PROGRAM: Final[set[CodeType]] = set()


def calls_program(function: Function) -> Function:
    """Mark a function of ours that calls the program's: what it raises is the program's own."""
    _CALLS_PROGRAM.add(cast("FunctionType", function).__code__)
    return function


def raise_interruption(error: BaseException) -> None:
    """Raise the interruption that *error* was made of, if there was one; called where *error* is handled."""
    interruption = find_interruption(error)
    if interruption is not None and interruption is not error:
        raise interruption from None


def find_interruption(error: BaseException) -> BaseException | None:
    """Return the exception by which the program interrupted: *error*, or one that it was made of."""
    codes = _codes_of_handlers()
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        if _interrupts(link, codes):
            return link
        seen.add(id(link))
        link = link.__cause__ or link.__context__
    return None


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
    more = [item for value in given if isinstance(value, tuple) for item in cast("tuple[object, ...]", value)]
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
