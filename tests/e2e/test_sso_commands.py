"""``pyvault sso`` and SSO profiles on the command line, with a browser of the tests' own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pexpect
import pytest

import starts
from command_line import PYVAULT, Ended, clean_environ
from fake_aws.client import FakeAws
from pyvault_cli import main

CONFIG = """\
# written by hand

[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1

[profile dev]
region = eu-west-1
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin
  # a comment at the end"""

#: Follows redirects as a browser does, those of a page too, and leaves a note of what it was started with.
BROWSER = """\
#!{python}
import html, re, sys, urllib.request
open({log!r}, "a").write(sys.argv[1] + "\\n")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
page = opener.open(sys.argv[1], timeout=30).read().decode()
if link := re.search('http-equiv="refresh" content="0;url=(.*?)"', page):
    page = opener.open(html.unescape(link[1]), timeout=30).read().decode()
open({log!r} + ".page", "w").write(page)
"""


class Machine:
    """A home with a config file, a vault that a key file opens, and a desktop."""

    def __init__(self, aws: FakeAws, home: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.capture = capture
        self.aws = aws
        self.home = home
        self.log = home / "browser.log"
        browser = home / "browser"
        browser.write_text(BROWSER.format(python=sys.executable, log=str(self.log)))
        browser.chmod(0o755)
        self.config = home / ".aws" / "config"
        self.config.parent.mkdir()
        self.config.write_text(CONFIG)
        network = {name: value for name, value in aws.environ().items() if "REGION" not in name}
        self.environ = {
            **clean_environ(home),
            **network,
            "BROWSER": str(browser),
            "DISPLAY": ":99",
            "PYVAULT_SSO_FLOW": "browser",  # the tests may themselves run in a container
            "PYVAULT_KEYFILE": str(home / "keyfile"),
        }
        keyfile = self.environ.pop("PYVAULT_KEYFILE")
        self.inside("vault", "init", "--keyfile", keyfile)
        self.environ["PYVAULT_KEYFILE"] = keyfile

    def run(self, *words: str, env: dict[str, str] | None = None) -> Ended:
        environ = {name: value for name, value in {**self.environ, **(env or {})}.items() if value}
        done = starts.run(
            [PYVAULT, *words],
            capture_output=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=environ,
        )
        return Ended(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def inside(self, *words: str) -> Ended:
        """Run a command in this process, where botocore is imported already."""
        self.capture.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environ.items():
                patch.setenv(name, value)
            code = main.run(words)
        shown = self.capture.readouterr()
        assert code == 0, shown.err
        return Ended(code=code, stdout=shown.out, stderr=shown.err)

    def good(self, *words: str, env: dict[str, str] | None = None) -> Ended:
        ended = self.run(*words, env=env)
        assert ended.code == 0, ended.err
        return ended

    def opened(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(fake_aws: FakeAws, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Machine:
    fake_aws.change_sso(interval_s=0)
    return Machine(fake_aws, tmp_path, capfdbinary)


def test_sso_login_opens_a_browser_and_exec_needs_no_more(machine: Machine) -> None:
    ended = machine.good("sso", "login")
    assert "signed in to 'corp'" in ended.err
    assert "renews itself" in ended.err
    assert ended.out == ""
    assert len(machine.opened()) == 1
    shown = machine.good("--no-input", "exec", "dev", "--", "aws", "sts", "get-caller-identity")
    assert "AWSReservedSSO_Admin_" in json.loads(shown.out)["Arn"]
    assert len(machine.opened()) == 1


def test_exec_signs_in_by_itself_when_a_person_is_there(machine: Machine) -> None:
    ended = machine.good("export", "--format", "json", "dev")
    assert json.loads(ended.out)["AccessKeyId"].startswith("ASIA")
    assert len(machine.opened()) == 1


def test_deviation_24_with_no_input_it_fails_at_once_and_says_what_to_run(machine: Machine) -> None:
    ended = machine.run("--no-input", "exec", "dev", "--", "true")
    assert ended.code == 4
    assert "nobody is signed in to 'corp'" in ended.err
    assert "run: pyvault sso login dev" in ended.err
    assert machine.aws.ops() == []
    assert machine.run("--no-input", "sso", "login", "corp").code == 4


def test_a_job_without_terminal_and_display_does_not_wait_for_a_browser(machine: Machine) -> None:
    ended = machine.run("export", "dev", env={"DISPLAY": "", "BROWSER": "", "PYVAULT_SSO_FLOW": ""})
    assert ended.code == 4
    assert "run: pyvault sso login dev" in ended.err
    assert machine.aws.ops() == []


def test_deviation_13_over_ssh_it_is_the_device_code(machine: Machine) -> None:
    child = pexpect.spawn(
        str(PYVAULT),
        ["sso", "login", "corp"],
        env={**machine.environ, "PYVAULT_SSO_FLOW": "", "SSH_CONNECTION": "1 2 3 4"},
        encoding="utf-8",
        timeout=60,
    )
    child.expect(r"(http\S+user_code=\S+)")
    page = child.match.group(1)
    child.expect("shows the code ([A-Z-]+)")
    subprocess.run([machine.environ["BROWSER"], page], check=True, env=machine.environ)
    child.expect("signed in to 'corp'")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "sso-oidc.StartDeviceAuthorization" in machine.aws.ops()


def test_no_browser_prints_the_address_and_opens_nothing(machine: Machine) -> None:
    child = pexpect.spawn(
        str(PYVAULT),
        ["sso", "login", "--no-browser"],
        env=machine.environ,
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 4000),
    )
    child.expect(r"(http://\S+/authorize\S+)")
    assert machine.opened() == []
    subprocess.run([machine.environ["BROWSER"], child.match.group(1)], check=True, env=machine.environ)
    child.expect("signed in to 'corp'")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize("words", [("exec", "--stdout", "dev", "--", "true"), ("login", "--stdout", "dev")])
def test_stdout_without_a_terminal_prints_the_address_and_waits(machine: Machine, words: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [PYVAULT, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**machine.environ, "DISPLAY": "", "BROWSER": "", "PYVAULT_SIGNIN_URL": machine.aws.url},
        text=True,
    ) as child:
        assert child.stderr is not None
        page = next(line.strip() for line in child.stderr if "/authorize" in line)
        assert child.poll() is None
        subprocess.run([machine.environ["BROWSER"], page], check=True, env=machine.environ)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert "authorize" not in out


def test_stdout_asks_nobody_with_no_input(machine: Machine) -> None:
    ended = machine.run("--no-input", "exec", "--stdout", "dev", "--", "true")
    assert ended.code == 4
    assert machine.aws.ops() == []


def test_a_role_and_a_start_url_mean_the_sign_in(machine: Machine) -> None:
    machine.config.write_text(f"{CONFIG}\n[profile app]\nrole_arn = arn:aws:iam::1:role/app\nsource_profile = dev\n")
    assert "signed in to 'corp'" in machine.inside("sso", "login", "app").err
    assert "ReadOnly" in machine.inside("sso", "roles", "https://example.awsapps.com/start/#/").out
    assert "revoked" in machine.inside("sso", "logout", "https://example.awsapps.com/start#").err


def test_the_token_of_the_aws_cli_is_used_while_it_is_good(machine: Machine) -> None:
    machine.inside("sso", "login")
    machine.good("exec", "dev", "--profile-env", "--", "true")
    (left,) = (machine.home / ".aws" / "sso" / "cache").glob("*.json")
    machine.inside("clear", "--all")
    machine.aws.clear_calls()
    machine.good("--no-input", "export", "dev")
    assert machine.aws.ops() == ["sso.GetRoleCredentials"]
    ended = machine.inside("sso", "logout")
    assert "the AWS CLI is signed in to 'corp' by itself" in ended.err
    left.unlink()
    assert machine.run("--no-input", "export", "dev", "--no-cache").code == 4


def test_sso_logout_takes_back_the_token_that_was_left_for_a_child(machine: Machine) -> None:
    machine.inside("sso", "login")
    machine.good("exec", "dev", "--profile-env", "--", "true")
    assert "AWS CLI" not in machine.inside("sso", "logout").err
    assert not list((machine.home / ".aws" / "sso" / "cache").glob("*.json"))


def test_ctrl_c_in_the_middle_of_a_sign_in(machine: Machine) -> None:
    child = pexpect.spawn(
        str(PYVAULT), ["sso", "login", "--no-browser"], env=machine.environ, encoding="utf-8", timeout=60
    )
    child.expect("authorize")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def test_a_denied_sign_in(machine: Machine) -> None:
    machine.aws.change_sso(consent="deny")
    ended = machine.run("sso", "login")
    assert ended.code == 6
    assert "access_denied" in ended.err


@pytest.mark.slow
def test_deviation_11_thirty_cold_starts_open_one_browser(machine: Machine) -> None:
    with ThreadPoolExecutor(30) as pool:
        ended = list(pool.map(lambda _: machine.run("export", "--format", "json", "dev"), range(30)))
    assert [each.code for each in ended] == [0] * 30
    assert len(machine.opened()) == 1
    assert sorted(set(machine.aws.ops())) == [
        "sso-oidc.CreateToken",
        "sso-oidc.RegisterClient",
        "sso-pages.Authorize",
        "sso.GetRoleCredentials",
    ]
    assert machine.aws.ops().count("sso.GetRoleCredentials") == 1


def test_deviation_11_six_cold_starts_open_one_browser(machine: Machine) -> None:
    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(lambda _: machine.run("export", "--format", "json", "dev"), range(6)))
    assert [each.err for each in ended if each.code] == []
    assert len({json.loads(each.out)["AccessKeyId"] for each in ended}) == 1
    assert len(machine.opened()) == 1
    assert machine.aws.ops().count("sso.GetRoleCredentials") == 1


def test_sso_logout_revokes_and_forgets_the_roles_too(machine: Machine) -> None:
    machine.inside("export", "--format", "json", "dev")
    ended = machine.inside("sso", "logout")
    assert "revoked" in ended.err
    assert "forgot 1 session " in ended.err
    assert machine.run("--no-input", "export", "dev").code == 4
    assert "nobody was signed in" in machine.inside("sso", "logout").err


def test_sso_logout_forgets_all_here_though_aws_fails(machine: Machine) -> None:
    machine.inside("export", "--format", "json", "dev")
    machine.aws.fault("sso.Logout", "error", status=400)
    ended = machine.run("sso", "logout")
    machine.aws.clear_faults()
    assert ended.code == 6
    assert "the tokens of 'corp' are forgotten here, but not revoked: they end by themselves" in ended.err
    assert "forgot 1 session of its roles" in ended.err
    assert machine.run("--no-input", "export", "dev").code == 4
    assert "nobody was signed in" in machine.inside("sso", "logout").err


def test_accounts_and_roles(machine: Machine) -> None:
    machine.inside("sso", "login")
    accounts = json.loads(machine.inside("sso", "accounts", "--json").out)
    assert accounts["v"] == 1
    assert [each["name"] for each in accounts["accounts"]] == ["development", "production"]
    roles = json.loads(machine.inside("sso", "roles", "corp", "--json", "--filter", "role=Read*").out)
    assert {(each["account_id"], each["role_name"]) for each in roles["roles"]} == {
        ("123456789012", "ReadOnly"),
        ("210987654321", "ReadOnly"),
    }
    assert "production" in machine.inside("sso", "accounts").out
    assert "ReadOnly" in machine.inside("sso", "roles").out


def test_a_401_in_the_middle_of_a_list_signs_in_once(machine: Machine) -> None:
    machine.inside("sso", "login")
    machine.aws.change_sso(sign_out=True)
    machine.inside("sso", "accounts")
    assert len(machine.opened()) == 2


def test_populate_shows_then_writes_and_touches_nothing_else(machine: Machine) -> None:
    machine.inside("sso", "login")
    shown = machine.inside("sso", "populate", "corp", "--region", "eu-west-1")
    assert "+[profile production-Admin]" in shown.out
    assert "--write" in shown.err
    assert machine.config.read_text() == CONFIG
    printed = machine.inside("sso", "populate", "corp", "--print").out
    assert printed.startswith(CONFIG)
    assert machine.config.read_text() == CONFIG
    machine.config.chmod(0o640)
    machine.inside("sso", "populate", "corp", "--region", "eu-west-1", "--write")
    written = machine.config.read_text()
    assert written.startswith(CONFIG)
    assert machine.config.stat().st_mode & 0o777 == 0o640
    assert "# BEGIN pyvault sso corp" in written
    machine.inside("sso", "populate", "corp", "--region", "eu-west-1", "--write")
    assert machine.config.read_text() == written
    shown = machine.inside("export", "--format", "json", "production-ReadOnly")
    assert json.loads(shown.out)["AccessKeyId"].startswith("ASIA")
    assert machine.aws.calls("GetRoleCredentials")[0]["params"]["account_id"] == "210987654321"
    machine.inside("sso", "populate", "corp", "--filter", "role=nothing", "--write")
    assert machine.config.read_text().rstrip() == CONFIG


def test_populate_passes_over_what_is_forbidden_and_makes_no_default_profile(machine: Machine) -> None:
    machine.aws.enlarge(
        {
            "sso": {
                "start_url": "https://example.awsapps.com/start",
                "interval_s": 0,
                "accounts": {
                    "111111111111": {"name": "default", "roles": ["Admin"]},
                    "222222222222": {"name": "locked", "roles": ["Admin"], "forbidden": True},
                    "333333333333": {"name": "open", "roles": ["Admin"]},
                },
            }
        }
    )
    machine.inside("sso", "login")
    machine.environ["AWS_PROFILE"] = "open"
    done = machine.inside("sso", "populate", "corp", "--template", "{account_name}", "--write")
    assert "account 'locked' (222222222222) is skipped" in done.err
    assert "no profile 'default' is made of role 'Admin' in 111111111111" in done.err
    assert "'open' is new, and AWS_PROFILE names it" in done.err
    written = machine.config.read_text()
    assert "[profile open]" in written
    assert "[profile default]" not in written
    again = machine.inside("sso", "populate", "corp", "--template", "{account_name}", "--filter", "account=open")
    assert "is new" not in again.err
    assert machine.aws.calls("ListAccountRoles")[-1]["params"]["account_id"] == "333333333333"
    assert len(machine.aws.calls("ListAccountRoles")) == 4


def test_populate_keeps_the_link_to_the_config_file(machine: Machine) -> None:
    machine.inside("sso", "login")
    real = machine.home / "dotfiles"
    machine.config.rename(real)
    machine.config.symlink_to(real)
    machine.inside("sso", "populate", "--write")
    assert machine.config.is_symlink()
    assert "production-Admin" in real.read_text()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("sso", "login", "nobody"), 5, "no sso-session and no profile is called 'nobody'"),
        (("sso", "populate", "--diff", "--write"), 2, "only one of --diff, --print and --write"),
        (("sso", "roles", "--filter", "x=y"), 5, "the filter 'x=y'"),
    ],
)
def test_what_can_not_be_meant_is_refused_before_anybody_is_asked(
    machine: Machine, words: tuple[str, ...], code: int, message: str
) -> None:
    ended = machine.run(*words)
    assert message in ended.err
    assert ended.code in {code, 3}
    assert machine.aws.ops() == []


