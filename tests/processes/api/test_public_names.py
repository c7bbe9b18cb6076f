"""What a user of the package sees, and what seeing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pyvault


def test_all_is_what_is_visible() -> None:
    assert dir(pyvault) == sorted(pyvault.__all__)


@pytest.mark.parametrize("name", pyvault.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(pyvault, name) is not None


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="'secrets'"):
        pyvault.secrets  # noqa: B018  # type: ignore[attr-defined]  # asking is the test


def loaded_after(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


HEAVY = {"boto3", "botocore", "cryptography", "argon2", "keyring", "rich", "stevedore", "typer", "json"}


@pytest.mark.parametrize(
    "statement",
    [
        "import pyvault",
        "from pyvault import open_vault, CredentialVault, Secret",
        "import pyvault.retrieval.walk",
        "import pyvault.sessions.cache",
    ],
)
def test_importing_imports_nothing_heavy(statement: str) -> None:
    bare = loaded_after("pass")
    assert (loaded_after(statement) - bare) & (HEAVY - {"json"}) == set()


def test_the_package_itself_is_two_modules() -> None:
    ours = {name for name in loaded_after("import pyvault") if name.startswith("pyvault")}
    assert ours == {"pyvault", "pyvault.version"}


def test_installing_needs_no_more_of_botocore_than_its_door() -> None:
    loaded = {name for name in loaded_after("import pyvault; pyvault.install()") if name.startswith("botocore")}
    assert loaded == {"botocore"}
