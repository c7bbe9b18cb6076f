"""How the command is run in these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Ended, Environ, Pyvault, run_pyvault
from fake_aws.client import FakeAws


@pytest.fixture
def pyvault(tmp_path: Path) -> Pyvault:
    """Run ``pyvault`` without a terminal; ``env`` adds variables, None takes one away."""

    def run(*words: str, env: Environ | None = None, stdin: bytes = b"", pass_fds: tuple[int, ...] = ()) -> Ended:
        return run_pyvault(tmp_path, *words, env=env, stdin=stdin, pass_fds=pass_fds)

    return run


@pytest.fixture
def keyed(pyvault: Pyvault, tmp_path: Path) -> Environ:
    """Make a vault that a key file opens, without the cost of a KDF; gives the variables for it."""
    keyfile = tmp_path / "keyfile"
    assert pyvault("vault", "init", "--keyfile", str(keyfile)).code == 0
    return {"PYVAULT_KEYFILE": str(keyfile)}


@pytest.fixture
def variables(pyvault: Pyvault, keyed: Environ, fake_aws: FakeAws, tmp_path: Path) -> dict[str, str | None]:
    """A vault with the key of user demo, and profiles of it."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        f"[profile demo]\nregion = eu-west-1\nendpoint_url = {fake_aws.url}\n"
        f"[profile reader]\nsource_profile = demo\nregion = eu-west-1\nendpoint_url = {fake_aws.url}\n"
        f"role_arn = {fake_aws.role_arn('reader')}\n"
    )
    key = fake_aws.demo_key()
    keys = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    added = pyvault("add", "demo", "--env", "--no-verify", env=keyed | keys)
    assert added.code == 0, added.err
    return dict(keyed)
