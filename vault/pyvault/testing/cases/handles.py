"""Handles: several at once, closed twice, in threads, locked."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pyvault.backend import API_VERSION, Lockable
from pyvault.errors import BackendError, BackendLockedError, ConfigError, ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.backend import Backend
    from pyvault.testing.subject import Capabilities, MakeBackend, Subject

PROD = ItemName(Kind.CREDENTIAL, "prod")
PATIENCE = 10  # seconds until a call counts as hanging; not a measurement


class HandleCases:
    """What a handle promises beyond its five methods."""

    def test_it_speaks_our_version(self, subject: Subject) -> None:
        """The registry refuses any other."""
        assert subject.load().API_VERSION == API_VERSION

    def test_an_unknown_option_is_refused(self, subject: Subject) -> None:
        """A misspelt option would be a silent no."""
        with pytest.raises(ConfigError):
            subject.load().open({**subject.options, "no-such-option": "x"}, subject.ask)

    def test_a_handle_is_never_falsy(self, backend: Backend) -> None:
        """Plug-in loaders take a falsy object for none."""
        assert bool(backend) is True
        backend.put(PROD, Secret(b"x"))
        backend.delete(PROD)
        assert bool(backend) is True

    def test_closing_twice_is_closing_once(self, make_backend: MakeBackend) -> None:
        """And what was stored stays."""
        first = make_backend()
        first.put(PROD, Secret(b"x"))
        first.close()
        first.close()
        assert make_backend().get(PROD) == Secret(b"x")

    def test_a_second_handle_sees_every_write(self, make_backend: MakeBackend) -> None:
        """Nothing is kept in the handle alone."""
        one, two = make_backend(), make_backend()
        one.put(PROD, Secret(b"x"))
        assert two.get(PROD) == Secret(b"x")
        two.put(PROD, Secret(b"y"))
        assert one.get(PROD) == Secret(b"y")
        assert one.names() == two.names() == [PROD]
        one.delete(PROD)
        assert two.names() == []

    def test_threads_may_share_a_handle(self, backend: Backend, capabilities: Capabilities) -> None:
        """A server answers from several."""
        capabilities.need("threads")

        def work(thread: int) -> None:
            for number in range(5):
                name = ItemName(Kind.CREDENTIAL, f"{thread}-{number}")
                backend.put(name, Secret(str(name).encode()))
                assert backend.get(name) == Secret(str(name).encode())

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert len(backend.names()) == 20  # 4 threads, 5 items each

    def test_a_locked_store_says_so_in_time(self, backend: Backend, capabilities: Capabilities) -> None:
        """Locked is neither absent nor an endless wait for somebody to come."""
        capabilities.need("lockable")
        assert isinstance(backend, Lockable)
        backend.put(PROD, Secret(b"x"))
        backend.lock()
        assert backend.locked()
        for attempt in (lambda: backend.get(PROD), lambda: backend.put(PROD, Secret(b"y"))):
            with ThreadPoolExecutor(1) as pool, pytest.raises(BackendLockedError):
                pool.submit(attempt).result(PATIENCE)

    def test_a_broken_store_is_neither_empty_nor_without_the_item(
        self, subject: Subject, make_backend: MakeBackend, capabilities: Capabilities
    ) -> None:
        """Who is told that nothing is there stores a second key, or forgets that there is a first one."""
        capabilities.need("breakable")
        assert subject.break_store, "give the Subject a break_store, or declare breakable=False"
        backend = make_backend()
        backend.put(PROD, Secret(b"x"))
        subject.break_store()
        for attempt in (backend.names, lambda: backend.get(PROD)):
            _assert_fails(attempt)
        _assert_fails(lambda: make_backend().names())
        _assert_fails(lambda: make_backend().get(PROD))

    def test_a_look_around_neither_prompts_nor_hangs(self, subject: Subject) -> None:
        """A child without a terminal looks, and is killed after 2 s."""
        from pyvault.storage.probing import probe_in_child

        report = probe_in_child(subject.backend, subject.options, environ=os.environ)
        assert report.failure is None, report.failure
        assert report.availability.available, report.availability.reason


def _assert_fails(attempt: Callable[[], object]) -> None:
    with pytest.raises(BackendError) as caught:
        attempt()
    assert not isinstance(caught.value, ItemNotFoundError), "absent is not failed"
