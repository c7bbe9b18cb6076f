"""The contract of a backend as one class of cases.

Each group of cases is a file of its own under ``cases``; a failing case is
named after what the backend got wrong.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from pyvault.testing.cases.crashes import CrashCases
from pyvault.testing.cases.handles import HandleCases
from pyvault.testing.cases.items import ItemCases
from pyvault.testing.cases.naming import NamingCases
from pyvault.testing.cases.processes import ProcessCases
from pyvault.testing.cases.secrecy import SecrecyCases
from pyvault.testing.cases.sizes import SizeCases
from pyvault.testing.cases.transactions import TransactionCases
from pyvault.testing.cases.versions import VersionCases
from pyvault.testing.subject import Capabilities

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyvault.backend import Backend
    from pyvault.testing.subject import MakeBackend, Subject


class BackendContract(
    ItemCases,
    SizeCases,
    NamingCases,
    HandleCases,
    TransactionCases,
    VersionCases,
    ProcessCases,
    CrashCases,
    SecrecyCases,
):
    """Every case of the contract; a subclass names what is tested.

    Override the fixture ``subject``, and ``capabilities`` where the defaults
    are not true. Both may use other fixtures, ``tmp_path`` for instance. The
    store has to be empty and used by this test alone.

    Example::

        class TestMine(BackendContract):
            @pytest.fixture
            def subject(self, tmp_path):
                return Subject(backend="mine", options={"path": str(tmp_path)})

            @pytest.fixture
            def capabilities(self):
                return Capabilities(max_size=2560)
    """

    @pytest.fixture
    def subject(self) -> Subject:
        """Return the backend under test, and where its store is."""
        raise NotImplementedError("a subclass of BackendContract has to override the fixture 'subject'")

    @pytest.fixture
    def capabilities(self) -> Capabilities:
        """Return what the backend can do."""
        return Capabilities()

    @pytest.fixture
    def make_backend(self, subject: Subject) -> Generator[MakeBackend]:
        """Open any number of handles on the one store."""
        with ExitStack() as stack:
            yield lambda: stack.enter_context(closing(subject.open()))

    @pytest.fixture
    def backend(self, make_backend: MakeBackend) -> Backend:
        """Open the first handle."""
        return make_backend()
