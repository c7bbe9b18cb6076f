"""System calls without ``ctypes``, whose import alone takes longer than a warm command may (3.7 ms; this 0.8 ms).

``ctypes`` is a layer of Python over the C module ``_ctypes``, which has all that is needed
here under names that are private by convention. Where one is missing, ``ctypes`` itself
does the same; a test holds that the names are there in this Python.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Call = Callable[..., int]
    Buffer = Callable[[int], Any]  # of so many bytes, with the attribute raw


class SystemCalls:
    """The function ``syscall`` of the C library."""

    def __init__(self, call: "Call", errno: "Callable[[], int]", buffer: "Buffer") -> None:
        """Take the parts; :func:`from_private_names` and :func:`from_ctypes` make them."""
        self._call = call
        self._errno = errno
        self.buffer = buffer

    def __call__(self, number: int, *values: object) -> int:
        """Make a system call.

        Args:
            number: of the call on this machine.
            values: numbers of at most 32 bits, ``bytes``, buffers, or None for a null pointer.

        Raises:
            OSError: the kernel refuses.
        """
        result = self._call(number, *values)
        if result == -1:
            error = self._errno()
            raise OSError(error, os.strerror(error))
        return result


def from_private_names() -> SystemCalls:
    """Return the calls by ``_ctypes`` alone.

    Raises:
        ImportError, AttributeError, TypeError: this Python has other names.
        OSError: the C library has no such function.
    """
    import _ctypes

    class Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
        _type_ = "l"

    class Char(_ctypes._SimpleCData):  # type: ignore[type-arg]
        _type_ = "c"

    class Function(_ctypes.CFuncPtr):
        _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
        _restype_ = Long

    def buffer(size: int) -> "Any":
        return type("Bytes", (_ctypes.Array,), {"_type_": Char, "_length_": size})()

    program = _ctypes.dlopen(None, os.RTLD_NOW)  # type: ignore[arg-type]  # typeshed doesn't know the program itself
    return SystemCalls(Function(_ctypes.dlsym(program, "syscall")), _ctypes.get_errno, buffer)


def from_ctypes() -> SystemCalls:
    """Return the calls by the public module.

    Raises:
        ImportError: this Python was built without it.
        OSError, AttributeError: the C library has no such function.
    """
    import ctypes

    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    return SystemCalls(function, ctypes.get_errno, ctypes.create_string_buffer)


def system_calls() -> SystemCalls | None:
    """Return the calls by the cheapest way there is; None if this Python can't make any."""
    if not _made:
        for way in (from_private_names, from_ctypes):
            try:
                _made.append(way())
                break
            except (ImportError, AttributeError, TypeError, ValueError, OSError) as exc:
                if isinstance(exc, TimeoutError):  # nobody's but a program's, see pyvault.interruptions
                    raise
    return _made[0] if _made else None


_made: list[SystemCalls] = []  # the same for good, and used again by who looks in vain
