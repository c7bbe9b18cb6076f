"""Where a missing key is, told by file names: nothing is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.migration.aws_vault_names import find_in_aws_vault


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    keys = tmp_path / ".awsvault/keys"
    keys.mkdir(parents=True)
    for name in ("prod", "a%2Fb", "100%25"):
        (keys / name).write_bytes(b"")
    store = tmp_path / ".password-store"
    (store / "aws").mkdir(parents=True)
    for name in ("dev", "aws/test", "prod"):
        (store / f"{name}.gpg").write_bytes(b"")
    return {"HOME": str(tmp_path)}


@pytest.mark.parametrize(
    ("profile", "changes", "kind"),
    [
        ("prod", {}, "file"),
        ("a/b", {}, "file"),
        ("100%", {}, "file"),
        ("dev", {}, "pass"),
        ("test", {}, None),
        ("test", {"AWS_VAULT_PASS_PREFIX": "aws"}, "pass"),
        ("dev", {"AWS_VAULT_PASS_PREFIX": "aws"}, None),
        ("aws/../dev", {}, None),
        ("..", {}, None),
        ("x" * 400, {}, None),
        ("prod", {"AWS_VAULT_FILE_DIR": "~/elsewhere", "PASSWORD_STORE_DIR": "~/elsewhere"}, None),
    ],
)
def test_the_kind_of_store(environ: dict[str, str], profile: str, changes: dict[str, str], kind: str | None) -> None:
    seen = find_in_aws_vault([profile], {**environ, **changes})
    assert (seen.kind if seen else None) == kind


def test_the_first_that_is_there(environ: dict[str, str]) -> None:
    seen = find_in_aws_vault(["nobody", "dev", "prod"], environ)
    assert seen is not None
    assert seen.profile == "dev"
