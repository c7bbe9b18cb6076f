"""Who only signs in to IAM Identity Center needs no passphrase."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from command_line import variables
from fake_aws.client import FakeAws
from fakes.browsers import follow
from headless import ASKS, Login
from login_keys import end_keys
from pyvault.clock import Moment, moment
from pyvault.login.kept_keys import LoginKeys
from pyvault.login.kernel_keyring import kernel_keyring
from pyvault.warm.replay import find_answer

pytestmark = pytest.mark.kernel_keyring

CONFIG = """
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
[profile dev]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = ReadOnly
region = eu-west-1
"""
NEW = "new passphrase for"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s" * 40}


class SsoPerson(Login):
    """Signs in by a code that they allow in a browser elsewhere."""

    def __init__(self, home: Path, aws: FakeAws) -> None:
        super().__init__(home)
        self.aws = aws
        self.environ |= {name: value for name, value in aws.environ().items() if "REGION" not in name}
        (home / ".aws").mkdir()
        (home / ".aws" / "config").write_text(CONFIG)

    @property
    def vault(self) -> Path:
        return self.home / ".local/share/pyvault/vault.pyv"

    def sign_in(self) -> str:
        """Sign in, and return what was seen."""
        known = len(self.aws.world()["sso"]["devices"])

        def allow() -> None:
            while len(devices := self.aws.world()["sso"]["devices"]) == known:
                time.sleep(0.05)
            follow(f"{self.aws.url}/device/allow?user_code={devices[-1]['user_code']}")

        somebody = Thread(target=allow, daemon=True)
        somebody.start()
        seen = self.at_terminal("sso", "login")
        somebody.join(10)
        assert "signed in to 'corp'" in seen
        return seen

    def keys(self) -> LoginKeys:
        return LoginKeys(self.place, "sso", moment)

    def has_session(self) -> bool:
        """Whether a command that nobody answers has the sign-in."""
        ended = self.run("exec", "dev", "--refresh", "--", "true")
        assert ended.code in {0, 4}, ended.err
        return ended.code == 0


@pytest.fixture
def person(tmp_path: Path, fake_aws: FakeAws) -> Iterator[SsoPerson]:
    made = SsoPerson(tmp_path, fake_aws)
    yield made
    end_keys(made.runtime, made.state)


def kept_name(person: SsoPerson) -> str:
    (file,) = Path(person.place.directory).glob("sso-*.kept")
    return file.name.removeprefix("sso-").removesuffix(".kept")


def test_no_passphrase_is_asked_for_until_the_key_is_lost(person: SsoPerson) -> None:
    assert ASKS not in person.sign_in()
    assert person.has_session()
    assert not person.vault.exists()
    assert person.run("lock").code == 0
    assert person.has_session(), "lock alone leaves it"
    name = kept_name(person)
    kept = person.keys().look(name)
    assert kept
    hours = 3_600_000
    assert 11.9 * hours < kept.lifetime.left(moment()) <= 12 * hours
    later = Moment(wall=moment().wall + 11 * hours, boot=moment().boot + 11 * hours)
    assert not kept.lifetime.is_over(later), "there is no limit between two uses"
    assert person.run("lock", "--all").code == 0
    assert not person.has_session()
    person.sign_in()
    assert person.has_session()
    assert not person.vault.exists()


def test_a_sign_in_lengthens_the_life_of_the_key(person: SsoPerson) -> None:
    person.sign_in()
    name = kept_name(person)
    first = person.keys().look(name)
    person.run("sso", "logout")
    person.sign_in()
    second = person.keys().look(kept_name(person))
    assert first
    assert second
    assert second.lifetime.end.boot > first.lifetime.end.boot


def test_a_vault_that_is_made_later_takes_the_sessions_over(person: SsoPerson) -> None:
    person.sign_in()
    assert NEW in person.at_terminal("add", "x", "--env", "--no-verify", PYVAULT_UNLOCK_TTL="1h", **KEYS)
    person.at_terminal("exec", "dev", "--refresh", "--", "true")  # keeps a session, and so moves them
    assert list(Path(person.place.directory).glob("sso-*.kept")) == []
    assert person.has_session()
    person.run("lock", "--all")
    assert person.run("exec", "dev", "--", "true").code == 4
    assert person.at_terminal("exec", "dev", "--", "true").count(ASKS) == 1
    assert person.has_session()


def test_where_nothing_can_be_kept_a_passphrase_is_asked_for(person: SsoPerson) -> None:
    person.environ["PYVAULT_UNLOCK_TTL"] = "0"
    assert NEW in person.sign_in()
    assert person.vault.exists()


def test_the_kernel_key_alone_opens_nothing(person: SsoPerson) -> None:
    person.sign_in()
    Path(person.place.directory, "sso.seed").unlink()
    keyring = kernel_keyring()
    assert keyring
    assert keyring.find(person.place.prefix + "sso")
    assert not person.has_session()


def test_a_warm_answer_ends_with_the_sign_in(person: SsoPerson) -> None:
    person.environ["PYVAULT_WARM"] = "1"
    words = ["export", "dev", "--format", "json"]

    def known() -> bool:
        return find_answer(words, variables(person.home, person.environ)) is not None

    for ending in (("lock", "--all"), ("sso", "logout"), ("clear",)):
        person.sign_in()
        assert not known()
        first = person.run(*words)
        time.sleep(1.05)  # until the files are settled
        assert person.run(*words).out == first.out
        assert known(), ending
        assert person.run(*words).out == first.out
        person.run(*ending)
        assert not known(), ending
