"""The machine's own credentials, by each way that a machine has, before a bucket and before a KMS key.

The machine is the local AWS: its STS, its container's endpoint, its instance metadata. The bucket is moto's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import pyvault
from engines import Engine
from fake_aws.client import FakeAws
from fake_kms import KEY, FakeKms
from fault_proxy import FaultProxy
from kms_vaults import by_kms, expecting, shared_vault
from local_server import serving
from pyvault.errors import AwsUnreachableError, ConfigError, CredentialsError, WrongKeyError
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.vault import Vault
from vaults import contents

Environ = dict[str, str]
ROLE = "arn:aws:iam::123456789012:role/ci"
HELD = {"AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def kms() -> Iterator[FakeKms]:
    with FakeKms() as running:
        yield running


def web_identity(aws: FakeAws, folder: Path, around: str = "{}") -> Environ:
    (folder / "token").write_text(around.format(aws.web_identity_token()))
    return {**aws.environ(), "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"), "AWS_ROLE_ARN": ROLE}


def container(aws: FakeAws, folder: Path) -> Environ:
    return aws.machine_environ("ecs")


def pod(aws: FakeAws, folder: Path) -> Environ:
    """As EKS does: the proof is in a file, which somebody ended with a newline."""
    environ = aws.machine_environ("ecs")
    (folder / "proof").write_text(environ.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN") + "\n")
    return {**environ, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(folder / "proof")}


def instance(aws: FakeAws, folder: Path) -> Environ:
    return aws.machine_environ("ec2")


Make = Callable[[FakeAws, Path], Environ]
WAYS: dict[str, tuple[Make, str]] = {
    "OIDC": (web_identity, "assumed-role/ci/"),
    "OIDC, a newline after the token": (lambda aws, folder: web_identity(aws, folder, "{}\n"), "assumed-role/ci/"),
    "OIDC, blanks around the token": (lambda aws, folder: web_identity(aws, folder, " {}\r\n "), "assumed-role/ci/"),
    "container": (container, "assumed-role/worker/task"),
    "container, the proof in a file": (pod, "assumed-role/worker/task"),
    "instance": (instance, "assumed-role/worker/i-0123456789abcdef0"),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, fake_aws: FakeAws, tmp_path: Path) -> tuple[Environ, str]:
    make, whose = WAYS[request.param]
    return make(fake_aws, tmp_path), whose


def holder(aws: FakeAws, access_key_id: str) -> str:
    """Return whose session a request was signed with."""
    (arn,) = [each["arn"] for each in aws.world()["sessions"] if each["access_key_id"] == access_key_id]
    return str(arn)


def exists(url: str, endpoint: str, environ: Environ, **options: str) -> bool:
    return VaultSettings.parse({"path": url, "endpoint_url": endpoint, **options}, environ).place.exists()


def test_it_reaches_the_bucket(way: tuple[Environ, str], fake_aws: FakeAws, moto: Engine, proxy: FaultProxy) -> None:
    environ, whose = way
    assert not exists(moto.free_url(), proxy.url, environ)
    (signer,) = proxy.signers
    assert whose in holder(fake_aws, signer)


def test_it_opens_by_kms(way: tuple[Environ, str], fake_aws: FakeAws, kms: FakeKms, tmp_path: Path) -> None:
    environ, whose = way
    vault = shared_vault(tmp_path, kms)
    asked = {**environ, "AWS_ENDPOINT_URL_KMS": kms.url}
    with Vault.open(vault.path, by_kms(kms, environ=asked), options=expecting(vault)) as opened:
        assert contents(opened) == {"prod": b"ours"}
    assert whose in holder(fake_aws, kms.calls[-1].signer)


def test_the_environment_comes_first(fake_aws: FakeAws, tmp_path: Path, moto: Engine, proxy: FaultProxy) -> None:
    environ = {**container(fake_aws, tmp_path), **web_identity(fake_aws, tmp_path), **fake_aws.environ("demo")}
    assert not exists(moto.free_url(), proxy.url, environ)
    assert proxy.signers == [fake_aws.key("demo").access_key_id]


# ------------------------------------------------------------ whose environment


def test_a_given_environment_is_all_that_counts(
    fake_aws: FakeAws, tmp_path: Path, kms: FakeKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = shared_vault(tmp_path, kms)
    role = {**web_identity(fake_aws, tmp_path), "AWS_ENDPOINT_URL_KMS": kms.url}
    own = {"HOME": str(tmp_path / "own"), **HELD, "AWS_ENDPOINT_URL_KMS": kms.url}
    (tmp_path / "own").mkdir()
    options = {"path": str(vault.path), "kms_key": KEY, "expect_fingerprint": vault.fingerprint.hex()}
    for name, value in role.items():
        monkeypatch.setenv(name, value)
    asked, ops = len(kms.calls), len(fake_aws.ops())
    with (
        pyvault.open_vault("file", options=options, environ=own) as opened,
        pytest.raises(pyvault.PyvaultError, match="credentials were not found"),
    ):
        opened.profiles()
    assert (len(kms.calls), len(fake_aws.ops())) == (asked, ops), "the role of the process was not used"
    for name in role:
        monkeypatch.delenv(name)
    with pyvault.open_vault("file", options=options, environ={**own, **role}) as opened:
        assert opened.profiles() == ["prod"]


# ------------------------------------------------------------ what is refused, and how it is named


def test_a_token_goes_nowhere_in_plain_http(fake_aws: FakeAws, tmp_path: Path, moto: Engine) -> None:
    environ = {**web_identity(fake_aws, tmp_path), "AWS_ENDPOINT_URL_STS": "http://sts.example.test"}
    with pytest.raises(ConfigError, match="AWS_ENDPOINT_URL_STS: a token would be sent to"):
        exists(moto.free_url(), moto.url, environ)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"pyvault-keyfile-v1:" + base64.b64encode(bytes(32)), "the key file of a vault, which was not sent"),
        (b"my-secret-password", "did not return a JSON Web Token"),
        (b"\xff\xfe", "is not text"),
        (None, "can't be read"),
    ],
)
def test_what_is_no_token_is_not_sent(
    content: bytes | None, told: str, fake_aws: FakeAws, tmp_path: Path, moto: Engine
) -> None:
    environ = web_identity(fake_aws, tmp_path)
    (tmp_path / "token").unlink()
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    with pytest.raises(ConfigError, match=told) as refused:
        exists(moto.free_url(), moto.url, environ)
    assert "my-secret" not in refused.value.message + str(refused.value.__context__)
    assert fake_aws.ops() == []


def test_a_key_file_is_no_proof_for_a_container(fake_aws: FakeAws, tmp_path: Path, moto: Engine) -> None:
    environ = pod(fake_aws, tmp_path)
    (tmp_path / "proof").write_text("pyvault-keyfile-v1:AAAA")
    with pytest.raises(ConfigError, match="the key file of a vault, which was not sent") as refused:
        exists(moto.free_url(), moto.url, environ)
    assert "AAAA" not in refused.value.message


def test_a_token_without_a_role(fake_aws: FakeAws, tmp_path: Path, moto: Engine) -> None:
    environ = web_identity(fake_aws, tmp_path)
    del environ["AWS_ROLE_ARN"]
    with pytest.raises(CredentialsError, match="no role for it"):
        exists(moto.free_url(), moto.url, environ)


def test_a_role_that_trusts_somebody_else(fake_aws: FakeAws, tmp_path: Path, moto: Engine, kms: FakeKms) -> None:
    environ = web_identity(fake_aws, tmp_path) | {"AWS_ROLE_ARN": ROLE.replace("/ci", "/reader")}
    with pytest.raises(CredentialsError, match="AWS refused them: AccessDenied") as refused:
        exists(moto.free_url(), moto.url, environ)
    assert (tmp_path / "token").read_text() not in str(refused.value)
    vault = shared_vault(tmp_path, kms)
    with pytest.raises(WrongKeyError, match="was skipped: the machine's own credentials: AWS refused them"):
        Vault.open(vault.path, by_kms(kms, environ=environ), options=expecting(vault))


def test_sources_that_do_not_answer(fake_aws: FakeAws, tmp_path: Path, moto: Engine) -> None:
    nobody = "http://127.0.0.1:9"
    silent = {**web_identity(fake_aws, tmp_path), "AWS_ENDPOINT_URL_STS": nobody}
    with pytest.raises(AwsUnreachableError, match="no answer from where they come from"):
        exists(moto.free_url(), moto.url, silent)
    with pytest.raises(CredentialsError, match="the machine's own credentials"):
        exists(moto.free_url(), moto.url, {**HELD, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{nobody}/c"})
    with pytest.raises(CredentialsError, match="were not found"):
        exists(moto.free_url(), moto.url, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{nobody}/"})


# ------------------------------------------------------------ profiles that need no vault


def profiles(folder: Path, text: str) -> Environ:
    (folder / "config").write_text(text)
    return {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none")}


@pytest.mark.parametrize(
    ("source", "make"), [("EcsContainer", container), ("Ec2InstanceMetadata", instance), ("Environment", None)]
)
def test_a_profile_may_name_a_source_of_the_machine(
    source: str, make: Make | None, fake_aws: FakeAws, tmp_path: Path, moto: Engine, proxy: FaultProxy
) -> None:
    trusted = {"trusted": ["role/worker", "user/demo"]}
    fake_aws.enlarge({"accounts": {"123456789012": {"roles": {"bucket": trusted}}}})
    config = f"[profile p]\nrole_arn = arn:aws:iam::123456789012:role/bucket\ncredential_source = {source}\n"
    environ = fake_aws.environ("demo") if make is None else make(fake_aws, tmp_path)
    assert not exists(moto.free_url(), proxy.url, {**environ, **profiles(tmp_path, config)}, aws_profile="p")
    assert "assumed-role/bucket/" in holder(fake_aws, proxy.signers[0])


def test_a_profile_with_a_token_file(fake_aws: FakeAws, tmp_path: Path, moto: Engine, proxy: FaultProxy) -> None:
    (tmp_path / "token").write_text(fake_aws.web_identity_token() + "\n")
    config = f"[profile p]\nrole_arn = {ROLE}\nweb_identity_token_file = {tmp_path}/token\n"
    environ = {**fake_aws.environ(), **profiles(tmp_path, config)}
    assert not exists(moto.free_url(), proxy.url, environ, aws_profile="p")
    assert "assumed-role/ci/" in holder(fake_aws, proxy.signers[0])


def test_nobody_is_asked_for_a_code(fake_aws: FakeAws, tmp_path: Path, moto: Engine) -> None:
    pair = fake_aws.key("mfa-user")
    config = f"""[profile p]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = keys
