"""The ordinary path reads no variable outside the table: an environment that spies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import clean_environ
from fake_aws.client import FakeAws
from pyvault.warm.question import FAMILIES, NEVER, READ, WITHOUT_A_SAY
from warm_home import WarmHome

SCRIPT = """
import json, os, sys
class Spy(type(os.environ)):
    def __getitem__(self, name):
        if sys._getframe(1).f_code.co_name != "__iter__":
            read.add(name)
        return super().__getitem__(name)
    def __contains__(self, name):
        read.add(name)
        return super().__contains__(name)
    def __iter__(self):
        frame = sys._getframe(1)
        while "pyvault" not in frame.f_code.co_filename:
            frame = frame.f_back
        looked.add(os.path.basename(frame.f_code.co_filename) + ":" + frame.f_code.co_name)
        return super().__iter__()
def end(*_):
    file = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (json.dumps([sorted(read), sorted(looked)]) + chr(10)).encode())  # each process its line
    leave(0)
read, looked, leave = set(), set(), os._exit
os._exit = os.execve = end
os.environ.__class__ = Spy
told = sys.argv[2]
sys.argv = ["pyvault", *json.loads(sys.argv[1])]
from pyvault_cli.__main__ import main
main()
"""
#: What looks at all names takes those of one family, or hands them on as they are.
LOOKS_AT_ALL = {
    "backend_options.py:_from_environ": "PYVAULT_BACKEND_",
    "endpoints.py:_from_variables": "AWS_ENDPOINT_URL_",
    "child_environment.py:removed_names": "AWS_BEARER_TOKEN_",
    "child_environment.py:<genexpr>": "AWS_BEARER_TOKEN_, and proxies",
    "scrub_environment.py:<dictcomp>": "to the command",
    "scrub_environment.py:without_vault_secrets": "to the command",
}
WORDS = [
    ("export", "reader", "--format", "json"),
    ("export", "reader"),
    ("export", "demo", "--format", "fish", "--duration", "20m"),
    ("exec", "reader", "--", "true"),
    ("exec", "-s", "reader", "--", "true"),
    ("exec", "demo", "--region", "us-east-1", "--", "true"),
    ("exec", "all", "--", "true"),
    ("export", "all", "--format", "export-env"),
]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_nothing_else_is_read(tmp_path: Path, fake_aws: FakeAws, words: tuple[str, ...]) -> None:
    home = WarmHome(tmp_path, fake_aws)
    (tmp_path / "bundle.pem").touch()
    here = f"region = eu-west-1\nendpoint_url = {fake_aws.url}\n"
    home.config.write_text(
        f"{home.config.read_text()}[profile all]\nsource_profile = demo\n{here}role_arn = {fake_aws.role_arn('reader')}\n"
        f"ca_bundle = ~/bundle.pem\nduration_seconds = 1200\nsts_regional_endpoints = regional\nservices = mine\n"
        f"use_fips_endpoint = false\nretry_mode = standard\n[services mine]\nsts =\n  endpoint_url = {fake_aws.url}\n"
    )
    assert home.ordinary(*words).code == 0
    environ = {**clean_environ(tmp_path), **{name: value for name, value in home.environ.items() if value}}
    told = tmp_path / "read"
    subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(words), told],
        env=environ | {"PYVAULT_WARM": "0"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    read, looked = ({name for line in lines for name in line[half]} for half in (0, 1))
    assert {"HOME", "PYVAULT_KEYFILE"} <= set(read)
    outside = {
        name for name in read if name not in {*READ, *WITHOUT_A_SAY, *NEVER} and not name.startswith(tuple(FAMILIES))
    }
    assert outside == set()
    assert looked <= set(LOOKS_AT_ALL)