def test_profile_env_leaves_the_token_for_the_child_and_says_so(machine: Machine) -> None:
    ended = machine.good("exec", "dev", "--profile-env", "--", "aws", "sts", "get-caller-identity")
    assert "AWSReservedSSO_Admin_" in json.loads(ended.out)["Arn"]
    assert "in plain text" in ended.err
    cached = list((machine.home / ".aws" / "sso" / "cache").glob("*.json"))
    assert len(cached) == 1
    assert "refreshToken" not in json.loads(cached[0].read_text())


def test_no_token_lies_anywhere_in_clear(machine: Machine) -> None:
    machine.inside("export", "--format", "json", "dev")
    world = machine.aws.world()["sso"]
    secrets = [value for value in _texts(world) if len(value) > 30 and " " not in value and "/" not in value]
    files = [path for path in machine.home.rglob("*") if path.is_file() and path != machine.log]
    for path in files:
        assert not [secret for secret in secrets if secret.encode() in path.read_bytes()], path


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["export", "--format", "json"], '"AccessKeyId": *"ASIA'),
        (["exec", "--", "sh", "-c", "echo $AWS_VAULT $AWS_ACCESS_KEY_ID"], "dev ASIA"),
        (["login", "--print-url"], "Action=login"),
    ],
    ids=["export", "exec", "login"],
)
def test_the_picker_offers_the_profiles_and_the_command_takes_the_choice(
    machine: Machine, fake_aws: FakeAws, words: list[str], shown: str
) -> None:
    machine.environ["PYVAULT_SIGNIN_URL"] = f"{fake_aws.url}/federation"
    machine.inside("sso", "login")
    child = pexpect.spawn(
        str(PYVAULT),
        words,
        env=machine.environ,
        encoding="utf-8",
        timeout=60,
        dimensions=(30, 120),
    )
    child.expect("123456789012 Admin corp")
    child.send("dv\r")
    child.expect(shown)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_deviation_16_and_24_without_a_terminal_no_profile_is_an_error(machine: Machine) -> None:
    ended = machine.run("exec", "--", "true")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        *machine.run("list", "--profiles").out.split(),
        "pyvault: error: no profile is given",
        "pyvault: hint: name one or set AWS_PROFILE",
    ]
    assert machine.run("--no-input", "exec", "--", "true").code == 4
    assert machine.run("exec", "--", "true", env={"AWS_PROFILE": "dev"}).code == 0
    assert os.environ.get("AWS_PROFILE") is None


