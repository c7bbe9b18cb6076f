"""What a KMS key opened is open for one command: no answer is kept, and an environment that is given asks as itself."""

from __future__ import annotations

from pathlib import Path

import pytest

import pyvault
from fake_aws.client import FakeAws
from fake_kms import KEY, FakeKms
from kms_vaults import shared_vault
from login_keys import end_keys
from vaults import credential
from warm_home import WarmHome


@pytest.mark.kernel_keyring
@pytest.mark.parametrize("opener", ["keyfile", "kms", "kept"])
def test_an_answer_is_not_kept_for_the_next_command(
    opener: str, tmp_path: Path, fake_aws: FakeAws, kms: FakeKms
) -> None:
    home = WarmHome(tmp_path, fake_aws)
    words = ("export", "reader", "--format", "json")
    try:
        role = kms.environ()
        assert home.run("vault", "slot", "add", "--kms", KEY, env=role).code == 0
        if opener != "keyfile":
            home.environ |= {**role, "PYVAULT_KEYFILE": None, "PYVAULT_KMS_KEY": KEY}
        if opener == "kept":
            config = tmp_path / "settings.toml"
            config.write_text("[unlock]\nexternal_ttl = '10m'\n")
            home.environ |= {"PYVAULT_UNLOCK_TTL": None, "PYVAULT_CONFIG": str(config)}
        assert home.warm_up(*words).code == 0
        assert (home.known(*words) is not None) == (opener == "keyfile")
        kms.refusals[KEY] = "AccessDeniedException"
        assert home.run(*words).code == (4 if opener == "kms" else 0), "a grant that is withdrawn counts at once"
        if opener == "kept":
            assert home.run("lock").code == 0
            assert home.run(*words).code == 4
    finally:
        end_keys(home.runtime, home.state)


def test_a_given_environment_is_who_asks(tmp_path: Path, kms: FakeKms, monkeypatch: pytest.MonkeyPatch) -> None:
    made = shared_vault(tmp_path, kms)
    made.delete(credential("prod"))  # no record of the library
    own = tmp_path / "own"
    own.mkdir()
    for name, value in kms.environ().items():  # of the process, and not of what is given
        monkeypatch.setenv(name, value)
    options = {"path": str(made.path), "kms_key": KEY, "expect_fingerprint": made.fingerprint.hex()}
    empty = {"HOME": str(own), "AWS_EC2_METADATA_DISABLED": "true"}
    asked = len(kms.calls)
    with (
        pyvault.open_vault("file", options=options, environ=empty) as vault,
        pytest.raises(pyvault.PyvaultError, match="was skipped"),
    ):
        vault.list()
    assert len(kms.calls) == asked
    with pyvault.open_vault("file", options=options, environ={**empty, **kms.environ()}) as vault:
        assert vault.list() == []
    assert len(kms.calls) > asked
