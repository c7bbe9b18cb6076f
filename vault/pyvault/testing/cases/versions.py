"""Compare-and-swap, for backends that are ``Versioned``: no writer's change is lost, and none is refused twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvault.backend import Versioned
from pyvault.errors import ConflictError, ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.testing.child import start_together
from pyvault.testing.subject import DECLARED

if TYPE_CHECKING:
    from pyvault.testing.subject import Capabilities, MakeBackend, Subject

PROD = ItemName(Kind.CREDENTIAL, "prod")
MEMBERS = ("get_versioned", "put_if", "create")
WRITERS = 4
MOST_CHANGES = 8  # of each writer: all tries in vain cost time, and all that is written is one small item
PATIENCE = 300  # seconds until a child counts as hanging; not a measurement


class VersionCases:
    """What ``get_versioned``, ``put_if`` and ``create`` promise."""

    def test_the_three_come_together(self, subject: Subject) -> None:
        """A misspelt one would silently be none."""
        found = [member for member in MEMBERS if hasattr(subject.load(), member)]
        assert found in ([], list(MEMBERS)), f"a Versioned backend has {', '.join(MEMBERS)}, not only {found}"

    def test_a_version_belongs_to_the_bytes(self, make_backend: MakeBackend) -> None:
        """It is a text, shows nothing of them, and is another one when they are."""
        backend = _versioned(make_backend)
        first = backend.create(PROD, Secret(b"pLaNtEd"))
        assert isinstance(first, str)
        assert "pLaNtEd" not in first
        assert backend.get_versioned(PROD) == (Secret(b"pLaNtEd"), first)
        second = backend.put_if(PROD, Secret(b"two"), first)
        assert backend.get_versioned(PROD) == (Secret(b"two"), second)
        make_backend().put(PROD, Secret(b"three"))
        data, third = backend.get_versioned(PROD)
        assert data == Secret(b"three")
        assert len({first, second, third}) == 3, "the version did not move with the bytes"

    def test_a_lost_update_is_refused(self, make_backend: MakeBackend) -> None:
        """Of two who read the same, the second writes nothing; nor does whoever missed a plain put."""
        one, two = _versioned(make_backend), _versioned(make_backend)
        version = one.create(PROD, Secret(b"start"))
        newer = one.put_if(PROD, Secret(b"of one"), version)
        with pytest.raises(ConflictError):
            two.put_if(PROD, Secret(b"of two"), version)
        assert two.get_versioned(PROD) == (Secret(b"of one"), newer)
        make_backend().put(PROD, Secret(b"of three"))
        with pytest.raises(ConflictError):
            one.put_if(PROD, Secret(b"of one again"), newer)
        assert one.get_versioned(PROD)[0] == Secret(b"of three")

    def test_create_replaces_nothing(self, make_backend: MakeBackend) -> None:
        """Neither what was created nor what was put."""
        one, two = _versioned(make_backend), _versioned(make_backend)
        one.create(PROD, Secret(b"of one"))
        with pytest.raises(ConflictError):
            two.create(PROD, Secret(b"of two"))
        assert make_backend().get(PROD) == Secret(b"of one")
        assert make_backend().names() == [PROD]

    def test_what_is_gone_is_not_made_again(self, make_backend: MakeBackend) -> None:
        """A delete is a change, too."""
        backend = _versioned(make_backend)
        with pytest.raises(ItemNotFoundError):
            backend.get_versioned(PROD)
        version = backend.create(PROD, Secret(b"x"))
        make_backend().delete(PROD)
        with pytest.raises(ItemNotFoundError):
            backend.put_if(PROD, Secret(b"y"), version)
        assert make_backend().names() == []
        backend.create(PROD, Secret(b"z"))
        assert make_backend().get(PROD) == Secret(b"z")

    def test_a_lost_answer_is_recognised(self, make_backend: MakeBackend) -> None:
        """The same bytes again, by this handle or by the next process: it was carried out, and that is said."""
        one, two = _versioned(make_backend), _versioned(make_backend)
        first = one.create(PROD, Secret(b"x of one"))
        assert one.create(PROD, Secret(b"x of one")) == first
        assert two.create(PROD, Secret(b"x of one")) == first
        second = one.put_if(PROD, Secret(b"y of one"), first)
        assert one.put_if(PROD, Secret(b"y of one"), first) == second
        assert two.put_if(PROD, Secret(b"y of one"), first) == second
        assert two.put_if(PROD, Secret(b"z of two"), second) not in {first, second}

    def test_writers_in_several_processes_lose_no_update(
        self, subject: Subject, make_backend: MakeBackend, capabilities: Capabilities
    ) -> None:
        """Each adds its lines to one item; in the end all are there, once."""
        backend = _versioned(make_backend)
        capabilities.need("multi_process")
        backend.create(PROD, Secret(b""))
        changes = min(capabilities.writes, MOST_CHANGES)
        labels = [f"writer{number}" for number in range(WRITERS)]
        for writer in start_together(subject, work="append", labels=labels, times=changes):
            _, errors = writer.communicate(timeout=PATIENCE)
            assert writer.returncode == 0, errors
        expected = [f"{label}-{number}" for label in labels for number in range(changes)]
        lines = make_backend().get(PROD).reveal().decode().split()
        assert sorted(lines) == sorted(expected)

    def test_one_of_several_creators_wins(
        self, subject: Subject, make_backend: MakeBackend, capabilities: Capabilities
    ) -> None:
        """Each process creates the same items; one of them each, and that one's bytes are there."""
        _versioned(make_backend)
        capabilities.need("multi_process")
        times = min(capabilities.writes, MOST_CHANGES)
        labels = [f"rival{number}" for number in range(WRITERS)]
        winners: dict[str, list[str]] = {str(number): [] for number in range(times)}
        for label, rival in zip(labels, start_together(subject, work="claim", labels=labels, times=times), strict=True):
            told, errors = rival.communicate(timeout=PATIENCE)
            assert rival.returncode == 0, errors
            for number in told.split():
                winners[number].append(label)
        backend = make_backend()
        for number, labels in winners.items():
            assert len(labels) == 1, f"{len(labels)} processes were told that they had created one item"
            assert backend.get(ItemName(Kind.CREDENTIAL, f"claim-{number}")) == Secret(labels[0].encode())


def _versioned(make_backend: MakeBackend) -> Versioned:
    backend = make_backend()
    if not isinstance(backend, Versioned):
        pytest.skip(f"{DECLARED}the backend is not Versioned")
    return backend
