"""Which certificates pyvault's own calls trust: one rule, whichever library makes them.

Without it botocore follows REQUESTS_CA_BUNDLE alone and the standard library SSL_CERT_FILE
alone, so that behind a proxy with its own certificates half of the calls would fail.

Source: AWS SDKs and Tools Reference Guide, "General configuration settings" (ca_bundle);
requests, "SSL Cert Verification"; OpenSSL, SSL_CTX_set_default_verify_paths(3).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyvault.errors import ConfigError
from pyvault.interruptions import pass_interruption

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

OF_AWS: Final = "AWS_CA_BUNDLE"
#: Of other programs, in this order; the profile and ``AWS_CA_BUNDLE`` come first.
OF_OTHERS: Final = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def find_ca_bundle(configured: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the file with the certificates to trust; None for the library's own.

    Args:
        configured: the value of the profile or ``AWS_CA_BUNDLE``.
        environ: where the variables of other programs are.
    """
    return configured or next((environ[name] for name in OF_OTHERS if environ.get(name)), None)


def checked_bundle(path: str | None) -> str | None:
    """Return the path, unchanged.

    Raises:
        ConfigError: it is not a file.
    """
    if path is not None and not Path(path).is_file():
        hint = f"it is set by ca_bundle in the profile or by {', '.join((OF_AWS, *OF_OTHERS))}"
        raise ConfigError(f"the ca_bundle {path!r} is not a file", hint=hint)
    return path


def tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """Return the TLS settings of the standard library that trust these certificates.

    Raises:
        ConfigError: the bundle is not a file, or can't be read.
    """
    import ssl

    try:
        context = ssl.create_default_context(cafile=checked_bundle(ca_bundle))
    except OSError as exc:  # also SSLError, for what holds no certificate
        pass_interruption(exc)
        reason = exc.strerror or type(exc).__name__
        raise ConfigError(f"the ca_bundle {ca_bundle!r} can't be used: {reason.lower()}") from None
    # Since Python 3.13 on by default (Library Reference, ssl.create_default_context), and not in botocore: a proxy
    # whose certificates lack identifiers of their keys (RFC 5280, section 4.2.1.1) would serve half of the calls.
    context.verify_flags &= ~(ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN)
    return context
