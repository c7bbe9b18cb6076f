"""Targets: what a person types, pastes or keeps in the files of the AWS CLI."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fuzz.target import CANARY, Target, as_text, placed
from pyvault.config.config_file import ConfigFile
from pyvault.config.load import inspect_profile, load_profile
from pyvault.mfa.totp import parse_totp
from pyvault.migration.credentials_file import read_credentials_file, remove_pairs
from pyvault.secret import Secret
from pyvault.server.http.listener import parse_address
from pyvault.sharedfiles.hidden_default import hide_default
from pyvault.sso.populate import parse_filter
from pyvault_cli.commandline import command_table
from pyvault_cli.commandline.arguments import split
from pyvault_cli.commandline.completion import candidates, child_start
from pyvault_cli.commandline.parameters import load_command
from pyvault_cli.credentials.key_input import from_csv, parse_key
from pyvault_cli.terminal.browser import _words, split_for_windows
from server.serving import NOON

FAILED, USAGE, CONFIGURATION = 1, 2, 5
PATH = Path("config")
MOST_PROFILES = 8  # of one input that are resolved

CONFIG = b"""[default]
region = eu-west-1
aws_access_key_id = AKIAEXAMPLEEXAMPLE00
aws_secret_access_key = abc # no comment
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = default
mfa_serial: arn:aws:iam::123456789012:mfa/ann
duration_seconds = 3600
session_tags = a=b, c=d
include_profile = "base"
s3 =
    max_concurrent_requests = 10
[profile 'base'] ; a comment
credential_process = sh -c "x \\
   y"
sts_regional_endpoints = regional
aws_account_id = 123456789012
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin
services = local
endpoint_url = http://localhost:4566
[services local]
sts =
  endpoint_url = http://localhost:4567
