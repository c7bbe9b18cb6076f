"""The variables that open a vault, and environments without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Variables whose value opens our vault, or one of aws-vault's.
SECRET_VARIABLES = frozenset(
    {
        "PYVAULT_KEY",
        "PYVAULT_PASSPHRASE",
        "PYVAULT_NEW_PASSPHRASE",
        "AWS_VAULT_FILE_PASSPHRASE",
        "AWS_VAULT_OP_CONNECT_TOKEN",
        "AWS_VAULT_OP_SERVICE_ACCOUNT_TOKEN",
        "PROTON_PASS_PERSONAL_ACCESS_TOKEN",
    }
)

#: Paths of files with such values. A command from the config may itself call pyvault and keeps them; the
#: program that gets the credentials does not.
SECRET_PATHS = frozenset({"PYVAULT_KEYFILE", "PYVAULT_PASSPHRASE_FILE", "PYVAULT_NEW_PASSPHRASE_FILE"})

#: An option of a backend, PYVAULT_BACKEND_<NAME>__<OPTION>, with one of these words opens it.
SECRET_WORDS = ("KEY", "PASSPHRASE", "PASSWORD", "SECRET", "TOKEN", "PIN", "UNLOCK")


def without_vault_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the values that open a vault."""
    return {name: value for name, value in environ.items() if name not in SECRET_VARIABLES and not opens_backend(name)}


def scrub_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what opens a vault, paths included: for programs that a person runs."""
    return {name: value for name, value in without_vault_secrets(environ).items() if name not in SECRET_PATHS}


def opens_backend(name: str) -> bool:
    """Return whether a variable is a backend's option with the name of a secret."""
    backend, separator, option = name.removeprefix("PYVAULT_BACKEND_").partition("__")
    ours = name.startswith("PYVAULT_BACKEND_") and bool(separator and backend)
    return ours and any(word in option.upper() for word in SECRET_WORDS)
