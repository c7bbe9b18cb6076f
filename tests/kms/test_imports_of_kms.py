"""What a vault costs whose slots of KMS keys are not needed: no SDK is imported, none is called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from fake_kms import KEY, FakeKms
from kms_vaults import shared_vault

SCRIPT = """
import json, sys
from pathlib import Path
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.unlock.passphrase_sources import EnvironmentAnswers
from pyvault.vaultfile.vault import Vault
options = json.loads(sys.argv[1])
settings = VaultSettings.parse(options)
with Vault.open(settings.place, settings.sources(EnvironmentAnswers({})), options=settings.options) as vault:
    vault.entries()
print(json.dumps([name for name in sys.modules if name.startswith(("boto", "pyvault"))]))
"""


def imported(options: dict[str, str]) -> set[str]:
    ended = subprocess.run([sys.executable, "-c", SCRIPT, json.dumps(options)], check=True, capture_output=True)
    return set(json.loads(ended.stdout))


def test_a_key_file_opens_without_the_sdk(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    given = {"path": str(vault.path), "keyfile": str(tmp_path / "ci.key")}
    for options in (given, {**given, "kms_key": KEY}):
        modules = imported(options)
        assert not {name for name in modules if name.startswith("boto")}
        assert not modules & {"pyvault.aws.kms", "pyvault.aws.machine_credentials"}
    assert not {name for name in imported(given) if "external" in name}, "nothing more without a key that is named"
    assert [call.operation for call in kms.calls] == ["Encrypt"]