"""
LOOPS = b"[profile a]\nsource_profile=b\nrole_arn=arn:aws:iam::123456789012:role/x\n[profile b]\ninclude_profile=a\n"
CREDENTIALS = (
    b"[default]\naws_access_key_id = AKIAEXAMPLEEXAMPLE00\naws_secret_access_key = " + b"x" * 40 + b"\n# kept\n"
    b"[other]\r\naws_access_key_id=AKIAEXAMPLEEXAMPLE01\r\naws_secret_access_key=" + b"y" * 40 + b"\r\n"
    b"[temporary]\naws_access_key_id=ASIAEXAMPLEEXAMPLE01\naws_secret_access_key=z\naws_session_token=z\n"
)
LINES = (
    b"exec\0work\0--\0ls\0-l", b"exec\0-nd\0001h\0work\0kubectl\0exec\0pod\0--\0sh", b"--backend\0file\0exec\0--\0ls", b"vault\0slot\0add\0--keyfile\0x",
    b"--backend-option=a=b\0list\0--no-debug", b"exec\0work\0--region=\0x", b"help\0exec", b"sso\0populate\0--filter\0role=Admin*", b"\xff\0--\0",
)  # fmt: skip


def take_otpauth(data: bytes) -> None:
    totp = parse_totp(Secret(as_text(data)))
    assert len(totp.code(NOON)) == totp.digits


def take_config(data: bytes) -> None:
    """Read a config file, resolve what it names, and make the view of it that hides ``[default]``."""
    config = ConfigFile.parse(data, PATH)
    credentials = ConfigFile.parse(CREDENTIALS, PATH)
    for name in (*config.sso_sessions()[:MOST_PROFILES], "local"):
        config.find_sso_session(name)
        config.find_services(name)
    for name in (*config.profiles()[:MOST_PROFILES], "nobody"):
        for profile in inspect_profile(config, credentials, name, {"AWS_REGION": "eu-west-1"}).chain():
            str(profile)
        config.find_plain_section(name)
    hide_default(config, ConfigFile.parse(b"", PATH))
    hide_default(ConfigFile.parse(b"", PATH), config)
    for name in config.profiles()[:MOST_PROFILES]:
        load_profile(config, None, name, {})


def take_credentials_file(data: bytes) -> None:
    """Find keys in a credentials file, and take them out again: what was not theirs is still there."""
    path = placed("aws/credentials", data)
    pairs = read_credentials_file(path).pairs
    if pairs:
        remove_pairs(path, [*pairs])
        assert not read_credentials_file(path).pairs.keys() & pairs.keys()


@cache
def _valued(path: str) -> frozenset[str]:
    return frozenset(load_command(path).valued())


def take_words(data: bytes) -> str:
    """Take a command line apart, as for a run and as for a Tab."""
    argv = [as_text(word) for word in data.split(b"\0")]
    child_start(argv, menu=command_table.COMMANDS, aliases=command_table.ALIASES, valued=_valued)
    offered = candidates(
        argv,
        commands=[*command_table.COMMANDS, *command_table.ALIASES],
        options=lambda path: dict.fromkeys(_valued(command_table.ALIASES.get(path, path)), True),
        profiles=lambda: ["prod", "prod eu", "bad\nname"],
        backends=lambda: ["file"],
    )
    assert all(word.startswith(argv[-1]) and "\n" not in word for word in offered)
    words = split(argv, menu=command_table.COMMANDS, aliases=command_table.ALIASES, valued=_valued)
    assert list(words.child_argv) == argv[len(argv) - len(words.child_argv) :], (
        "the child's words are the last ones, unchanged"
    )
    assert words.command == "exec" or not words.child_argv
    return words.command


def take_command(data: bytes) -> None:
    """Split the command of a browser, and read the small texts that options have."""
    text = as_text(data.replace(b"\0", b""))
    try:
        split_for_windows(text)
    except ValueError:  # its caller says so
        assert text.count('"') % 2
    _words(text, {"PATH": ""})
    parse_address(text)


def take_filter(data: bytes) -> None:
    text = as_text(data)
    parse_filter(text)


def take_key(data: bytes) -> None:
    parse_key(Secret(data.decode(errors="replace")))


def take_csv(data: bytes) -> None:
    from_csv(placed("csv/key.csv", data))


TARGETS = (
    Target(
        name="otpauth",
        run=take_otpauth,
        seeds=(
            b"MFRG GZDF-MZTW Q2LK MFRG GZDF MZTW Q2LK",
            b"otpauth://totp/AWS:ann@corp?secret=MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK&issuer=AWS&algorithm=SHA256&digits=8&period=60",
            b"apple-otpauth://totp/x?secret=MFRGGZDFMZTWQ2LK&secret=A",
            b"otpauth-migration://offline?data=AAAA",
        ),
        exits=frozenset({CONFIGURATION}),
    ),
    Target(
        name="config", run=take_config, seeds=(CONFIG, LOOPS, CREDENTIALS, b"[]\n[\x0c]\na=\n b\n\\\n"),
        exits=frozenset({CONFIGURATION}), is_silent=False, longest=8192, examples=250,
    ),
    Target(name="credentials-file", run=take_credentials_file, seeds=(CREDENTIALS, CONFIG), exits=frozenset({CONFIGURATION}), examples=250),
    Target(name="argv", run=take_words, seeds=LINES, exits=frozenset({USAGE}), is_silent=False),
    Target(
        name="commands", run=take_command, seeds=(b'firefox --new-window "%s"', b"open -a 'Google Chrome'", b"127.0.0.1:9911", b"[::1]:80"),
        exits=frozenset({CONFIGURATION, USAGE}), is_silent=False,
    ),
    Target(name="sso-filter", run=take_filter, seeds=(b"account=prod-*", b"role=Admin*"), exits=frozenset({CONFIGURATION}), is_silent=False),
    Target(
        name="key-on-stdin", run=take_key,
        seeds=(b'{"AccessKey": {"AccessKeyId": "AKIAEXAMPLEEXAMPLE00", "SecretAccessKey": "%s"}}' % CANARY.encode(), b"AKIAEXAMPLEEXAMPLE00\n" + b"x" * 40),
        exits=frozenset({FAILED, USAGE}),
    ),
    Target(
        name="key-csv", run=take_csv, seeds=(b"\xef\xbb\xbfAccess key ID,Secret access key\r\nAKIAEXAMPLEEXAMPLE00," + b"x" * 40 + b"\r\n",),
        exits=frozenset({FAILED, USAGE, CONFIGURATION}),
    ),
)  # fmt: skip
