"""A machine where somebody signs in with their console identity: a desktop, a vault, the strict local AWS."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import starts
from command_line import PYVAULT, Ended, clean_environ
from fake_aws.client import FakeAws

ME = "arn:aws:iam::123456789012:user/demo"
CONFIG = """\
# written by hand
[profile console]
region = eu-west-1
[profile app]
region = eu-west-1
source_profile = console
role_arn = {reader}
# the end"""
SIGNED_IN = CONFIG.replace("[profile console]\n", f"[profile console]\nlogin_session = {ME}\n")

#: Follows the page that it is given and AWS's redirects, as a desktop's browser does.
BROWSER = """\
#!{python}
import html, re, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
page = opener.open(sys.argv[1], timeout=30).read().decode()
link = re.search('http-equiv="refresh" content="0;url=(.*?)"', page)
page = opener.open(html.unescape(link[1]), timeout=30).read().decode()
open({log!r}, "a").write(page)
"""


#: Seconds of a token that has ended when it is used.
AT_ONCE = 1


class Machine:
    """A home with a config file, a vault that a key file opens, and a desktop."""

    def __init__(self, aws: FakeAws, home: Path) -> None:
        self.aws = aws
        self.home = home
        self.log = home / "pages"
        browser = home / "browser"
        browser.write_text(BROWSER.format(python=sys.executable, log=str(self.log)))
        browser.chmod(0o755)
        keyfile = home / "key"
        keyfile.write_text(f"pyvault-keyfile-v1:{'A' * 43}=\n")
        keyfile.chmod(0o600)
        self.config = home / ".aws" / "config"
        self.config.parent.mkdir()
        self.write(SIGNED_IN)
        self.environ = {
            **clean_environ(home),
            **{name: value for name, value in aws.environ().items() if "REGION" not in name},
            "AWS_MAX_ATTEMPTS": "1",
            "BROWSER": str(browser),
            "PYVAULT_SSO_FLOW": "browser",  # the tests may themselves run in a container
            "PYVAULT_KEYFILE": str(keyfile),
        }

    def write(self, config: str) -> None:
        self.config.write_text(config.format(reader=self.aws.role_arn("reader")))

    def start(self, *words: str) -> subprocess.Popen[str]:
        return starts.Popen(
            [PYVAULT, *words],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, **env: str) -> Ended:
        done = starts.run(
            [PYVAULT, *words],
            capture_output=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**self.environ, **env},
        )
        return Ended(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def good(self, *words: str) -> Ended:
        ended = self.run(*words)
        assert ended.code == 0, ended.err
        return ended

    def sign_in(self, *, access_token_s: float = 900) -> None:
        self.aws.change_console_login(access_token_s=access_token_s)
        self.good("login-session", "console")
        self.aws.change_console_login(access_token_s=900)
        self.aws.clear_calls()
        if access_token_s == AT_ONCE:
            time.sleep(AT_ONCE)  # AWS gives no shorter one, and our clock can't be moved: until it has ended

    def key_id(self, profile: str = "console") -> str:
        shown = json.loads(self.good("--no-input", "export", profile, "--format", "json").out)
        assert shown["AccountId"] == "123456789012"
        return str(shown["AccessKeyId"])


def cli_file(machine: Machine) -> Path:
    """Write what the AWS CLI would have of the sign-in that was just made: out of the vault, which has its key."""
    key = starts.run(
        [PYVAULT.with_name("python"), "-c", DUMP],
        env=machine.environ,
        capture_output=True,
        check=True,
    )
    path = machine.home / ".aws/login/cache" / f"{hashlib.sha256(ME.encode()).hexdigest()}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(key.stdout)
    return path


DUMP = """
import json, os
from pyvault.clock import to_rfc3339
from pyvault.loginsession.login_tokens import decode
from pyvault.names import Kind
from pyvault.runtime import Runtime

def ask(question):
    raise AssertionError(question)

with Runtime(os.environ, ask) as runtime:
    (name,) = runtime.sessions.blobs(Kind.LOGIN_SESSION)
    token = decode(runtime.sessions.get_blob(Kind.LOGIN_SESSION, name))
keys, grant = token.credentials, token.grant
print(json.dumps({
    "accessToken": {
        "accessKeyId": keys.access_key_id,
        "secretAccessKey": keys.secret_access_key.reveal(),
        "sessionToken": keys.session_token.reveal(),
        "accountId": keys.account_id,
        "expiresAt": to_rfc3339(keys.expires),
    },
    "tokenType": "aws_sigv4",
    "clientId": grant.client_id,
    "refreshToken": grant.refresh_token.reveal(),
    "dpopKey": grant.dpop_key.reveal(),
    "signInRegion": grant.region,
}))
"""
