"""Who only signs in with a console identity needs no passphrase, and a warm answer is never older than the sign-in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import variables
from console_machine import Machine
from fake_aws.client import FakeAws
from headless import ASKS, Login
from login_keys import end_keys
from pyvault.clock import moment
from pyvault.login.kept_keys import LoginKeys
from pyvault.warm.replay import find_answer

pytestmark = pytest.mark.kernel_keyring


class ConsolePerson(Login):
    """Signs in with the browser of this machine; has no key file."""

    def __init__(self, home: Path, aws: FakeAws) -> None:
        super().__init__(home)
        machine = Machine(aws, home)
        names = [name for name in machine.environ if name.startswith(("AWS_", "BROWSER", "PYVAULT_SSO"))]
        self.environ |= {name: machine.environ[name] for name in names}

    def sign_in(self) -> str:
        """Sign in, and return what was seen."""
        seen = self.at_terminal("login-session", "console")
        assert "signed in as" in seen
        return seen

    def end_of_the_key(self) -> int:
        """Return when the key of the sessions ends, in milliseconds since the start of the machine."""
        (path,) = Path(self.place.directory).glob("sso-*.kept")
        kept = LoginKeys(self.place, "sso", moment).look(path.name.removeprefix("sso-").removesuffix(".kept"))
        assert kept
        return kept.lifetime.end.boot


@pytest.fixture
def person(tmp_path: Path, fake_aws: FakeAws) -> Iterator[ConsolePerson]:
    made = ConsolePerson(tmp_path, fake_aws)
    yield made
    end_keys(made.runtime, made.state)


def test_no_passphrase_is_asked_for_and_each_sign_in_lengthens_the_life_of_the_key(person: ConsolePerson) -> None:
    assert ASKS not in person.sign_in()
    assert person.run("--no-input", "exec", "console", "--", "true").code == 0
    assert not (person.home / ".local/share/pyvault/vault.pyv").exists()
    first = person.end_of_the_key()
    person.sign_in()
    second = person.end_of_the_key()
    assert second > first
    person.run("clear", "console")
    assert ASKS not in person.at_terminal("exec", "console", "--", "true")  # signs in by itself
    assert person.end_of_the_key() > second


def test_a_warm_answer_ends_with_the_sign_in(person: ConsolePerson) -> None:
    person.environ["PYVAULT_WARM"] = "1"
    words = ["export", "app", "--format", "json"]

    def known() -> bool:
        return find_answer(words, variables(person.home, person.environ)) is not None

    for ending in (("logout-session", "console"), ("clear",), ("login-session", "console")):
        person.sign_in()
        assert not known()
        first = person.run(*words)
        assert first.code == 0, first.err
        time.sleep(1.05)  # until the files are settled
        assert person.run(*words).out == first.out
        assert known(), ending
        assert person.run(*words).out == first.out
        person.run(*ending)
        assert not known(), ending
