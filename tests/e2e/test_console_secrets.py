"""Nothing of a console sign-in can be read anywhere: files, arguments and variables of programs, what is logged."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console_machine import AT_ONCE, Machine
from fake_aws.client import FakeAws

#: Notes every program that Python starts, whoever asks for it.
WATCH = """\
import sys
def note(event, args):
    if event in {{"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}}:
        with open({log!r}, "a") as file:
            file.write(repr(args) + "\\n")
sys.addaudithook(note)
"""
#: A browser that keeps what a spy would look for: its own words and variables; and the code that AWS gave, to look for.
BROWSER = """\
#!{python} -S
import html, os, re, sys, urllib.request
class Seen(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, stream, code, words, headers, url):
        with open({codes!r}, "a") as file:
            file.write(re.search("code=([^&]+)", url)[1] + "\\n")
        return super().redirect_request(request, stream, code, words, headers, url)
open({log!r}, "a").write(repr(sys.argv) + repr(dict(os.environ)) + "\\n")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}), Seen)
page = opener.open(sys.argv[1], timeout=30).read().decode()
opener.open(html.unescape(re.search('content="0;url=(.*?)"', page)[1]), timeout=30)
"""
DEBUG = {"PYVAULT_DEBUG": "1"}


class Spy:
    """Somebody who reads all that is written and started."""

    def __init__(self, machine: Machine, apart: Path) -> None:
        self.machine = machine
        self._codes, self._started = apart / "codes", apart / "started"
        (apart / "sitecustomize.py").write_text(WATCH.format(log=str(self._started)))
        machine.environ["PYTHONPATH"] = str(apart)
        browser = Path(machine.environ["BROWSER"])
        text = BROWSER.format(python=sys.executable, codes=str(self._codes), log=str(self._started))
        browser.write_text(text)
        self.said = ""
        self.secrets: set[str] = set()

    def run(self, *words: str) -> int:
        ended = self.machine.run("--debug", *words, **DEBUG)
        self.said += ended.out + ended.err
        self.secrets |= {login["refresh_token"] for login in self.machine.aws.change_console_login()["logins"]}
        return ended.code

    def learn_credentials(self) -> None:
        shown = json.loads(self.machine.good("--no-input", "export", "console", "--format", "json").out)
        self.secrets |= {shown["SecretAccessKey"], shown["SessionToken"]}

    def started(self) -> str:
        return self._started.read_text()

    def readable(self) -> Iterator[tuple[str, bytes]]:
        yield "what was said", self.said.encode()
        yield "what was started", self._started.read_bytes()
        yield from ((str(path), path.read_bytes()) for path in self.machine.home.rglob("*") if path.is_file())

    def look_for(self) -> set[bytes]:
        found = {*self.secrets, *self._codes.read_text().split()}
        return {text.encode() for text in found} | {b"PRIVATE KEY", base64.b64encode(b'{"typ":"dpop+jwt"')[:20]}


@pytest.fixture
def spy(fake_aws: FakeAws, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Spy:
    return Spy(Machine(fake_aws, tmp_path), tmp_path_factory.mktemp("spy"))


def test_no_token_key_or_code_is_in_a_file_an_argument_or_the_log(spy: Spy) -> None:
    aws = spy.machine.aws
    aws.change_console_login(refuse_codes="INSUFFICIENT_PERMISSIONS")
    assert spy.run("login-session", "console") == 6
    aws.change_console_login(access_token_s=AT_ONCE)
    assert spy.run("login-session", "console") == 0
    aws.fault("console-login.CreateOAuth2Token", "error", times=1, status=503)
    spy.run("--no-input", "exec", "console", "--", "true")
    aws.change_console_login(access_token_s=900)
    assert spy.run("--no-input", "exec", "app", "--", "true") == 0
    spy.learn_credentials()
    assert spy.run("--no-input", "exec", "--ecs-server", "console", "--", "true") == 0
    aws.fault("console-login.RevokeOAuth2TokenWithIAM", "error", times=1, status=503)
    assert spy.run("logout-session", "console") == 0
    secrets = spy.look_for()
    assert len(secrets) >= 8
    challenges = set(re.findall(r"code_challenge=([\w-]{43})", spy.said))
    assert len(challenges) == 2
    assert str(spy.machine.environ["BROWSER"]) in spy.started()
    assert "state=" not in spy.started()  # the link is in a page of ours: whoever has it can end the sign-in
    assert list(spy.machine.home.rglob("sessions-*.pyv"))
    for place, data in spy.readable():
        assert not [secret for secret in secrets if secret in data], place
        assert not [text for text in re.findall(rb"[\w-]{64}", data) if challenge_of(text) in challenges], place


def challenge_of(verifier: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
