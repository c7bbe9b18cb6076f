"""The pytest plug-in of the kit: ``pytest -p pyvault.testing.plugin``, never loaded by itself.

It gives the suite its options, and turns a skipped case into a failed one
unless the skip follows from a declared capability: a suite that skips what is
difficult proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that name the backend under test."""
    group = parser.getgroup("pyvault", "the contract of a pyvault backend")
    group.addoption("--pyvault-backend", metavar="NAME", help="the backend to test, or module:Class")
    group.addoption(
        "--pyvault-option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="an option of it; {tmp} is a new directory",
    )
    group.addoption(
        "--pyvault-answer", metavar="KEY=VALUE", action="append", default=[], help="what a human would answer"
    )
    group.addoption(
        "--pyvault-capability",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="e.g. max_size=2560, lockable=true",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a case of the contract that was skipped without a declared reason."""
    report = yield
    if report.skipped and _is_case(item) and not hasattr(report, "wasxfail"):
        from pyvault.testing.subject import DECLARED

        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if DECLARED not in reason and not _is_about_the_machine(item):
            report.outcome = "failed"
            report.longrepr = f"skipped without a declared capability: {reason}"
    return report


def _is_case(item: pytest.Item) -> bool:
    from pyvault.testing.contract import BackendContract

    return isinstance(item, pytest.Function) and item.cls is not None and issubclass(item.cls, BackendContract)


def _is_about_the_machine(item: pytest.Item) -> bool:
    """Return whether a marker of the project, not the case, skipped it: the program is not installed."""
    return any(item.iter_markers("peer")) or any(item.iter_markers("slow"))
