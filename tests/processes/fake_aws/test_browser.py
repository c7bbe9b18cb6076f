"""A real headless Chromium at the pages that people see."""

from __future__ import annotations

import http.client
import http.server
import json
import subprocess
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fake_aws.client import FakeAws
from fake_aws.demo_world import START_URL

pytestmark = pytest.mark.peer("chromium")


def dump(url: str, profile: Path) -> str:
    """Open a page and give its document."""
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    words += [f"--user-data-dir={profile}", "--dump-dom", url]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout


class Callback(http.server.BaseHTTPRequestHandler):
    """The loopback redirect address of a login."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        pass


def test_it_comes_back_from_the_authorization_page_with_a_code(fake_aws: FakeAws, boto: Any, tmp_path: Path) -> None:
    client = boto("sso-oidc").register_client(
        clientName="test",
        clientType="public",
        scopes=["sso:account:access"],
        grantTypes=["authorization_code", "refresh_token"],
        redirectUris=["http://127.0.0.1/callback"],
        issuerUrl=START_URL,
    )
    seen: list[str] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Recording", (Callback,), {"seen": seen})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fields = {
            "response_type": "code",
            "client_id": client["clientId"],
            "redirect_uri": f"http://127.0.0.1:{server.server_address[1]}/callback",
            "state": "abc",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
            "scopes": "sso:account:access",
        }
        dump(f"{fake_aws.url}/authorize?{urlencode(fields)}", tmp_path)
        server.shutdown()
    [answer] = [parse_qs(urlsplit(path).query) for path in seen if path.startswith("/callback?")]
    assert answer["state"] == ["abc"]
    assert len(answer["code"][0]) > 40


def test_it_stands_in_the_console_after_a_login(fake_aws: FakeAws, boto: Any, tmp_path: Path) -> None:
    role = boto("sts", "demo").assume_role(RoleArn=fake_aws.role_arn("reader"), RoleSessionName="test")["Credentials"]
    session = {
        "sessionId": role["AccessKeyId"],
        "sessionKey": role["SecretAccessKey"],
        "sessionToken": role["SessionToken"],
    }
    connection = http.client.HTTPConnection("127.0.0.1", fake_aws.port, timeout=30)
    connection.request("GET", f"/federation?{urlencode({'Action': 'getSigninToken', 'Session': json.dumps(session)})}")
    token = json.loads(connection.getresponse().read())["SigninToken"]
    connection.close()
    destination = "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"
    login = {"Action": "login", "Issuer": "test", "Destination": destination, "SigninToken": token}
    page = dump(f"{fake_aws.url}/federation?{urlencode(login)}", tmp_path)
    assert '<p id="arn">arn:aws:sts::123456789012:assumed-role/reader/test</p>' in page
    assert '<p id="region">eu-west-1</p>' in page
