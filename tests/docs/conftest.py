"""Who reads the documents and tries their examples."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from fake_aws.client import FakeAws


@pytest.fixture
def environ(private_home: Path, fake_aws: FakeAws) -> dict[str, str]:
    """A person's shell: a HOME, the file backend by key file, the local AWS."""
    scripts = sysconfig.get_path("scripts")
    return {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(private_home),
        "LANG": "C.UTF-8",
        "PYVAULT_BACKEND": "file",
        "PYVAULT_KEYFILE": str(private_home / "vault.key"),
        **fake_aws.environ(),
    }
