"""Any bytes, in any number that the backend promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvault.errors import ItemTooLargeError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret

if TYPE_CHECKING:
    from pyvault.backend import Backend
    from pyvault.testing.subject import Capabilities

PROD = ItemName(Kind.CREDENTIAL, "prod")
PROMISED = 65_536  # bytes, where no max_size is declared

#: 2560 is the limit of Windows Credential Manager, where truncation was seen elsewhere.
SIZES = (1, 1024, 2560, 2561, 65_536)


class SizeCases:
    """What goes in comes out, to the byte."""

    def test_an_empty_value_is_a_value(self, backend: Backend) -> None:
        """Empty is not absent."""
        backend.put(PROD, Secret(b""))
        assert backend.get(PROD) == Secret(b"")
        assert backend.names() == [PROD]

    @pytest.mark.parametrize("size", SIZES)
    def test_a_value_is_kept_whole_or_refused(self, backend: Backend, capabilities: Capabilities, size: int) -> None:
        """Too large is an error that leaves the old value."""
        largest = PROMISED if capabilities.max_size is None else capabilities.max_size
        value = Secret(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
        backend.put(PROD, Secret(b"old"))
        try:
            backend.put(PROD, value)
        except ItemTooLargeError:
            assert size > largest, f"{size} bytes are promised to fit"
            assert backend.get(PROD) == Secret(b"old")
        else:
            assert backend.get(PROD) == value

    @pytest.mark.parametrize(
        "value",
        [b"\0", b"\0middle\0", b"\xff\xfe", bytes(range(256)), b"line\n", b"\n\n", b" blanks ", "ü\U0001f511".encode()],
        ids=["nul", "nuls", "not-utf-8", "all-bytes", "newline", "newlines", "blanks", "unicode"],
    )
    def test_any_bytes_survive(self, backend: Backend, value: bytes) -> None:
        """No encoding, stripping or terminating."""
        backend.put(PROD, Secret(value))
        assert backend.get(PROD) == Secret(value)