def test_the_link_stands_in_no_argument_and_its_page_goes_with_the_sign_in(machine: Machine, tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    ended = machine.run("sso", "login", "corp", env={"XDG_RUNTIME_DIR": str(runtime)})
    assert ended.code == 0, ended.stderr
    [argument] = machine.opened()
    assert argument.startswith(f"file://{runtime}/pyvault/sign-in-")
    assert list((runtime / "pyvault").iterdir()) == []
    assert "<h1>Signed in</h1>" in Path(f"{machine.log}.page").read_text()


@pytest.mark.parametrize("elsewhere", ["WSL_DISTRO_NAME", "VSCODE_IPC_HOOK_CLI"])
def test_a_browser_elsewhere_gets_the_plain_page_of_the_device_flow(machine: Machine, elsewhere: str) -> None:
    child = pexpect.spawn(
        str(PYVAULT),
        ["sso", "login", "--device", "corp"],
        env={**machine.environ, "PYVAULT_SSO_FLOW": "", elsewhere: "x"},
        encoding="utf-8",
        timeout=60,
    )
    child.expect(r"(http\S+user_code=\S+)")
    page = child.match.group(1)
    child.expect("shows the code ([A-Z-]+)")
    code = child.match.group(1)
    while not machine.opened():
        pass
    [argument] = machine.opened()
    assert code not in argument
    assert page.startswith(argument)
    subprocess.run([machine.environ["BROWSER"], page], check=True, env=machine.environ)
    child.expect("signed in to 'corp'")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_browser_that_was_named_is_opened_for_the_device_code_too(machine: Machine, tmp_path: Path) -> None:
    ended = machine.run("sso", "login", "--device", "corp", env={"PYVAULT_SSO_FLOW": ""})
    assert ended.code == 0, ended.stderr
    [argument] = machine.opened()
    assert argument.startswith("file:///")
    assert b"user_code=" in ended.stderr


class TestFromNothing:
    """No sso-session yet: what is missing is given or asked for, and the section is written once somebody signed in."""

    SECTION = (
        "[sso-session example]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n"
        "sso_registration_scopes = sso:account:access\n"
    )

    def test_with_the_address_and_the_region_nobody_is_asked(self, machine: Machine) -> None:
        before = "# mine\n[profile other]\nregion = us-east-1"
        machine.config.write_text(before)
        url = "https://EXAMPLE.awsapps.com/start/#/"
        ended = machine.good("sso", "login", url, "--region", "eu-west-1")
        assert "signed in to 'example'" in ended.err
        assert machine.config.read_text() == f"{before}\n\n{self.SECTION}"
        machine.good("--no-input", "sso", "accounts")
        assert len(machine.opened()) == 1
        again = machine.run("sso", "login", url, "--region", "eu-west-1")
        assert (again.code, "the config file says where the portal is" in again.err) == (2, True), again.err

    def test_what_fails_writes_nothing(self, machine: Machine) -> None:
        machine.config.unlink()
        url = "https://unknown.awsapps.com/start"
        for words, code in (
            ((url,), 4),  # nobody to ask for the region
            ((), 4),
            ((url, "--region", "no region"), 5),
            (("https://ssoins-1.us-east-1.portal.amazonaws.com", "--region", "eu-west-1"), 2),
            ((url, "--region", "eu-west-1"), 6),
        ):
            ended = machine.run("sso", "login", *words)
            assert ended.code == code, (words, ended.err)
        assert not machine.config.exists()

    def test_a_person_is_asked_at_the_terminal_until_the_answer_may_be_one(self, machine: Machine) -> None:
        machine.config.unlink()
        environ = {**machine.environ, "HTTPS_PROXY": "http://127.0.0.1:9"}  # its page tells no region
        child = pexpect.spawn(
            str(PYVAULT), ["sso", "login"], env=environ, encoding="utf-8", timeout=60, dimensions=(24, 400)
        )
        for question, answer in (
            ("SSO start URL .*: ", "example"),
            ("is not an http or https URL; SSO start URL .*: ", "https://example.awsapps.com/start"),
            ("SSO region .*: ", "Europe!"),
            ("is not a valid region name; SSO region .*: ", "eu-west-1"),
        ):
            child.expect(question)
            child.sendline(answer)
        child.expect("signed in to 'example'")
        child.expect(pexpect.EOF)
        child.close()
        assert (child.exitstatus, machine.config.read_text()) == (0, self.SECTION)

    def test_ctrl_c_at_a_question_leaves_nothing(self, machine: Machine) -> None:
        machine.config.unlink()
        for words in (["sso", "login"], ["setup"]):
            child = pexpect.spawn(str(PYVAULT), words, env=machine.environ, encoding="utf-8", timeout=60)
            child.expect("SSO start URL|number")
            child.sendcontrol("c")
            child.expect("cancelled")
            child.expect(pexpect.EOF)
            child.close()
            assert child.exitstatus == 130
        assert not machine.config.exists()
