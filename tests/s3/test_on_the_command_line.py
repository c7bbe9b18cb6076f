"""Every command on a vault in a bucket, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engines
from command_line import Pyvault
from engines import Engine
from fake_aws.client import FakeAws
from fault_proxy import FaultProxy
from login_keys import end_keys
from warm_home import WarmHome

PAIR = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI\n"
OTHER = b"AKIAI44QH8DHBEXAMPLE\nje7MtGbClwBF\n"


@pytest.fixture
def env(engine: Engine, url: str, private_home: Path) -> dict[str, str]:
    return settings(url, engine.url, private_home)


def settings(url: str, endpoint: str, home: Path) -> dict[str, str]:
    return {
        **engines.credentials(),
        "PYVAULT_BACKEND": "file",
        "PYVAULT_FILE": url,
        "PYVAULT_KEYFILE": str(home / "key"),
        "PYVAULT_BACKEND_FILE__ENDPOINT_URL": endpoint,
    }


def test_from_init_to_restore(pyvault: Pyvault, env: dict[str, str], url: str, private_home: Path) -> None:
    made = pyvault("vault", "init", "--keyfile", env["PYVAULT_KEYFILE"], env=env)
    assert (made.code, f"Made the vault '{url}'." in made.err) == (0, True), made.err
    assert pyvault("vault", "init", "--keyfile", env["PYVAULT_KEYFILE"], env=env).code == 5  # it is there
    assert pyvault("add", "prod", "--stdin", "--no-verify", env=env, stdin=PAIR).code == 0
    assert pyvault("add", "test", "--stdin", "--no-verify", env=env, stdin=OTHER).code == 0
    listed = json.loads(pyvault("list", "--json", env=env).out)
    assert "prod" in json.dumps(listed)
    shown = pyvault("export", "prod", "-n", "--format", "json", env=env)
    assert "AKIAIOSFODNN7EXAMPLE" in shown.out, shown.err
    info = json.loads(pyvault("vault", "info", "--json", env=env).out)
    assert (info["path"], info["generation"], info["backups"]) == (url, 3, 2)
    assert info["modified"] > "2025"
    assert f"'{url}' is intact" in pyvault("vault", "verify", env=env).out
    assert pyvault("remove", "test", "-f", env=env).code == 0
    backups = json.loads(pyvault("vault", "backups", "--json", env=env).out)["backups"]
    assert [backup["generation"] for backup in backups] == [3, 2, 1]
    assert pyvault("vault", "restore", "1", env=env).code == 0
    assert "test" in pyvault("list", env=env).out
    assert pyvault("vault", "rekey", env=env).code == 0
    assert json.loads(pyvault("vault", "backups", "--json", env=env).out)["backups"] == []
    assert not [path for path in private_home.rglob("*.pyv") if "cache" not in str(path) and "session" not in path.name]
    sealed = [path.read_bytes() for path in private_home.rglob("*.pyv")]
    assert not any(b"wJalrXUtnFEMI" in content for content in sealed)


def test_the_first_add_makes_it(pyvault: Pyvault, env: dict[str, str], private_home: Path) -> None:
    (private_home / "new").write_text("a passphrase that nobody knows")
    (private_home / "new").chmod(0o600)
    typed = {key: value for key, value in env.items() if key != "PYVAULT_KEYFILE"} | {
        "PYVAULT_PASSPHRASE_FILE": str(private_home / "new")
    }
    added = pyvault("add", "prod", "--stdin", "--no-verify", env=typed, stdin=PAIR)
    assert added.code == 0, added.err
    assert "AKIAIOSFODNN7EXAMPLE" in pyvault("export", "prod", "-n", "--format", "json", env=typed).out


def test_doctor_looks_at_the_bucket(pyvault: Pyvault, moto: Engine, private_home: Path) -> None:
    env = settings(moto.free_url(versioned=False), moto.url, private_home)
    assert pyvault("vault", "init", "--keyfile", env["PYVAULT_KEYFILE"], env=env).code == 0
    looked = pyvault("doctor", env=env)
    assert "keeps no versions" in looked.out + looked.err
    assert "turn on versioning" in looked.out + looked.err
    for fact in ("policy is not public", "encryption at rest", "no Object Lock", "not replicated"):
        assert fact in looked.out + looked.err


def test_unreachable_and_gone_have_their_exit_codes(
    pyvault: Pyvault, moto: Engine, proxy: FaultProxy, private_home: Path
) -> None:
    env = settings(moto.free_url(), proxy.url, private_home)
    assert pyvault("vault", "verify", env=env).code == 3
    assert pyvault("vault", "init", "--keyfile", env["PYVAULT_KEYFILE"], env=env).code == 0
    assert pyvault("add", "prod", "--stdin", "--no-verify", env=env, stdin=PAIR).code == 0
    assert pyvault("list", env=env).code == 0
    proxy.close()
    offline = pyvault("export", "prod", "-n", "--format", "json", env=env)
    assert offline.code == 0, offline.err
    assert offline.err.count("the copy on this machine is read instead") == 1
    refused = pyvault("add", "test", "--stdin", "--no-verify", env=env, stdin=OTHER)
    assert refused.code == 6, refused.err
    assert "got no answer" in refused.err
    assert pyvault("list", env=env | {"PYVAULT_BACKEND_FILE__MAX_STALE": "0.001"}).code == 6


def test_a_command_is_one_request(
    pyvault: Pyvault, moto: Engine, proxy: FaultProxy, private_home: Path, fake_aws: FakeAws
) -> None:
    env = fake_aws.environ("demo") | settings(moto.free_url(), proxy.url, private_home)
    env |= {name: value for name, value in fake_aws.environ("demo").items() if "KEY" in name}
    for words in (("vault", "init", "--keyfile", env["PYVAULT_KEYFILE"]), ("add", "prod", "--env", "--no-verify")):
        assert pyvault(*words, env=env).code == 0
    for words in (
        ("list",),
        ("exec", "prod", "--", "true"),  # asks STS
        ("exec", "prod", "--", "true"),  # has the session
        ("export", "prod"),
        ("vault", "entries"),
    ):
        proxy.calm()
        assert pyvault(*words, env=env).code == 0
        assert len(proxy.requests) == 1, words


def test_a_url_that_names_nothing_is_told(pyvault: Pyvault) -> None:
    told = pyvault("list", env={"PYVAULT_BACKEND": "file", "PYVAULT_FILE": "s3://bucket"})
    assert told.code == 5
    assert "no valid key of an object" in told.err


def test_import_takes_the_keys_of_another_vault(pyvault: Pyvault, moto: Engine, private_home: Path) -> None:
    env = settings(moto.free_url(), moto.url, private_home)
    assert pyvault("vault", "init", "--keyfile", env["PYVAULT_KEYFILE"], env=env).code == 0
    assert pyvault("add", "prod", "--stdin", "--no-verify", env=env, stdin=PAIR).code == 0
    local = env | {"PYVAULT_FILE": str(private_home / "local.pyv"), "PYVAULT_KEYFILE": str(private_home / "other")}
    assert pyvault("vault", "init", "--keyfile", local["PYVAULT_KEYFILE"], env=local).code == 0
    taken = pyvault("vault", "import", env["PYVAULT_FILE"], "--keyfile", env["PYVAULT_KEYFILE"], env=local)
    assert taken.code == 0, taken.err
    assert "AKIAIOSFODNN7EXAMPLE" in pyvault("export", "prod", "-n", "--format", "json", env=local).out
    assert pyvault("add", "test", "--stdin", "--no-verify", env=local, stdin=OTHER).code == 0
    back = pyvault("vault", "import", local["PYVAULT_FILE"], "--keyfile", local["PYVAULT_KEYFILE"], env=env)
    assert back.code == 0, back.err
    assert "test" in pyvault("list", env=env).out
    assert pyvault("vault", "import", env["PYVAULT_FILE"], env=env).code == 2  # the vault itself
    assert pyvault("vault", "export", env["PYVAULT_FILE"], "--to", "keyfile", env=env).code == 2


@pytest.mark.kernel_keyring
@pytest.mark.parametrize("local", [True, False])
def test_its_answers_are_not_kept_for_the_next_command(
    local: bool, tmp_path: Path, fake_aws: FakeAws, moto: Engine
) -> None:
    home = WarmHome(tmp_path, fake_aws, None if local else settings(moto.free_url(), moto.url, tmp_path))
    words = ("export", "reader", "--format", "json")
    try:
        assert home.warm_up(*words).code == 0
        assert (home.known(*words) is not None) == local  # only the bucket knows what it holds by then
    finally:
        end_keys(home.runtime, home.state)
