"""Who may provide a backend, and what becomes of those that are broken."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.distributions import install
from pyvault.backend import Question
from pyvault.errors import AccessDeniedError, BackendError, BackendUnavailableError
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.storage.backend_info import BackendInfo
from pyvault.storage.built_in import BUILT_IN
from pyvault.storage.choice_file import ChoiceFile
from pyvault.storage.plugins import GROUP, refresh_cache
from pyvault.storage.probing import converse, probe_in_child
from pyvault.storage.registry import find_backend, list_backends, load_backend, open_backend

GOOD = """
from pyvault_backends.memory import MemoryBackend
IMPORTED = True
class Good(MemoryBackend):
    def __len__(self):
        return 0
"""


def nobody(question: Question) -> Secret[str]:
    pytest.fail(f"asked for {question.key}")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for distributions, with a cache of stevedore's own."""
    place = tmp_path / "site"
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("PYTHONPATH", str(place))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    importlib.invalidate_caches()
    refresh_cache()
    return place


def others() -> list[BackendInfo]:
    return [info for info in list_backends() if info.distribution != "pyvault-aws"]


def forget(*modules: str) -> None:
    for module in modules:
        sys.modules.pop(module, None)


def test_ours_are_listed_whole_with_reasons_and_without_their_libraries() -> None:
    heavy = ("keyring", "secretstorage", "jeepney", "cryptography", "argon2", "stevedore", "boto3")
    code = (
        "import json, sys; from pyvault.storage.registry import list_backends;"
        "listed = {i.name: [i.available, i.reason] for i in list_backends()};"
        f"print(json.dumps([listed, [m for m in {heavy!r} if m in sys.modules]]))"
    )
    listed, imported = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    assert set(listed) == set(BUILT_IN)
    assert listed["file"] == [True, None]
    assert listed["keychain"] == [False, "it is part of macOS"]
    assert listed["wincred"] == [False, "it is part of Windows"]
    assert all(available or reason for available, reason in listed.values())
    assert imported == []


def test_the_table_is_what_the_distribution_says() -> None:
    entries = importlib.metadata.entry_points(group=GROUP)
    assert {entry.name: entry.value for entry in entries if entry.dist and entry.dist.name == "pyvault-aws"} == BUILT_IN


def test_a_third_partys_is_listed_without_importing_it(site: Path) -> None:
    install(site, "acme-vault", backends={"acme": "acme_vault:Good"}, modules={"acme_vault": "raise SystemExit(3)"})
    assert others() == [BackendInfo(name="acme", distribution="acme-vault", version="1.0", available=None)]
    assert find_backend("acme").distribution == "acme-vault"
    assert "acme_vault" not in sys.modules


def test_a_third_partys_is_opened_by_name_even_if_it_is_falsy(site: Path) -> None:
    install(site, "acme-vault", backends={"acme": "acme_good:Good"}, modules={"acme_good": GOOD})
    backend = open_backend("acme", {}, nobody)
    backend.put(credential_name("x"), Secret(b"y"))
    assert backend.get(credential_name("x")) == Secret(b"y")
    forget("acme_good")


def test_two_of_one_name_are_refused_before_either_is_imported(site: Path) -> None:
    for who in ("one", "two"):
        install(site, f"{who}-vault", backends={"acme": f"acme_{who}:Good"}, modules={f"acme_{who}": GOOD})
    with pytest.raises(BackendError, match="more than one backend is called 'acme': one-vault, two-vault"):
        open_backend("acme", {}, nobody)
    assert not {"acme_one", "acme_two"} & sys.modules.keys()
    assert [(info.distribution, info.available) for info in others()] == [("one-vault", False), ("two-vault", False)]


def test_a_built_in_name_can_not_be_taken(site: Path) -> None:
    install(site, "evil-vault", backends={"memory": "evil:Good"}, modules={"evil": GOOD})
    assert load_backend("memory").__module__ == "pyvault_backends.memory"
    assert "evil" not in sys.modules
    (refused,) = others()
    assert (refused.name, refused.available) == ("memory", False)
    assert "'memory' is built in, and evil-vault can't take it" in (refused.reason or "")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def broken(:", "SyntaxError"),
        ("import no_such_module", "no_such_module"),
        ("raise SystemExit(3)", "SystemExit"),
        ("class Panic(BaseException): pass\nraise Panic('x')", "Panic"),
        ("assert False, 'x'", "AssertionError"),
        ("Good = 3", "version None"),
        ("class Good:\n    API_VERSION = 99", "version 99"),
        ("x = 1", "AttributeError"),
        ("class Good:\n    API_VERSION = 1\n    def get(self, name): ...\n    put = 3", "has no open, put, delete"),
        (
            "from pyvault.backend import Backend\nclass Good(Backend):\n    API_VERSION = 1",
            "has no open, get, put, delete",
        ),
    ],
)
def test_one_that_breaks_is_an_error_of_ours_and_takes_nothing_down(site: Path, source: str, told: str) -> None:
    install(site, "acme-vault", backends={"acme": "acme_broken:Good"}, modules={"acme_broken": source})
    with pytest.raises(BackendUnavailableError) as caught:
        open_backend("acme", {}, nobody)
    assert told in str(caught.value)
    forget("acme_broken")
    report = probe_in_child("acme", {}, environ=os.environ)
    assert told in (report.failure or "")
    assert {info.name for info in list_backends()} == {*BUILT_IN, "acme"}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import time\ntime.sleep(60)", "no answer in 0.5 s"),
        ("import os\nos._exit(7)", "ended the process with status 7"),
        ("import os, subprocess\nsubprocess.Popen(['sleep', '60'])\nwhile True: pass", "no answer in 0.5 s"),
        (
            "print('{}')\nimport sys; sys.stdout.write('noise'); sys.stdout.flush()\nimport os\nos.write(1, b'noise')",
            "version",
        ),
    ],
    ids=["hangs", "exits", "spins", "prints"],
)
def test_one_that_hangs_exits_or_prints_is_left_in_time(site: Path, source: str, told: str) -> None:
    install(site, "acme-vault", backends={"acme": "acme_odd:Good"}, modules={"acme_odd": f"{source}\nGood = 1"})
    report = probe_in_child("acme", {}, environ=os.environ, limit=0.5 if "0.5" in told else 5)
    assert told in (report.failure or "")
    assert not report.availability.available