mfa_serial = {fake_aws.mfa_serial("mfa-user")}
[profile keys]
aws_access_key_id = {pair.access_key_id}
aws_secret_access_key = {pair.secret_access_key}
"""
    environ = {**fake_aws.environ(), **profiles(tmp_path, config)}
    with pytest.raises(CredentialsError, match="'p' wants an MFA code") as refused:
        exists(moto.free_url(), moto.url, environ, aws_profile="p")
    assert "without mfa_serial" in (refused.value.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        """[profile a]
credential_process = {pyvault} export a --format json
""",
        """[profile a]
role_arn = arn:aws:iam::123456789012:role/ci
source_profile = b
[profile b]
credential_process = {pyvault} export b --format json
""",
        """[profile a]
credential_process = {pyvault} exec b -- env
[profile b]
role_arn = arn:aws:iam::123456789012:role/ci
source_profile = a
""",
    ],
    ids=["itself", "its source", "another one of the vault"],
)
@pytest.mark.parametrize("place", ["a bucket", "a file that KMS opens"])
def test_a_profile_that_needs_the_vault_ends_with_an_error(
    text: str, place: str, fake_aws: FakeAws, tmp_path: Path, moto: Engine, kms: FakeKms
) -> None:
    from command_line import PYVAULT, run_pyvault

    vault = shared_vault(tmp_path, kms)
    vaults = {
        "a bucket": {"PYVAULT_FILE": moto.free_url(), "PYVAULT_BACKEND_FILE__ENDPOINT_URL": moto.url},
        "a file that KMS opens": {
            "PYVAULT_FILE": str(vault.path),
            "PYVAULT_KMS_KEY": KEY,
            "PYVAULT_EXPECT_FINGERPRINT": vault.fingerprint.hex(),
        },
    }
    env = {
        **fake_aws.environ(),
        **profiles(tmp_path, text.format(pyvault=PYVAULT)),
        **vaults[place],
        "AWS_ENDPOINT_URL_KMS": kms.url,
        "PYVAULT_BACKEND": "file",
        "PYVAULT_BACKEND_FILE__AWS_PROFILE": "a",
    }
    asked = len(kms.calls)
    ended = run_pyvault(tmp_path, "--no-input", "list", env=env)
    assert ended.code in {4, 6}, ended.err
    assert "profile 'a'" in ended.err
    assert len(kms.calls) == asked
    assert json.dumps(ended.out)


# ------------------------------------------------------------ somebody else answers


class Portal(BaseHTTPRequestHandler):
    """What a network shows to who has not signed in; the path says with which status."""

    def do_GET(self) -> None:
        status = int(self.path.split("/")[1])
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Please sign in</html>")

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 503])
@pytest.mark.parametrize("source", ["OIDC", "container", "instance"])
def test_a_captive_portal_gives_no_credentials(
    source: str, status: int, fake_aws: FakeAws, tmp_path: Path, moto: Engine, proxy: FaultProxy
) -> None:
    with serving(Portal) as url:
        there = f"{url}/{status}/"
        environ = {
            "OIDC": {**web_identity(fake_aws, tmp_path), "AWS_ENDPOINT_URL_STS": there, **HELD},
            "container": {**HELD, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{there}c"},
            "instance": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": there},
        }[source]
        with pytest.raises(CredentialsError, match="the machine's own credentials") as refused:
            exists(moto.free_url(), proxy.url, environ)
    assert "sign in" not in refused.value.message
    assert proxy.requests == []
