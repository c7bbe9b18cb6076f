"""Take the code from a YubiKey's OATH application, through Yubico's ykman.

The account on the key is called like the MFA serial, or as
``YKMAN_OATH_CREDENTIAL_NAME`` says; ``YKMAN_OATH_DEVICE_SERIAL`` picks one key
of several. Versions before 4 had another syntax: ``AWS_VAULT_YKMAN_VERSION``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.terminal.mfa_prompts.program import answer, on_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.mfa.codes import MfaRequest
    from pyvault.secret import Secret

OLD_VERSIONS = {"1", "2", "3"}


def available(environ: Mapping[str, str]) -> bool:
    """Return whether ykman is there."""
    return on_path("ykman", environ)


def ask(request: MfaRequest, environ: Mapping[str, str]) -> Secret[str]:
    """Take a code; the person may have to touch the key, and ykman says so.

    Raises:
        MfaError: no code came out.
    """
    key = environ.get("YKMAN_OATH_DEVICE_SERIAL")
    device = ["--device", key] if key else []
    old = environ.get("AWS_VAULT_YKMAN_VERSION") in OLD_VERSIONS
    oath = ["oath", "code"] if old else ["oath", "accounts", "code"]
    account = environ.get("YKMAN_OATH_CREDENTIAL_NAME") or request.serial
    # "--" because the name comes from a config file and might begin with a hyphen.
    return answer(["ykman", *device, *oath, "--single", "--", account], environ, needs_terminal=True)
