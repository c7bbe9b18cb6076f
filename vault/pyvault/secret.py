"""A value that does not show itself.

``repr`` is masked; ``str``, ``format`` and pickling *raise*, because a masked
string would travel on silently, as asterisks in a child's environment or in a
request to AWS. ``reveal()`` is the only way out and stands in the argument
position, never in a variable: locals appear in tracebacks of debuggers.

Python cannot wipe memory; SECURITY.md says so.
"""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar, cast, final

T = TypeVar("T", bound=str | bytes)


@final
class Secret(Generic[T]):
    """A text or bytes that must not appear in logs, errors or output.

    Equality takes constant time, ``len`` counts characters or bytes, and an empty
    value is false. There is no hash, so it can't be a key of a dictionary.

    Example:
        >>> token = Secret("hunter2")
        >>> token
        Secret(***)
        >>> f"Bearer {token.reveal()}"
        'Bearer hunter2'
        >>> str(token)
        Traceback (most recent call last):
        ...
        TypeError: a secret has no text form; reveal() gives the value
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        """Wrap a value.

        Args:
            value: the text or bytes.

        Raises:
            TypeError: it is neither.
        """
        if not isinstance(cast("object", value), str | bytes):  # such as None, of a variable that is not set
            raise TypeError(f"a secret is a str or bytes, not {type(value).__name__}")
        self._value = value

    def reveal(self) -> T:
        """Return the value itself; call it in the argument position only.

        Returns:
            The text or bytes, as given.

        Example:
            >>> Secret(b"hunter2").reveal()
            b'hunter2'
        """
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> NoReturn:
        raise TypeError("a secret has no text form; reveal() gives the value")

    def __format__(self, spec: str, /) -> NoReturn:
        raise TypeError("a secret can't be formatted; reveal() gives the value")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled or copied")

    def __bool__(self) -> bool:
        return bool(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac  # every command imports this module, and few compare

        theirs = cast("Secret[str | bytes]", other)  # isinstance can't know the parameter
        return hmac.compare_digest(_as_bytes(self._value), _as_bytes(theirs.reveal()))

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret is a leak


def _as_bytes(value: object) -> bytes:
    # surrogatepass: a comparison must not fail on text that came from the OS.
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else b""
