"""A real pass with a real gpg key passes the contract."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from peers.gpg_home import password_store
from pyvault.testing import BackendContract, Capabilities, Subject


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, str]]:
    with password_store(tmp_path_factory.mktemp("pass")) as environ:
        yield environ


@pytest.mark.peer("pass", "gpg")
class TestPass(BackendContract):
    """One key, a folder of its own for each case."""

    @pytest.fixture
    def subject(
        self,
        key: dict[str, str],
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> Subject:
        for name, value in key.items():
            monkeypatch.setenv(name, value)
        prefix = tmp_path_factory.mktemp("prefix").name
        store = Path(key["PASSWORD_STORE_DIR"])
        away = store.with_name("elsewhere")

        def break_store() -> None:
            """Unmount the volume of the store, for this case."""
            store.rename(away)
            request.addfinalizer(lambda: away.rename(store))

        return Subject(backend="pass", options={"prefix": f"test/{prefix}"}, break_store=break_store)

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(writes=writes)
