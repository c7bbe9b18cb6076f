"""A secret in any source, whole or spoilt, is shown by no command and stands in the clear in no file.

Searched are stdout and stderr of every command with --debug and PYVAULT_DEBUG=1 (stdout not where the secret was
asked for), and every file below HOME: the vault, state, cache and runtime directories among them. Where a request
goes out, the answer repeats all that was sent, in the code of its error and in its message.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from attacks.mirror import Mirror, repeated, sts_answer
from attacks.scene import Scene, shows
from attacks.sources import NEVER_SENT, SOURCES, profile, store
from command_line import PYVAULT
from kin import family, shown
from pyvault_cli.commandline.command_table import COMMANDS as COMMANDS_OF_THE_MENU

#: What a program, an editor or an attacker puts around or into a secret.
SPOILT = {
    "newline": "{}\n",
    "header": "{}\r\nX-Injected: {}",
    "blank": "{} {}",
    "escape": "\x1b]0;{}\x07",
    "no ASCII": "{}é",
    "no text": "{}\udcff",
}
COMMANDS = (
    ("explain", "p"),
    ("list", "--credentials"),
    ("login", "p", "--stdout"),
    ("rotate", "p"),
    ("sso", "logout", "p"),
)
#: Not with "no text": JSON and XML have no such thing.
DOCUMENTS = ("credential_process", "EcsContainer", "Ec2", "STS")


def planted(source: str) -> list[str]:
    """Return the forms of a secret that a source can have; a sign-in takes seconds, and reads all of its answers alike."""
    if source.startswith("sign-in"):
        return [SPOILT["newline"], SPOILT["no ASCII"]]
    is_document = source.startswith(DOCUMENTS) and source != "EcsContainer, authorization token"
    return [form for label, form in SPOILT.items() if not (is_document and label == "no text")]


@pytest.mark.parametrize("source", SOURCES)
def test_a_spoilt_secret_is_shown_nowhere(scene: Scene, mirror: Mirror, source: str) -> None:
    for form in planted(source):
        environ = SOURCES[source](scene, mirror, form.replace("{}", scene.canary))
        for words in [("export", "p"), ("export", "p", "--no-cache"), *COMMANDS]:
            more = ["--allow-plaintext-source"] if words[0] == "export" else []
            scene.run(*words, *more, **environ)
            assert scene.places() == [], (form, words)
        scene.run("clear", "--all")
        assert scene.records() == []


@pytest.mark.parametrize("source", SOURCES)
def test_a_whole_secret_is_only_where_it_was_asked_for(scene: Scene, mirror: Mirror, source: str) -> None:
    environ = SOURCES[source](scene, mirror, f"{scene.canary}/+=")
    exported = scene.run("export", "p", "--allow-plaintext-source", **environ)
    sent = scene.canary.encode() in exported.stdout or any(scene.canary in asked for asked in mirror.seen)
    assert sent == (source not in NEVER_SENT), exported.err
    scene.said = exported.stderr
    for words in COMMANDS:
        scene.run(*words, **environ)
    assert scene.places() == []


def test_what_a_failed_fetch_leaves_holds_no_secret_and_goes_when_it_is_cleared(scene: Scene, mirror: Mirror) -> None:
    for words in (["p"], ["--all"], ["--expired"], []):
        environ = SOURCES["credential_process behind a role"](scene, mirror, f"{scene.canary}/+=")
        assert scene.run("export", "p", **environ).code == 6
        assert len(scene.records()) == 1
        assert scene.places() == []
        assert scene.run("clear", *words).code == 0
        assert scene.records() == [], words


def given(scene: Scene, how: str, text: str) -> None:
    """Give a text where a person or a CI system gives secrets."""
    raw = text.encode("utf-8", "surrogateescape")
    path = scene.world / "given"
    path.write_bytes(raw)
    path.chmod(0o600)
    csv = scene.world / "keys.csv"
    csv.write_bytes(b"Access key ID,Secret access key\n" + raw + b",AKIAPLANTED000000001\n")
    variables = {"AWS_ACCESS_KEY_ID": text, "AWS_SECRET_ACCESS_KEY": "AKIAPLANTED000000001"}
    add = ("add", "q", "--no-add-config", "--no-verify")
    ways = {
        "add --stdin": lambda: scene.run(*add, "--stdin", stdin=f"{text}\nAKIAPLANTED000000001\n"),
        "add --stdin, JSON": lambda: scene.run(*add, "--stdin", stdin=f'{{"AccessKeyId": "{text}", "x": 1'),
        "add --env": lambda: scene.run(*add, "--env", **variables),
        "add --csv": lambda: scene.run(*add, "--csv", str(csv)),
        "add --totp": lambda: scene.run("add", "p", "--totp", stdin=f"{text}\n"),
        "--mfa-token": lambda: scene.run("export", "p", "--mfa-token", text),
        "key file": lambda: scene.run("list", "--credentials", PYVAULT_KEYFILE=str(path)),
        "PYVAULT_KEYFILE": lambda: scene.run("list", "--credentials", PYVAULT_KEYFILE=f"pyvault-keyfile-v1:{text}"),
        "PYVAULT_KEY": lambda: scene.run("list", "--credentials", PYVAULT_KEYFILE="", PYVAULT_KEY=text),
        "passphrase": lambda: scene.run("vault", "verify", PYVAULT_KEYFILE="", PYVAULT_PASSPHRASE=text),
        "passphrase file": lambda: scene.run("vault", "verify", PYVAULT_KEYFILE="", PYVAULT_PASSPHRASE_FILE=str(path)),
        "new passphrase": lambda: scene.run("vault", "slot", "add", "--passphrase", PYVAULT_NEW_PASSPHRASE=text),
    }
    ways[how]()


HOW = (
    *("add --stdin", "add --stdin, JSON", "add --env", "add --csv", "add --totp", "--mfa-token", "key file"),
    *("PYVAULT_KEYFILE", "PYVAULT_KEY", "passphrase", "passphrase file", "new passphrase"),
)


@pytest.mark.parametrize("how", HOW)
def test_what_is_given_by_hand_is_shown_nowhere(scene: Scene, mirror: Mirror, how: str) -> None:
    profile(scene, mirror, "mfa_serial = arn:aws:iam::123456789012:mfa/me\n")
    store(scene)
    for form in ["{}", *SPOILT.values()]:
        text = form.replace("{}", scene.canary)
        given(scene, how, text)
        assert scene.places() == [], form


@pytest.mark.skipif(sys.platform != "linux", reason="what /proc shows")
@pytest.mark.parametrize("asked", ["export", "exec -s", "server"])
def test_a_killed_command_leaves_no_secret_and_shows_none_while_it_runs(
    scene: Scene, mirror: Mirror, asked: str
) -> None:
    """Let AWS, who is asked in the middle of a command, look at its processes and kill them."""
    SOURCES["credential_process behind a role"](scene, mirror, f"{scene.canary}/+=")
    passphrase = f"{scene.canary}-passphrase"
    assert scene.run("vault", "slot", "add", "--passphrase", PYVAULT_NEW_PASSPHRASE=passphrase).code == 0
    seen: list[bytes] = []

    def look_and_kill(_: str) -> tuple[int, str]:
        processes = family(started.pid)
        seen.extend(shown(pid, what) for pid in processes for what in ("cmdline", "environ"))
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        return 500, ""

    mirror.reply = look_and_kill
    reading, writing = os.pipe()
    os.write(writing, f"{passphrase}\n".encode())
    os.close(writing)
    words = {"export": ["export", "p"], "exec -s": ["exec", "-s", "p", "--", "true"], "server": ["server", "p"]}[asked]
    known = {name: value for name, value in scene.environ.items() if name != "PYVAULT_KEYFILE"}
    started = subprocess.Popen(
        [PYVAULT, "--debug", "--passphrase-fd", str(reading), *words],
        env=known, pass_fds=(reading,), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    os.close(reading)
    scene.said += started.communicate(timeout=60)[0]
    assert started.returncode == -signal.SIGKILL
    assert any(scene.canary in text for text in mirror.seen)
    assert any(seen)
    assert [text for text in seen if shows(text, scene.canary)] == []
    assert scene.places() == []


#: Every command, with words that let it do something. What they answer does not matter here, only what they show.
EVERY = {
    "add": ("add", "p", "--stdin", "--force", "--no-add-config"),
    "list": ("list",),
    "explain": ("explain", "p"),
    "export": ("export", "p"),
    "login": ("login", "p", "--stdout"),
    "rotate": ("rotate", "p"),
    "login-session": ("login-session", "p", "--remote"),
    "logout-session": ("logout-session", "p"),
    "sso login": ("sso", "login", "p"),
    "sso accounts": ("sso", "accounts", "p"),
    "sso roles": ("sso", "roles", "p"),
    "sso populate": ("sso", "populate", "p"),
    "sso logout": ("sso", "logout", "p"),
    "vault info": ("vault", "info"),
    "unlock": ("unlock",),
    "lock": ("lock", "--all"),
    "vault verify": ("vault", "verify"),
    "vault entries": ("vault", "entries"),
    "vault cat": ("vault", "cat", "credential", "p", "--yes"),
    "vault slot add": ("vault", "slot", "add", "--passphrase"),
    "vault passwd": ("vault", "passwd"),
    "vault slot list": ("vault", "slot", "list"),
    "vault slot remove": ("vault", "slot", "remove", "0" * 16),
    "vault rekey": ("vault", "rekey", "--drop-slots"),
    "vault backups": ("vault", "backups"),
    "vault export": ("vault", "export", "moved.pyv", "--to", "keyfile"),
    "vault import": ("vault", "import", "moved.pyv"),
    "vault restore": ("vault", "restore", "1"),
    "vault accept": ("vault", "accept"),
    "vault purge": ("vault", "purge", "--yes"),
    "import aws-vault": ("import", "aws-vault"),
    "import credentials-file": ("import", "credentials-file"),
    "migrate": ("migrate", "--from", "file", "--to", "memory"),
    "backends list": ("backends", "list", "--probe"),
    "backends info": ("backends", "info", "file"),
    "backends accept": ("backends", "accept", "file"),
    "backends new": ("backends", "new", "mine", "made"),
    "setup": ("setup",),
    "doctor": ("doctor",),
    "shell-init": ("shell-init", "bash"),
    "version": ("version",),
    "complete": ("complete", "bash", "1", "pyvault", "export", ""),
    "remove": ("remove", "p", "--force"),
    "clear": ("clear",),
    "vault init": ("vault", "init"),
    "vault forget": ("vault", "forget"),
}
#: These become another program or stay: see the killed ones above, and their own tests.
STAY = {"exec", "server", "proxy"}
ASKED_FOR = {"export", "vault cat"}


def test_every_command_is_tried() -> None:
    assert set(EVERY) | STAY == set(COMMANDS_OF_THE_MENU)


@pytest.mark.parametrize("answer", ["repeats", "gives"])
def test_no_command_shows_a_secret_that_is_stored_typed_or_sent(
    scene: Scene, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.chdir(scene.world)
    (scene.world / "credentials").write_text(
        f"[plain]\naws_access_key_id = AKIAPLANTED000000002\naws_secret_access_key = {scene.canary}/+=\n"
    )
    profile(scene, mirror, "")
    store(scene, f"{scene.canary}/+=")
    session = sts_answer("GetSessionToken", "ASIAPLANTED000000001", f"{scene.canary}/s", f"{scene.canary}/t")
    mirror.reply = repeated if answer == "repeats" else lambda _: (200, session)
    phrases = {"PYVAULT_PASSPHRASE": f"{scene.canary}-first", "PYVAULT_NEW_PASSPHRASE": f"{scene.canary}-first"}
    for command, words in EVERY.items():
        if command == "vault passwd":
            phrases |= {"PYVAULT_NEW_PASSPHRASE": f"{scene.canary}-second", "PYVAULT_KEYFILE": ""}
        said = scene.said
        ended = scene.run(*words, stdin=f"AKIAPLANTED000000001\n{scene.canary}/+=\n", **phrases)
        assert (ended.code not in {2, 70}) or command == "backends accept", (command, ended.err)
        if command == "vault passwd":
            assert ended.code == 0, ended.err
            phrases = {
                "PYVAULT_PASSPHRASE": f"{scene.canary}-second",
                "PYVAULT_NEW_PASSPHRASE": f"{scene.canary}-third",
            }
        if command in ASKED_FOR:
            scene.said = said + ended.stderr
        assert scene.places() == [], command
    assert not shows((scene.world / "moved.pyv").read_bytes(), scene.canary)


@pytest.mark.parametrize("source", ["web_identity_token_file", "web_identity_token_process"])
@pytest.mark.parametrize("form", ["header", "blank", "escape", "no ASCII"])
def test_a_token_that_no_issuer_gave_goes_nowhere(scene: Scene, mirror: Mirror, source: str, form: str) -> None:
    environ = SOURCES[source](scene, mirror, SPOILT[form].replace("{}", scene.canary))
    assert scene.run("export", "p", **environ).code == 5
    assert mirror.seen == []
    assert scene.places() == []
