"""Several processes on one store: nothing is lost, nothing foreign is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.testing.child import is_payload, payload, start_child

if TYPE_CHECKING:
    from pyvault.testing.subject import Capabilities, MakeBackend, Subject

WRITERS = 8
SIZE = 300  # bytes, about a pair of keys in JSON
PATIENCE = 300  # seconds until a child counts as hanging; not a measurement


class ProcessCases:
    """What goes wrong without a lock."""

    def test_eight_processes_lose_nothing(
        self, subject: Subject, make_backend: MakeBackend, capabilities: Capabilities
    ) -> None:
        """Each item that was acknowledged is there, whole."""
        capabilities.need("multi_process")
        make_backend().close()
        writers = [
            start_child(subject, work="fill", label=f"writer{number}", times=capabilities.writes, size=SIZE)
            for number in range(WRITERS)
        ]
        for writer in writers:
            _, errors = writer.communicate(timeout=PATIENCE)
            assert writer.returncode == 0, errors
        backend = make_backend()
        expected = {
            ItemName(Kind.CREDENTIAL, f"writer{writer}-{number}"): number
            for writer in range(WRITERS)
            for number in range(capabilities.writes)
        }
        assert sorted(backend.names()) == sorted(expected)
        for name, number in expected.items():
            assert backend.get(name).reveal() == payload(number, SIZE)

    def test_putting_while_another_deletes_stays_whole(
        self, subject: Subject, make_backend: MakeBackend, capabilities: Capabilities
    ) -> None:
        """Whoever comes last wins; the list and the items agree."""
        capabilities.need("multi_process")
        make_backend().close()
        rivals = [start_child(subject, work="flicker", label="prod", times=10, size=SIZE) for _ in range(2)]
        for rival in rivals:
            _, errors = rival.communicate(timeout=PATIENCE)
            assert rival.returncode == 0, errors
        backend = make_backend()
        name = ItemName(Kind.CREDENTIAL, "prod")
        try:
            left = [name] if is_payload(backend.get(name).reveal(), SIZE) else ["a mixture"]
        except ItemNotFoundError:
            left = []
        assert backend.names() == left
