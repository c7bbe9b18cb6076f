"""A store that is no file counts for minutes, and only while what it reads is the same: the real pass."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from login_keys import end_keys
from peers.gpg_home import password_store
from pyvault.login.halves import find_halves
from pyvault.login.runtime_directory import Place
from pyvault.warm.box import Keys, unpack
from pyvault.warm.replay import moments
from warm_home import WarmHome

pytestmark = [pytest.mark.kernel_keyring, pytest.mark.peer("pass", "gpg")]
WORDS = ("export", "reader", "--format", "json")
MINUTE = 60_000_000_000


@pytest.fixture
def home(tmp_path: Path, fake_aws: FakeAws) -> Iterator[WarmHome]:
    with password_store(tmp_path) as environ:
        made = WarmHome(tmp_path, fake_aws, {**environ, "PYVAULT_BACKEND": "pass"})
        yield made
        end_keys(made.runtime, made.state)


def minutes_left(home: WarmHome) -> float:
    halves = find_halves(Place(str(home.runtime), str(home.state)), "warm")
    [entry] = home.entries.iterdir()
    assert halves
    first, _, last, _ = moments(unpack(Keys(halves).open(entry.name, entry.read_bytes()))[1])
    return (last - first) / MINUTE


def test_for_minutes_and_for_the_same_surroundings(home: WarmHome) -> None:
    home.warm_up(*WORDS)
    assert home.known(*WORDS)
    assert 4.9 < minutes_left(home) < 5.1
    assert home.run(*WORDS).out == home.ordinary(*WORDS).out
    for changed in ({"PASSWORD_STORE_DIR": "/nowhere"}, {"GNUPGHOME": "/nowhere"}, {"PATH": "/bin"}, {"BASH_ENV": "x"}):
        assert home.known(*WORDS, env=changed) is None
    home.add("third")
    assert home.known(*WORDS) is None


def test_the_setting(home: WarmHome) -> None:
    config = home.home / ".config" / "pyvault" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[warm]\nstores = 0\n")
    home.warm_up(*WORDS)
    assert home.known(*WORDS) is None
    config.write_text("[warm]\nstores = 2\n")
    time.sleep(1.05)
    home.run(*WORDS)
    assert home.known(*WORDS)
    assert minutes_left(home) < 2.1
