"""pyvault: AWS credentials in a safe store, and short-lived ones for programs.

>>> import pyvault
>>> with pyvault.open_vault() as vault:
...     session = vault.boto3_session("prod")

Public are the names here, and by path :mod:`pyvault.errors`, :mod:`pyvault.backend`, :mod:`pyvault.plugin_api`,
:mod:`pyvault.secret` and :mod:`pyvault.testing`. Everything else may change
from version to version, though no underscore says so.

The names are imported when they are first used: ``import pyvault`` costs next
to nothing.
"""

from pyvault.version import __version__

TYPE_CHECKING = False  # as type checkers know it; typing itself would cost more than all of ours
if TYPE_CHECKING:
    from pyvault.api.credential_vault import CredentialVault
    from pyvault.api.installation import Installation, install
    from pyvault.api.opening import create_vault, open_vault
    from pyvault.api.records import ExplainedPlan, ExplainedStep, ListedProfile, ListedSession
    from pyvault.errors import PyvaultError
    from pyvault.model import Credentials, StoredCredentials
    from pyvault.secret import Secret

__all__ = [
    "CredentialVault",
    "Credentials",
    "ExplainedPlan",
    "ExplainedStep",
    "Installation",
    "ListedProfile",
    "ListedSession",
    "PyvaultError",
    "Secret",
    "StoredCredentials",
    "__version__",
    "create_vault",
    "install",
    "open_vault",
]

_HOMES = {
    "CredentialVault": "pyvault.api.credential_vault",
    "Credentials": "pyvault.model",
    "ExplainedPlan": "pyvault.api.records",
    "ExplainedStep": "pyvault.api.records",
    "Installation": "pyvault.api.installation",
    "ListedProfile": "pyvault.api.records",
    "ListedSession": "pyvault.api.records",
    "PyvaultError": "pyvault.errors",
    "Secret": "pyvault.secret",
    "StoredCredentials": "pyvault.model",
    "create_vault": "pyvault.api.opening",
    "install": "pyvault.api.installation",
    "open_vault": "pyvault.api.opening",
}


if not TYPE_CHECKING:  # a type checker that saw it would let misspelt names pass

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used. Source: PEP 562."""
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'pyvault' has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
