"""Every place from which a secret comes to us, each with one that is planted there."""

from __future__ import annotations

import json
from collections.abc import Callable

from attacks.mirror import Mirror, repeated, sts_answer
from attacks.scene import Scene

KEY, SECRET, TOKEN = "ASIAPLANTED000000001", "s" * 40, "t" * 60
ROLE = "role_arn = arn:aws:iam::123456789012:role/x\n"
SSO = (
    "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
    "[profile p]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n"
)

#: Plants a text and returns the variables that lead to it.
Plant = Callable[[Scene, Mirror, str], dict[str, str]]

#: What only signs requests, is kept for later, or is a code of another form than ours: it goes nowhere.
NEVER_SENT = {"Environment, secret", "stored item", "keys in plain text", "mfa_process", "sign-in, refreshToken"}


def profile(scene: Scene, mirror: Mirror, lines: str, *, also: str = "") -> None:
    scene.config.write_text(f"[profile p]\nregion = eu-west-1\nendpoint_url = {mirror.url}\n{lines}{also}")


def printing(scene: Scene, text: str) -> str:
    """Return a command that prints a text and holds nothing of it."""
    (scene.world / "answer").write_bytes(text.encode("utf-8", "surrogateescape"))
    return f"cat {scene.world}/answer"


def keys(which: str, planted: str, *, token: str = "SessionToken") -> str:
    return json.dumps({"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET, token: TOKEN, "Expiration": "2099-01-01T00:00:00Z", which: planted})  # fmt: skip


def command(which: str) -> Plant:
    def plant(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
        mirror.reply = repeated
        profile(scene, mirror, f"credential_process = {printing(scene, keys(which, planted))}\n")
        return {}

    return plant


def role_of_a_command(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    mirror.reply = repeated
    base = (
        f"[profile base]\nregion = eu-west-1\ncredential_process = {printing(scene, keys('SessionToken', planted))}\n"
    )
    profile(scene, mirror, f"{ROLE}source_profile = base\n", also=base)
    return {}


def environment(name: str) -> Plant:
    def plant(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
        mirror.reply = repeated
        profile(scene, mirror, f"{ROLE}credential_source = Environment\n")
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
        return {**keys, name: planted}

    return plant


def container(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    profile(scene, mirror, "credential_source = EcsContainer\n")
    mirror.reply = lambda _: (200, keys("Token", planted, token="Token"))
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{mirror.url}/c"}


def container_token(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    profile(scene, mirror, "credential_source = EcsContainer\n")
    mirror.reply = repeated
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{mirror.url}/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN": planted}


def instance(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    profile(scene, mirror, "credential_source = Ec2InstanceMetadata\n")

    def reply(asked: str) -> tuple[int, str]:
        if "/api/token" in asked.splitlines()[0]:
            return 200, "imds-token"
        last = asked.split()[1].rstrip("/").rpartition("/")[2]
        return 200, "worker" if last == "security-credentials" else keys("Token", planted, token="Token")

    mirror.reply = reply
    return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{mirror.url}/", "AWS_EC2_METADATA_DISABLED": "false"}


def web_token(planted: str) -> str:
    """Something planted where the signature of a token stands; the rest is as an issuer writes it."""
    return f"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4Iiwic3ViIjoieSJ9.{planted.removesuffix('/+=')}"


def web_token_file(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    mirror.reply = repeated
    (scene.world / "token").write_bytes(web_token(planted).encode("utf-8", "surrogateescape"))
    profile(scene, mirror, f"{ROLE}web_identity_token_file = {scene.world}/token\n")
    return {}


def web_token_process(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    mirror.reply = repeated
    profile(scene, mirror, f"{ROLE}web_identity_token_process = {printing(scene, web_token(planted))}\n")
    return {}


def store(scene: Scene, secret: str = SECRET) -> None:
    """Store a pair of keys for the profile."""
    stored = scene.run(
        "add", "p", "--stdin", "--no-verify", "--no-add-config", "--force", stdin=f"AKIAPLANTED000000001\n{secret}\n"
    )
    assert stored.code == 0, stored.err


def sts(which: str) -> Plant:
    def plant(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
        given = {"key": KEY, "secret": SECRET, "token": TOKEN, which: planted}
        mirror.reply = lambda _: (200, sts_answer("GetSessionToken", **given))
        profile(scene, mirror, "")
        store(scene)
        return {}

    return plant


def stored_item(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    """Plant a pair of which AWS says that the signature is wrong, with all that was sent."""
    mirror.reply = repeated
    profile(scene, mirror, "")
    scene.run(
        "add", "p", "--stdin", "--no-verify", "--no-add-config", "--force", stdin=f"AKIAPLANTED000000001\n{planted}\n"
    )
    return {}


def plaintext(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    mirror.reply = repeated
    profile(scene, mirror, "")
    lines = f"[p]\naws_access_key_id = AKIAPLANTED000000001\naws_secret_access_key = {planted}\n"
    (scene.world / "credentials").write_bytes(lines.encode("utf-8", "surrogateescape"))
    return {}


def mfa_process(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
    mirror.reply = repeated
    serial = "mfa_serial = arn:aws:iam::123456789012:mfa/me\n"
    profile(scene, mirror, f"{serial}mfa_process = {printing(scene, planted)}\n")
    store(scene)
    return {}


def sign_in(which: str) -> Plant:
    def plant(scene: Scene, mirror: Mirror, planted: str) -> dict[str, str]:
        answers = {
            "client/register": {"clientId": "id", "clientSecret": "secret", "clientSecretExpiresAt": 4_000_000_000},
            "device_authorization": {
                "deviceCode": "device", "userCode": "ABCD-EFGH", "verificationUri": f"{mirror.url}/device",
                "verificationUriComplete": f"{mirror.url}/device?user_code=ABCD-EFGH", "expiresIn": 2, "interval": 1,
            },
            "token": {"accessToken": "bearer", "expiresIn": 3600, "refreshToken": "refresh", "tokenType": "Bearer"},
            "federation/credentials": {"roleCredentials": {
                "accessKeyId": KEY, "secretAccessKey": SECRET, "sessionToken": TOKEN, "expiration": 4_000_000_000_000}},
        }  # fmt: skip

        def reply(asked: str) -> tuple[int, str]:
            path = asked.split()[1].partition("?")[0].strip("/")
            answer = {**answers.get(path, {})}
            if which in answer:
                answer[which] = planted
            if path == "federation/credentials":
                if which == "accessToken":  # it is used: the portal sends it back
                    return repeated(asked)
                role = {**answers[path]["roleCredentials"]}  # type: ignore[dict-item]
                return 200, json.dumps({"roleCredentials": {**role, **({which: planted} if which in role else {})}})
            return (200, json.dumps(answer)) if answer else (404, "{}")

        mirror.reply = reply
        scene.config.write_text(SSO.replace("region = eu-west-1\nsso_session", f"region = eu-west-1\nendpoint_url = {mirror.url}\nsso_session"))  # fmt: skip
        environ = {"PYVAULT_SSO_FLOW": "device", "AWS_ENDPOINT_URL": mirror.url}
        scene.run("sso", "login", "p", "--stdout", may_wait=True, **environ)
        return environ

    return plant


SOURCES: dict[str, Plant] = {
    **{f"credential_process, {which}": command(which) for which in ("AccessKeyId", "SecretAccessKey", "SessionToken")},
    "credential_process behind a role": role_of_a_command,
    "Environment, secret": environment("AWS_SECRET_ACCESS_KEY"),
    "Environment, token": environment("AWS_SESSION_TOKEN"),
    "EcsContainer": container,
    "EcsContainer, authorization token": container_token,
    "Ec2InstanceMetadata": instance,
    "web_identity_token_file": web_token_file,
    "web_identity_token_process": web_token_process,
    **{f"STS, {which}": sts(which) for which in ("key", "secret", "token")},
    "stored item": stored_item,
    "keys in plain text": plaintext,
    "mfa_process": mfa_process,
    **{
        f"sign-in, {which}": sign_in(which)
        for which in ("clientSecret", "deviceCode", "accessToken", "refreshToken", "secretAccessKey", "sessionToken")
    },
}
