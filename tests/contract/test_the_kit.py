"""The suite itself: every broken backend is caught by the case that is named for its fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "plugin_example"
SOUND = "pyvault.testing.template.driver:NewBackend"

CAUGHT = {
    "LosesCase": "test_names_that_differ_in_case_are_different",
    "DropsTheLastWrite": "test_a_second_put_replaces",
    "Truncates": "test_a_value_is_kept_whole_or_refused[2561]",
    "LeaksIntoRepr": "test_no_secret_shows_in_a_repr",
    "StaleNames": "test_names_are_exact_after_each_step",
    "SwapsItems": "test_names_that_share_a_prefix_are_different",
    "NotAtomic": "test_a_killed_writer_leaves_a_whole_value",
    "NoLock": "test_eight_processes_lose_nothing",
    "ForeignErrors": "test_getting_what_is_not_there_says_so",
    "ReturnsBytes": "test_its_answers_have_the_types_of_the_contract",
    "ListsPlainKinds": "test_its_answers_have_the_types_of_the_contract",
    "HangsWhenAsked": "test_a_look_around_neither_prompts_nor_hangs",
}

#: Of ``broken_versions``; the faults that only several processes show have the cases of several processes.
CAUGHT_VERSIONS = {
    "LosesUpdates": "test_a_lost_update_is_refused",
    "LosesAnswers": "test_a_lost_answer_is_recognised",
    "ComparesByItself": "test_writers_in_several_processes_lose_no_update",
    "CreatesByItself": "test_one_of_several_creators_wins",
    "CreatesOver": "test_create_replaces_nothing",
    "MakesWhatIsGone": "test_what_is_gone_is_not_made_again",
    "KeepsItsVersion": "test_a_version_belongs_to_the_bytes",
    "Misspelt": "test_the_three_come_together",
}


CAUGHT_TRANSACTIONS = {
    "CommitsAtOnce": "test_a_transaction_that_fails_is_none_of_them",
    "SwallowsWhatIsRaised": "test_a_transaction_that_fails_is_none_of_them",
}


def run_suite(backend: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the suite as an author does, in a process of its own."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "pyvault.testing.plugin", "-p", "no:randomly", "-p", "no:cacheprovider"),
            *("-c", "/dev/null", "--rootdir", str(HERE), "-W", "error", "-q", "-rA", "--no-header", "--tb=short"),
            *("--pyargs", "pyvault.testing.suite", "--pyvault-backend", backend, *arguments),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{HERE}:{EXAMPLE}"},
    )  # fmt: skip


@pytest.mark.parametrize("broken", CAUGHT)
def test_a_broken_backend_is_caught_by_the_case_for_it(broken: str) -> None:
    case = CAUGHT[broken].partition("[")[0]
    arguments = ("--pyvault-option", "path={tmp}", "--pyvault-option", "new=true", "-k", case)
    result = run_suite(f"broken_backends:{broken}", *arguments)
    assert "FAILED" in result.stdout, result.stdout
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
    assert any(CAUGHT[broken] in line for line in failed), result.stdout


@pytest.mark.parametrize("broken", CAUGHT_VERSIONS)
def test_a_backend_with_wrong_versions_is_caught_by_the_case_for_it(broken: str) -> None:
    case = CAUGHT_VERSIONS[broken]
    path = "path={tmp}" if broken == "Misspelt" else "path={tmp}/items.db"
    options = ("--pyvault-option", path, "--pyvault-option", "new=true")
    result = run_suite(f"broken_versions:{broken}", *options, "-k", case)
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
    assert any(case in line for line in failed), result.stdout


@pytest.mark.parametrize("broken", CAUGHT_TRANSACTIONS)
def test_a_backend_with_wrong_transactions_is_caught_by_the_case_for_it(broken: str) -> None:
    case = CAUGHT_TRANSACTIONS[broken]
    result = run_suite(f"broken_transactions:{broken}", "-k", case)
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
    assert any(case in line for line in failed), result.stdout


def test_the_sound_one_passes_and_skips_nothing() -> None:
    result = run_suite(
        SOUND,
        "--pyvault-option",
        "path={tmp}",
        "--pyvault-option",
        "new=true",
        "-k",
        "not processes and not killed",
        "--pyvault-capability",
        "lockable=false",
        "--pyvault-capability",
        "breakable=false",  # on the command line nothing can break it
    )
    assert result.returncode == 0, result.stdout
    skipped = [line for line in result.stdout.splitlines() if line.startswith("SKIPPED")]
    reasons = {line.partition("declared: ")[2] for line in skipped}
    assert reasons == {
        "lockable is False",
        "breakable is False",
        "the backend is not Versioned",
        "the backend is not Transactional",
    }


BROKEN = """
import pytest
from pyvault.testing import BackendContract, Subject
class TestMine(BackendContract):
    @pytest.fixture
    def subject(self, tmp_path):
        store = tmp_path / "store"
        subject = Subject(backend="broken_backends:TakesGoneForEmpty", options={"path": str(store), "new": "true"})
        store.mkdir()
        def break_store():
            store.rename(tmp_path / "elsewhere")
            store.mkdir()
        return Subject(backend=subject.backend, options=subject.options, break_store=%s)
"""


@pytest.mark.parametrize(
    ("hook", "told"), [("break_store", "DID NOT RAISE"), ("None", "give the Subject a break_store, or declare")]
)
def test_a_store_that_is_gone_and_taken_for_empty_is_caught(tmp_path: Path, hook: str, told: str) -> None:
    (tmp_path / "test_mine.py").write_text(BROKEN % hook)
    result = subprocess.run(
        [*(sys.executable, "-m", "pytest", "-p", "pyvault.testing.plugin", "-p", "no:cacheprovider", "-p", "no:randomly"),
         *("-c", "/dev/null", "-q", "-k", "broken_store", str(tmp_path))],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HERE)},
    )  # fmt: skip
    assert result.returncode == 1, result.stdout
    assert told in result.stdout


def test_a_skip_that_was_not_declared_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_lazy.py").write_text(
        "import pytest\n"
        "from pyvault.testing import BackendContract, Subject\n"
        "class TestLazy(BackendContract):\n"
        "    @pytest.fixture\n"
        f"    def subject(self, tmp_path): return Subject(backend={SOUND!r}, options={{'path': str(tmp_path), 'new': 'true'}})\n"
        "    def test_what_is_put_is_got(self): pytest.skip('too difficult')\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "pyvault.testing.plugin",
        "-c",
        "/dev/null",
        "-q",
        "-k",
        "what_is_put_is_got",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 1, result.stdout
    assert "skipped without a declared capability: " in result.stdout


def test_a_backend_that_is_not_named_or_not_there_is_said(tmp_path: Path) -> None:
    assert "--pyvault-backend NAME" in run_suite("", "-k", "what_is_put").stdout
    assert "there is no backend called 'nonesuch'" in run_suite("nonesuch", "-k", "what_is_put").stdout
    unknown = run_suite("memory", "-k", "threads", "--pyvault-capability", "flies=true")
    assert "there is no capability flies" in unknown.stdout