def test_an_answer_that_comes_at_once_with_the_first_line_is_read() -> None:
    """So it is on a busy machine, where the child has ended before we look."""
    answer = '{"available": true, "reason": null, "hint": null, "failure": null}'
    quick = subprocess.Popen(
        [sys.executable, "-c", f"input(); print('ready\\n{answer}')"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    with quick:
        assert converse(quick, "{}", 60).availability.available


def test_a_child_that_ends_before_it_is_asked_is_told_of() -> None:
    with subprocess.Popen(["true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as gone:
        gone.wait()
        assert "status 0" in (converse(gone, "{}", 60).failure or "")


def test_the_child_has_neither_our_secrets_nor_our_directory(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = f"import os, json\nopen({str(tmp_path / 'seen')!r}, 'w').write(json.dumps(dict(os.environ)))\nGood = 1"
    install(site, "acme-vault", backends={"acme": "acme_spy:Good"}, modules={"acme_spy": spy})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit('from the working directory')")
    environ = dict(os.environ) | {"PYVAULT_PASSPHRASE": "pLaNtEd", "AWS_SECRET_ACCESS_KEY": "pLaNtEd", "KEPT": "yes"}
    probe_in_child("acme", {}, environ=environ)
    seen = (tmp_path / "seen").read_text()
    assert "KEPT" in seen
    assert "pLaNtEd" not in seen


def test_first_use_is_remembered_and_another_distribution_refused_before_its_import(site: Path, tmp_path: Path) -> None:
    file = ChoiceFile(tmp_path / "choice.json")
    install(site, "acme-vault", backends={"acme": "acme_first:Good"}, modules={"acme_first": GOOD})
    open_backend("acme", {}, nobody, admit=file.admit)
    assert file.load().plugins["acme"].distribution == "acme-vault"
    for path in site.glob("*.dist-info/*"):
        path.unlink()
    for path in site.glob("*.dist-info"):
        path.rmdir()
    install(site, "evil-vault", backends={"acme": "acme_second:Good"}, modules={"acme_second": GOOD})
    importlib.invalidate_caches()
    with pytest.raises(AccessDeniedError, match="came from 'acme-vault' and comes from 'evil-vault' now"):
        open_backend("acme", {}, nobody, admit=file.admit)
    assert "acme_second" not in sys.modules
    file.admit(find_backend("acme"), accept=True)
    open_backend("acme", {}, nobody, admit=file.admit)
    forget("acme_first", "acme_second")


def test_stevedores_cache_file_is_not_believed(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stevedore import _cache

    install(
        site,
        "acme-vault",
        backends={"acme": "acme_true:Good"},
        modules={"acme_true": GOOD, "acme_false": "raise SystemExit('redirected')"},
    )
    remembering = _cache.Cache(str(tmp_path / "cache"))
    monkeypatch.setattr(remembering, "_disable_caching", False)
    assert [entry.value for entry in remembering.get_group_all(GROUP) if entry.name == "acme"] == ["acme_true:Good"]
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(file.read_text().replace("acme_true", "acme_false"))
    spoilt = _cache.Cache(str(tmp_path / "cache"))
    assert [entry.value for entry in spoilt.get_group_all(GROUP) if entry.name == "acme"] == ["acme_false:Good"]
    monkeypatch.setattr(_cache, "get_group_all", spoilt.get_group_all)  # what the next process would read
    open_backend("acme", {}, nobody)
    assert "acme_true" in sys.modules
    assert "acme_false" not in sys.modules
    forget("acme_true")


def test_what_nobody_offers_is_said() -> None:
    for attempt in (lambda: find_backend("none"), lambda: load_backend("none")):
        with pytest.raises(BackendUnavailableError, match="there is no backend called 'none'"):
            attempt()
