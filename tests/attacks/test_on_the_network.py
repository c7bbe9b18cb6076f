"""Whoever is on the network."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pyvault.aws.client import BotoCalls, make_client
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.config.config_file import ConfigFile  # noqa: F401 - settles the order of imports between config and planning
from pyvault.errors import AwsUnreachableError
from pyvault.model import Credentials
from pyvault.secret import Secret

KEYS = Credentials(access_key_id="AKIAEXAMPLEEXAMPLE00", secret_access_key=Secret("planted"))


#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "see that you talk to AWS": (),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "read or change it (TLS; plain `http` only to an endpoint that you configure, with a token in the request only on this machine, or to the metadata service that `credential_source` asks for)": (
        "attacks/test_on_the_network.py::a_certificate_that_nobody_vouches_for_ends_the_call",
        "attacks/test_on_the_network.py::without_an_endpoint_of_the_config_every_service_is_asked_by_https",
        "unit/retrieval/test_surroundings.py::container_tokens_do_not_travel_in_clear",
        "unit/aws/test_plain_http.py::no_client_that_sends_tokens_is_made_for_plain_http",
        "s3/test_machine_sources.py::a_token_goes_nowhere_in_plain_http",
    ),
}


@pytest.mark.parametrize("service", ["sts", "iam", "sso", "sso-oidc"])
def test_without_an_endpoint_of_the_config_every_service_is_asked_by_https(service: Any) -> None:
    client: Any = make_client(service, ClientSettings(region="eu-west-1"), KEYS)
    assert client.meta.endpoint_url.startswith("https://")


def certificate(directory: Path) -> Path:
    """Make a certificate for this machine that nobody has signed but itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    start = datetime.now(UTC) - timedelta(hours=1)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = directory / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return pem


def test_a_certificate_that_nobody_vouches_for_ends_the_call(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        received.append(secured.recv(100))
                except OSError:
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        settings = ClientSettings(region="eu-west-1", endpoints=Endpoints(sts=url), max_attempts=1)
        with pytest.raises(AwsUnreachableError, match="TLS failed"):
            BotoCalls().sts(settings, KEYS).get_caller_identity()
        thread.join()
    assert [data for data in received if data] == []
