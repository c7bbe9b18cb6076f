"""``doctor``: every check in a good and in a broken state, every broken thing with its remedy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from command_line import NOTHING_KEPT, PYVAULT, Pyvault, variables
from fakes.distributions import install
from pyvault.clock import from_epoch, now

TESTS = Path(__file__).parents[1]
CHECKS = [
    "config",
    "state",
    "backend",
    "plugins",
    "vault",
    "unlock store",
    "keys",
    "d-bus",
    "gpg",
    "unlock",
    "terminal",
    "aws config",
    "mfa",
    "region",
    "clock",
]
OPTIONAL = {"unlock store", "keys", "unlock"}  # they say nothing where there are none
KEYS = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = pLaNtEd\n"


@dataclass
class Machine:
    """A home and what it is made of; nobody answers for AWS."""

    home: Path
    pyvault: Pyvault
    environ: dict[str, str | None] = field(
        default_factory=lambda: {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", **NOTHING_KEPT}
    )

    def write(self, name: str, text: str = "", mode: int = 0o600) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text)
        path.chmod(mode)
        return path

    def make_vault(self) -> Path:
        self.environ["PYVAULT_KEYFILE"] = str(self.home / "key")
        assert self.pyvault("vault", "init", "--keyfile", str(self.home / "key"), env=self.environ).code == 0
        return self.home / ".local" / "share" / "pyvault" / "vault.pyv"

    def programs(self, *names: str) -> None:
        """Have these programs and no others on PATH."""
        folder = self.home / "bin"
        folder.mkdir()
        for name in names:
            if found := shutil.which(name):
                (folder / name).symlink_to(found)
            else:
                (folder / name).write_text("#!/bin/sh\n")
                (folder / name).chmod(0o755)
        self.environ["PATH"] = str(folder)

    def findings(self) -> list[dict[str, object]]:
        """Run it, and hold the output to its shape and the exit code to its meaning."""
        told = self.pyvault("doctor", "--json", env=self.environ)
        assert told.err == ""
        assert "pLaNtEd" not in told.out
        document = json.loads(told.out)
        assert list(document) == ["v", "findings"]
        assert document["v"] == 1
        findings: list[dict[str, object]] = document["findings"]
        for found in findings:
            assert list(found) == ["check", "ok", "message", "hint"]
            assert found["ok"] or found["hint"], f"no remedy: {found['message']}"
        assert told.code == (0 if all(found["ok"] for found in findings) else 1)
        assert list(dict.fromkeys(found["check"] for found in findings)) == [
            check for check in CHECKS if check not in OPTIONAL or any(found["check"] == check for found in findings)
        ]
        return findings


@pytest.fixture
def machine(pyvault: Pyvault, tmp_path: Path) -> Machine:
    return Machine(home=tmp_path, pyvault=pyvault)


def nothing(machine: Machine) -> None:
    """The machine of somebody who has just installed pyvault."""


def good_config(machine: Machine) -> None:
    machine.write(".config/pyvault/config.toml", '[backend]\nname = "file"\n')


def no_toml(machine: Machine) -> None:
    machine.write(".config/pyvault/config.toml", "[backend\n")


def unknown_setting(machine: Machine) -> None:
    machine.write(".config/pyvault/config.toml", "[backand]\n")


def chosen_by_itself(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND"] = None


def unknown_backend(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND"] = "nonesuch"


def backend_of_aws_vault_that_we_lack(machine: Machine) -> None:
    machine.environ |= {"PYVAULT_BACKEND": None, "AWS_VAULT_BACKEND": "keyctl"}


def unknown_option(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND_FILE__PAHT"] = "vault.pyv"


def good_plugin(machine: Machine) -> None:
    install(machine.home / "site", "pyvault-sqlite", backends={"sqlite": "pyvault_sqlite:SqliteBackend"})
    machine.environ["PYTHONPATH"] = f"{machine.home / 'site'}:{TESTS / 'plugin_example'}"
    machine.environ["PYVAULT_BACKEND_SQLITE__PATH"] = str(machine.home / "items.db")
    machine.environ["PYVAULT_BACKEND_SQLITE__NEW"] = "true"


def broken_plugin(machine: Machine) -> None:
    install(machine.home / "site", "acme", backends={"acme": "acme:Acme"}, modules={"acme": "class Acme(:\n"})
    machine.environ["PYTHONPATH"] = str(machine.home / "site")


def two_plugins_of_one_name(machine: Machine) -> None:
    for distribution in ("acme-one", "acme-two"):
        install(machine.home / "site", distribution, backends={"acme": "acme:Acme"})
    machine.environ["PYTHONPATH"] = str(machine.home / "site")


def plugin_of_somebody_else_than_before(machine: Machine) -> None:
    good_plugin(machine)
    seen = {"sqlite": {"distribution": "other-sqlite", "version": "1"}}
    machine.write(".local/state/pyvault/choice.json", json.dumps({"v": 1, "backend": None, "plugins": seen}))


def vault_and_key(machine: Machine) -> None:
    machine.make_vault()


def vault_open_to_others(machine: Machine) -> None:
    machine.make_vault().chmod(0o644)


def vault_in_a_common_folder(machine: Machine) -> None:
    machine.make_vault().parent.chmod(0o777)


def truncated_vault(machine: Machine) -> None:
    vault = machine.make_vault()
    vault.write_bytes(vault.read_bytes()[:-1])


def no_vault_at_all(machine: Machine) -> None:
    machine.make_vault().write_bytes(b"not a vault, but long enough to be looked at" * 9)


def damaged_memory(machine: Machine) -> None:
    machine.make_vault()
    machine.write(".local/state/pyvault/trust.json", "{")


def key_open_to_others(machine: Machine) -> None:
    machine.make_vault()
    (machine.home / "key").chmod(0o622)


def key_that_is_gone(machine: Machine) -> None:
    machine.make_vault()
    (machine.home / "key").unlink()


def key_that_is_gone_and_not_needed(machine: Machine) -> None:
    key_that_is_gone(machine)
    machine.environ["PYVAULT_BACKEND"] = "memory"


def passphrase_file_that_is_empty(machine: Machine) -> None:
    machine.make_vault()
    machine.environ["PYVAULT_PASSPHRASE_FILE"] = str(machine.write("passphrase"))


def key_from_a_pipe(machine: Machine) -> None:
    """It can be read once, so it is left to the command that needs it."""
    os.mkfifo(machine.home / "pipe")
    machine.environ["PYVAULT_KEYFILE"] = str(machine.home / "pipe")


def no_bus_and_none_needed(machine: Machine) -> None:
    machine.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"


def no_bus(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND"] = "secret-service"


def dead_bus(machine: Machine) -> None:
    no_bus(machine)
    machine.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={machine.home}/gone"


def dead_bus_that_opens_the_vault(machine: Machine) -> None:
    no_bus_and_none_needed(machine)
    machine.environ["PYVAULT_BACKEND_FILE__UNLOCK_STORE"] = "secret-service"


def store_that_opens_the_vault(machine: Machine) -> None:
    good_plugin(machine)
    machine.environ["PYVAULT_BACKEND_FILE__UNLOCK_STORE"] = "sqlite"


def unlock_store_of_somebody_else_than_before(machine: Machine) -> None:
    plugin_of_somebody_else_than_before(machine)
    machine.environ["PYVAULT_BACKEND_FILE__UNLOCK_STORE"] = "sqlite"


def unlock_store_that_is_not_there(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND_FILE__UNLOCK_STORE"] = "nonesuch"


def vault_that_opens_itself(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND_FILE__UNLOCK_STORE"] = "file"


def password_store(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND"] = "pass"
    machine.write(".password-store/.gpg-id", "me@example.com\n")


def no_pass(machine: Machine) -> None:
    password_store(machine)
    machine.programs("gpg")


def no_gpg(machine: Machine) -> None:
    password_store(machine)
    machine.programs("pass")


def no_password_store(machine: Machine) -> None:
    machine.environ["PYVAULT_BACKEND"] = "pass"
    machine.programs("pass", "gpg")


def no_gpg_key(machine: Machine) -> None:
    password_store(machine)


def unlocking_for_no_time(machine: Machine) -> None:
    machine.environ["PYVAULT_UNLOCK_TTL"] = "a while"


def no_person_and_no_key(machine: Machine) -> None:
    machine.make_vault()
    del machine.environ["PYVAULT_KEYFILE"]


def aws_profiles(machine: Machine) -> None:
    machine.write(".aws/config", "[default]\nregion = eu-west-1\n[profile a]\n[profile b]\nregion = us-gov-west-1\n")


def one_profile(machine: Machine) -> None:
    machine.write(".aws/config", "[default]\nregion = eu-west-1\n")


def profiles_without_region(machine: Machine) -> None:
    machine.write(".aws/config", "[profile a]\nregion = eu-west-1\n[profile b]\nmfa_serial = x\n")


def no_ini(machine: Machine) -> None:
    machine.write(".aws/config", "[profile a\n")


def profile_that_goes_round(machine: Machine) -> None:
    machine.write(".aws/config", "[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a\n")


def keys_in_clear_text(machine: Machine) -> None:
    machine.write(".aws/credentials", KEYS)


def region_of_the_environment(machine: Machine) -> None:
    profiles_without_region(machine)
    machine.environ["AWS_DEFAULT_REGION"] = "eu-central-1"


def region_of_a_private_cloud(machine: Machine) -> None:
    machine.environ["AWS_REGION"] = "garage"


def mfa_device(machine: Machine) -> None:
    machine.write(".aws/config", "[profile a]\nmfa_serial = arn:aws:iam::111111111111:mfa/a\n")


def security_key(machine: Machine) -> None:
    machine.write(".aws/config", "[profile a]\nmfa_serial = arn:aws:iam::111111111111:u2f/user/a/key-QWERTZ\n")


def user_as_mfa_device(machine: Machine) -> None:
    machine.environ["AWS_MFA_SERIAL"] = "arn:aws:iam::111111111111:user/a"


def misspelt_region(machine: Machine) -> None:
    machine.write(".aws/config", "[profile a]\nregion = eu-west1\n")


def region_that_is_none(machine: Machine) -> None:
    machine.environ["AWS_REGION"] = "Ireland / Dublin"


def no_place_to_remember(machine: Machine) -> None:
    machine.environ["XDG_STATE_HOME"] = "/proc/nowhere"


State = Callable[[Machine], None]
GOOD: list[tuple[State, dict[str, str]]] = [
    (
        nothing,
        {
            "config": "is not there",
            "state": "can be written",
            "backend": "'file' is used (PYVAULT_BACKEND)",
            "plugins": "no third-party backends",
            "vault": "there is no vault file",
            "d-bus": "there is no session bus",
            "gpg": "there is no password store",
            "unlock": "counts for one command: PYVAULT_UNLOCK_TTL",
            "terminal": "not interactive; pass values as options",
            "aws config": "has 0 profiles",
            "mfa": "no profile names an MFA device",
            "clock": "not compared: AWS gave no answer",
        },
    ),
    (mfa_device, {"mfa": "every mfa_serial is well-formed"}),
    (good_config, {"config": "is good"}),
    (chosen_by_itself, {"backend": "'file' is used (chosen automatically)"}),
    (good_plugin, {"plugins": "'sqlite' of 'pyvault-sqlite' 1.0 can be loaded"}),
    (
        vault_and_key,
        {
            "vault": "permissions and header are OK",
            "keys": "key' is private and readable",
            "terminal": "not interactive; pass values as options",
        },
    ),
    (store_that_opens_the_vault, {"unlock store": "'sqlite' opens the vault file"}),
    (key_from_a_pipe, {"vault": "there is no vault file"}),
    (key_that_is_gone_and_not_needed, {"backend": "'memory' is used (PYVAULT_BACKEND)"}),
    (no_bus_and_none_needed, {"d-bus": "nobody answers at the session bus"}),
    (aws_profiles, {"aws config": "has 3 profiles", "region": "every profile that can be read has one"}),
    (one_profile, {"aws config": "has 1 profile"}),
    (profiles_without_region, {"region": "profiles without one: b"}),
    (region_of_the_environment, {"region": "'eu-central-1', from AWS_DEFAULT_REGION"}),
    (region_of_a_private_cloud, {"region": "'garage', from AWS_REGION"}),
]
BROKEN: list[tuple[str, State, str, str]] = [
    ("config", no_toml, "is not TOML", "fix the file"),
    ("config", unknown_setting, "unknown setting 'backand'", "the settings are"),
    ("state", no_place_to_remember, "/proc/nowhere", "XDG_STATE_HOME"),
    ("backend", unknown_backend, "there is no backend called 'nonesuch'", "backends list"),
    ("backend", backend_of_aws_vault_that_we_lack, "'keyctl'", "--backend"),
    ("backend", unknown_option, "has no option 'paht'", "it has"),
    ("plugins", broken_plugin, "SyntaxError", "uninstall 'acme'"),
    ("plugins", two_plugins_of_one_name, "more than one backend is called 'acme'", "uninstall"),
    (
        "plugins",
        plugin_of_somebody_else_than_before,
        "came from 'other-sqlite' and comes from 'pyvault-sqlite' now",
        "backends accept sqlite",
    ),
    ("vault", vault_open_to_others, "is readable by other users", "chmod 600"),
    ("vault", vault_in_a_common_folder, "is writable by other users", "chmod 700"),
    ("vault", truncated_vault, "bytes", "vault backups"),
    ("vault", no_vault_at_all, "is not a vault", "vault backups"),
    ("vault", damaged_memory, "trust.json' is damaged", "vault accept"),
    ("unlock store", dead_bus_that_opens_the_vault, "'secret-service' opens the vault file, and does not", "desktop"),
    ("unlock store", unlock_store_of_somebody_else_than_before, "came from 'other-sqlite'", "backends accept sqlite"),
    ("unlock store", unlock_store_that_is_not_there, "there is no backend called 'nonesuch'", "backends list"),
    ("unlock store", vault_that_opens_itself, "can't keep its own key", "name another unlock_store"),
    ("keys", key_open_to_others, "is writable by other users", "chmod"),
    ("keys", key_that_is_gone, "there is no key file", "restore it"),
    ("keys", passphrase_file_that_is_empty, "the passphrase is empty", "recreate the file"),
    ("d-bus", no_bus, "there is no session bus", "desktop"),
    ("d-bus", dead_bus, "nobody answers at the session bus", "desktop"),
    ("d-bus", dead_bus_that_opens_the_vault, "nobody answers at the session bus", "desktop"),
    ("gpg", no_pass, "'pass' is not installed", "install pass"),
    ("gpg", no_gpg, "'gpg' is not installed", "install gnupg"),
    ("gpg", no_password_store, "there is no password store", "pass init"),
    ("unlock", unlocking_for_no_time, "PYVAULT_UNLOCK_TTL: 'a while' is not a duration", "write it like"),
    ("terminal", no_person_and_no_key, "nothing else opens", "PYVAULT_KEYFILE"),
    ("aws config", no_ini, "config", "fix"),
    ("aws config", profile_that_goes_round, "loop", "fix it in"),
    ("aws config", keys_in_clear_text, "1 access key is stored in plain text", "import credentials-file --remove"),
    ("region", misspelt_region, "there is no region 'eu-west1'", "like eu-west-1"),
    ("region", region_that_is_none, "is not a valid region name", "like eu-west-1"),
    ("mfa", security_key, "is a security key (u2f)", "list-mfa-devices"),
    ("mfa", user_as_mfa_device, "AWS_MFA_SERIAL: 'arn:aws:iam::111111111111:user/a' is the ARN of a user", "list-mfa"),
]


@pytest.mark.parametrize(("state", "seen"), GOOD, ids=lambda value: getattr(value, "__name__", None))
def test_what_is_good_is_said_to_be(machine: Machine, state: State, seen: dict[str, str]) -> None:
    state(machine)
    findings = machine.findings()
    assert all(found["ok"] for found in findings), findings
    for check, text in seen.items():
        assert any(text in str(found["message"]) for found in findings if found["check"] == check), findings


@pytest.mark.parametrize(
    ("check", "state", "seen", "remedy"), BROKEN, ids=lambda value: getattr(value, "__name__", None)
)
def test_what_is_broken_is_found_with_its_remedy(
    machine: Machine, check: str, state: State, seen: str, remedy: str
) -> None:
    state(machine)
    broken = [found for found in machine.findings() if not found["ok"] and found["check"] == check]
    assert any(seen in str(found["message"]) and remedy in str(found["hint"]) for found in broken), broken


@pytest.mark.parametrize("state", [no_toml, unknown_setting])
def test_an_error_that_stops_many_checks_is_told_once(machine: Machine, state: State) -> None:
    state(machine)
    findings = machine.findings()
    (broken,) = (found for found in findings if not found["ok"])
    assert broken["check"] == "config"
    stopped = [found["check"] for found in findings if found["message"] == "not checked: config"]
    assert stopped == ["backend", "vault", "d-bus", "gpg", "unlock"]


@pytest.mark.peer("unshare")
@pytest.mark.parametrize(
    ("mount", "remedy"),
    [
        (
            'mount -t tmpfs -o size=8k,mode=700 tmpfs "$1" && head -c 8192 /dev/zero > "$1/filler" 2>/dev/null',
            "make room there",
        ),
        ('mount -t tmpfs -o mode=700 tmpfs "$1" && mount -o remount,ro "$1"', "name another place with XDG_STATE_HOME"),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_takes_nothing_is_found(machine: Machine, mount: str, remedy: str) -> None:
    state = machine.home / "state"
    (state / "pyvault").mkdir(parents=True)
    enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
    if subprocess.run([*enter, mount, "sh", str(state / "pyvault")], check=False, capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    environ = variables(machine.home, {**machine.environ, "XDG_STATE_HOME": str(state)})
    script = f'{mount}; "$2" doctor --json'
    told = subprocess.run(
        [*enter, script, "sh", str(state / "pyvault"), str(PYVAULT)], check=False, capture_output=True, env=environ
    )
    (broken,) = (found for found in json.loads(told.stdout)["findings"] if not found["ok"])
    assert broken["check"] == "state"
    assert str(state) in broken["message"]
    assert remedy in broken["hint"]
    assert "chmod" not in broken["hint"]


def test_the_look_at_the_state_directory_leaves_nothing_behind(machine: Machine) -> None:
    machine.findings()
    assert list((machine.home / ".local" / "state" / "pyvault").iterdir()) == []


#: Writes down whatever the process opens.
LOG_OPENS = """
import os, sys
log = os.open(os.environ["OPENS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
sys.addaudithook(lambda event, args: os.write(log, f"{args[0]}\\n".encode()) if event == "open" else None)
"""


def test_all_that_is_told_comes_from_one_reading_of_what_was_recorded(machine: Machine) -> None:
    machine.environ |= {"PYVAULT_BACKEND": None, "OPENS": str(machine.home / "opens")}
    good_plugin(machine)
    for name in ("acme", "zeta"):
        install(machine.home / "site", name, backends={name: f"{name}:Missing"}, modules={name: ""})
    machine.write("site/sitecustomize.py", LOG_OPENS)
    seen = {"acme": {"distribution": "acme", "version": "1.0"}}
    path = machine.write(".local/state/pyvault/choice.json", json.dumps({"v": 1, "backend": "file", "plugins": seen}))
    told = [found for found in machine.findings() if found["check"] in {"backend", "plugins"}]
    assert "'file' is used (chosen earlier)" in str(told[0]["message"])
    assert len(told) == 4
    assert (machine.home / "opens").read_text().splitlines().count(str(path)) == 1


@pytest.mark.peer("pass", "gpg")
def test_a_password_store_without_its_secret_key_is_found(machine: Machine) -> None:
    no_gpg_key(machine)
    broken = {found["check"]: found for found in machine.findings() if not found["ok"]}
    assert list(broken) == ["backend", "gpg"]
    assert broken["gpg"]["message"] == "gpg has no secret key here"
    assert broken["gpg"]["hint"] == "import the key of the password store"


def test_every_check_has_both_states() -> None:
    assert {check for _, seen in GOOD for check in seen} == set(CHECKS)
    assert {check for check, *_ in BROKEN} | {"clock"} == set(CHECKS)


def test_for_a_person_broken_things_stand_out(machine: Machine) -> None:
    keys_in_clear_text(machine)
    told = machine.pyvault("doctor", env=machine.environ)
    assert told.code == 1
    lines = told.out.splitlines()
    (at,) = (
        number for number, line in enumerate(lines) if line.startswith("BROKEN  aws config: 1 access key is stored")
    )
    assert lines[at + 1].strip() == "pyvault import credentials-file --remove"


def test_a_person_at_a_terminal_can_be_asked(machine: Machine) -> None:
    import pexpect

    no_person_and_no_key(machine)
    told = machine.pyvault("doctor", env=machine.environ)
    assert told.code == 1
    environ = {"HOME": str(machine.home), "PATH": f"{PYVAULT.parent}:/usr/bin:/bin", "PYVAULT_BACKEND": "file"}
    environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    shown = pexpect.run(f"{PYVAULT} doctor", env=environ, withexitstatus=True, timeout=60)
    assert shown[1] == 0, shown[0]
    assert b"interactive: pyvault can ask" in shown[0]


def test_an_answer_without_the_time_is_not_called_no_answer(machine: Machine) -> None:
    class Endpoint(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(400)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        machine.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.server_port}"
        (clock,) = (found for found in machine.findings() if found["check"] == "clock")
        server.shutdown()
    assert (clock["ok"], clock["message"]) == (True, "not compared: AWS answered without the time")


@pytest.mark.parametrize(("minutes", "code"), [(0, 0), (10, 1), (-10, 1), (1, 1)])
def test_a_clock_that_is_off_is_found(machine: Machine, minutes: int, code: int) -> None:
    class Endpoint(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(400)
            there = from_epoch(now().timestamp() + minutes * 60)
            self.send_header("Date", format_datetime(there, usegmt=True))
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        machine.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.server_port}"
        (clock,) = (found for found in machine.findings() if found["check"] == "clock")
        server.shutdown()
    assert clock["ok"] is (code == 0)
    assert ("set the clock" in str(clock["hint"])) is bool(minutes)
    assert ("add --totp" in str(clock["hint"])) is (minutes == 1)
