"""The fixture for tests of programs that use pyvault.

In a ``conftest.py``::

    pytest_plugins = ["pyvault.testing.fixtures"]

or in one test file::

    from pyvault.testing import vault
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Generator  # noqa: TC003 - typing.get_type_hints reads what the annotations name
from contextlib import closing
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pyvault.api.credential_vault import CredentialVault  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What a developer's environment may have that leads to real credentials, files or services.
FOREIGN = ("AWS_", "PYVAULT_", "XDG_", "BOTO_CONFIG")
ENDPOINT = "AWS_ENDPOINT_URL"
REGION = "us-east-1"


@pytest.fixture
def vault(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Generator[CredentialVault]:
    """Open a vault in memory for one test, which has a home directory of its own and no way to the real AWS.

    ``pyvault.open_vault()`` and ``pyvault.install()`` without arguments, in the code under test, lead
    to the same store. What a test installs goes with it; what was installed before, by a module of the
    program, stays, and has the store of each test. The test begins without AWS files, and with no
    ``AWS_*`` or ``PYVAULT_*`` variable of the developer; calls to AWS find nobody who listens. An
    ``AWS_ENDPOINT_URL`` on this machine, set by a fixture that comes before, stays: there listens a
    stand-in of AWS.

    Example::

        def test_report(vault):
            vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("s" * 40))
            assert report("ci") == "ci: AKIAIOSFODNN7EXAMPLE"
    """
    from pyvault.api.installation import forget_vaults, install
    from pyvault.api.opening import open_vault

    is_installed = forget_vaults()  # by a module of the program, which is imported once and for all tests
    home = tmp_path_factory.mktemp("home")
    with closing(socket.socket()) as nobody:  # bound, and never listening: whoever connects is refused
        nobody.bind(("127.0.0.1", 0))
        endpoint = os.environ.get(ENDPOINT)
        if endpoint is None or not _is_on_this_machine(endpoint):
            endpoint = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        for name in [name for name in os.environ if name.startswith(FOREIGN)]:
            monkeypatch.delenv(name)
        for name, value in _variables(home, endpoint):
            monkeypatch.setenv(name, value)
        if "boto3" in sys.modules:  # a session of another test has its credentials
            monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
        try:
            with open_vault() as opened:
                yield opened
        finally:
            if is_installed:
                forget_vaults()
            else:
                install().uninstall()


def _variables(home: Path, endpoint: str) -> Iterator[tuple[str, str]]:
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        yield name, str(home)
    yield "AWS_CONFIG_FILE", str(home / ".aws" / "config")
    yield "AWS_SHARED_CREDENTIALS_FILE", str(home / ".aws" / "credentials")
    yield "AWS_EC2_METADATA_DISABLED", "true"
    yield "AWS_REGION", REGION
    yield "AWS_DEFAULT_REGION", REGION
    yield ENDPOINT, endpoint
    yield "PYVAULT_BACKEND", "memory"
    yield "PYVAULT_BACKEND_MEMORY__NAME", str(home)  # a store of this test's own, however often it is opened


def _is_on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
