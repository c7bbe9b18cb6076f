r"""The contract for a backend named on the command line, without a line of code.

::

    pytest -p pyvault.testing.plugin --pyargs pyvault.testing.suite \
        --pyvault-backend NAME --pyvault-option path={tmp}/store --pyvault-capability max_size=2560
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyvault.storage.backend_options import parse_flags
from pyvault.testing.contract import BackendContract
from pyvault.testing.subject import Capabilities, Subject

if TYPE_CHECKING:
    from pathlib import Path


class TestBackend(BackendContract):
    """The cases, on what the options name."""

    @pytest.fixture
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
        """Read the options; ``{tmp}`` in a value is a directory of this case's own."""
        backend = request.config.getoption("--pyvault-backend")
        if not backend:
            pytest.fail("name the backend under test: --pyvault-backend NAME", pytrace=False)
        options = _texts(request, "--pyvault-option")
        return Subject(
            backend=backend,
            options={key: value.replace("{tmp}", str(tmp_path)) for key, value in options.items()},
            answers=_texts(request, "--pyvault-answer"),
        )

    @pytest.fixture
    def capabilities(self, request: pytest.FixtureRequest) -> Capabilities:
        """Read the declared capabilities."""
        declared = _texts(request, "--pyvault-capability")
        known = Capabilities.field_names()
        if unknown := declared.keys() - known:
            pytest.fail(f"there is no capability {', '.join(unknown)}; there are {', '.join(known)}", pytrace=False)
        values: dict[str, Any] = {key: _value(text) for key, text in declared.items()}  # checked by name above
        return Capabilities(**values)


def _texts(request: pytest.FixtureRequest, option: str) -> dict[str, str]:
    flags: list[str] = request.config.getoption(option) or []
    return parse_flags(flags)


def _value(text: str) -> int | bool:
    return int(text) if text.isdecimal() else text.lower() == "true"
