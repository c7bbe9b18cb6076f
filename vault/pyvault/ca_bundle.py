"""Which certificates count for pyvault's own calls: one rule, whichever library makes them.

Without it botocore follows REQUESTS_CA_BUNDLE alone and the standard library SSL_CERT_FILE
alone, so that behind a proxy with its own certificates half of the calls would fail.

Source: AWS SDKs and Tools Reference Guide, "General configuration settings" (ca_bundle);
requests, "SSL Cert Verification"; OpenSSL, SSL_CTX_set_default_verify_paths(3).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyvault.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

OF_AWS: Final = "AWS_CA_BUNDLE"
#: Of other programs, in this order; what the profile or ``AWS_CA_BUNDLE`` says comes before them.
OF_OTHERS: Final = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def find_ca_bundle(configured: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the file with the certificates to trust; None for those that the library brings.

    Args:
        configured: what the profile or ``AWS_CA_BUNDLE`` says.
        environ: has the variables of others.

    Raises:
        ConfigError: it is no file.
    """
    if configured:
        return _file(configured, "the ca_bundle")
    name = next((name for name in OF_OTHERS if environ.get(name)), None)
    return _file(environ[name], name) if name else None


def tls_context(configured: str | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return the TLS settings of the standard library that follow the rule.

    Args:
        configured: as for :func:`find_ca_bundle`.
        environ: the same.

    Raises:
        ConfigError: the certificates are no file, or can't be read.
    """
    import ssl

    path = find_ca_bundle(configured, environ)
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as exc:  # also SSLError, for what holds no certificate
        reason = exc.strerror or type(exc).__name__
        raise ConfigError(f"the ca_bundle {path!r} can't be used: {reason.lower()}") from None


def _file(path: str, what: str) -> str:
    if not Path(path).is_file():
        raise ConfigError(f"{what} {path!r} is not a file")
    return path
