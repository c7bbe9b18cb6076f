"""A certificate of the tests' own, for a likeness of AWS that speaks https."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec


def make_certificate(directory: Path, *hosts: str) -> Path:
    """Make a self-signed certificate for 127.0.0.1 and these hosts, with its key, as one PEM file."""
    key = _new_key()
    return _write(directory / "tls.pem", _certificate("127.0.0.1", key, "127.0.0.1", key, hosts=hosts), key)


def make_proxy_certificates(directory: Path) -> tuple[Path, Path]:
    """Make the authority of a proxy, and what it signs for 127.0.0.1, neither with an identifier of its key.

    RFC 5280, sections 4.2.1.1 and 4.2.1.2, wants those; many a proxy that looks into TLS leaves them out.

    Returns:
        The certificate to trust, and the server's own with its key.
    """
    authority, key = _new_key(), _new_key()
    trusted = _write(directory / "proxy.pem", _certificate("proxy", authority, "proxy", authority))
    return trusted, _write(directory / "tls.pem", _certificate("127.0.0.1", key, "proxy", authority), key)


def _new_key() -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    authority: ec.EllipticCurvePrivateKey,
    *,
    hosts: Sequence[str] = (),
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    address = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *(x509.DNSName(host) for host in hosts)]
    )
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=key is authority, path_length=None), critical=True)
        .sign(authority, hashes.SHA256())
    )


def _write(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | None = None) -> Path:
    from cryptography.hazmat.primitives import serialization

    encoding = serialization.Encoding.PEM
    parts = [certificate.public_bytes(encoding)]
    if key is not None:
        parts.append(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    path.write_bytes(b"".join(parts))
    return path
