"""The workflows of docs/ci.md, run as the CI services run them.

Stood in for: the services (``runners.py``), their secret stores and token endpoints, the installation of
pyvault, and Terraform: a program of that name that asks for credentials by the same chain, the AWS CLI.
"""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from docs.runners import JobFailedError, Machine, path_with, run_github, run_gitlab, stand_in
from fake_aws.client import REGION, FakeAws
from pyvault.version import __version__

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text()
BLOCKS = re.findall(r"```(?:yaml|ini)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
GITHUB, GITLAB, CONFIG = ".github/workflows/deploy.yml", ".gitlab-ci.yml", "ci/aws-config"
SAMPLE = "a56572709e1d28a4fdd317b9a79c99f9"
AUDIENCE = "sts.amazonaws.com"
SCRIPTS = sysconfig.get_path("scripts")


def block(name: str, number: int) -> str:
    """Give the number-th block of a file's name on the page."""
    return [text for found, text in BLOCKS if found == name][number]


@pytest.fixture
def environ(fake_aws: FakeAws, tmp_path: Path) -> dict[str, str]:
    """What a runner has: the installers of the page, which bring this pyvault; Terraform comes with its action or image."""
    programs = tmp_path / "programs"
    stand_in(programs, "apk", 'test "$*" = "add --no-cache pipx"')
    brought = f'mkdir -p "$HOME/.local/bin" && ln -s "{SCRIPTS}/pyvault" "$HOME/.local/bin/pyvault"'
    stand_in(programs, "pipx", f'test "$*" = "install pyvault-aws=={__version__}" && {brought}')
    home = tmp_path / "home"
    home.mkdir()
    path = path_with(programs)
    region = ("AWS_REGION", "AWS_DEFAULT_REGION")  # the workflows bring their own
    given = {name: value for name, value in fake_aws.environ().items() if name not in region}
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", **given}


@pytest.fixture
def machine(environ: dict[str, str], tmp_path: Path) -> Machine:
    repository, work = tmp_path / "repository", tmp_path / "work"
    (repository / "ci").mkdir(parents=True)
    work.mkdir()
    # A variable that could open the vault would be seen by whatever Terraform starts.
    leak = "env | grep -E '^PYVAULT_(KEY|PASS)' && exit 9"
    state = f"{work}/initialised"
    lines = f"""case "$*" in
        "init -input=false") touch {state} ;;
        "apply -input=false -auto-approve") test -e {state} || exit 7; {leak}; "{SCRIPTS}/aws" sts get-caller-identity ;;
        *) exit 8 ;;
    esac"""
    stand_in(tmp_path / "terraform", "terraform", lines)
    return Machine(repository=repository, work=work, environ=environ, terraform=tmp_path / "terraform")


class Vault:
    """The repository's vault, made by the commands of the page."""

    def __init__(self, machine: Machine, aws: FakeAws) -> None:
        here = machine.repository
        (script,) = re.findall(r"<!-- example: needs keys -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
        home = Path(machine.environ["HOME"])
        keys = {**machine.environ, **aws.environ("demo"), "PATH": path_with(Path(SCRIPTS))}
        subprocess.run(["bash", "-euc", script], cwd=here, env=keys, check=True, capture_output=True, timeout=60)
        self.files = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
        self.key = (home / "ci.key").read_text()
        opened = {"PYVAULT_FILE": "ci/vault.pyv", "PYVAULT_KEYFILE": str(home / "ci.key"), "PYVAULT_BACKEND": "file"}
        told = subprocess.run(
            ["pyvault", "vault", "info", "--json"], cwd=here, env={**keys, **opened}, check=True, capture_output=True
        )
        self.fingerprint = json.loads(told.stdout)["fingerprint"]
        (home / "ci.key").unlink()
        for left in here.rglob("*"):
            if left.is_file() and left != here / "ci" / "vault.pyv":
                left.unlink()

    def named_in(self, workflow: str) -> str:
        """Give the workflow with this vault's fingerprint, which every repository writes into its own."""
        assert SAMPLE in workflow
        return workflow.replace(SAMPLE, self.fingerprint)


@pytest.fixture
def vault(machine: Machine, fake_aws: FakeAws) -> Vault:
    return Vault(machine, fake_aws)


def test_github_with_a_key_file(machine: Machine, vault: Vault) -> None:
    workflow = vault.named_in(block(GITHUB, 0))
    shown = run_github(workflow, machine, secrets={"PYVAULT_KEY": vault.key.strip()}, token_service={})
    assert ":user/demo" in shown
    assert not list(machine.work.rglob("key"))


def test_gitlab_with_a_key_file(machine: Machine, vault: Vault) -> None:
    workflow = vault.named_in(block(GITLAB, 0))
    shown = run_gitlab(workflow, machine, files={"VAULT_KEY": vault.key}, token={})
    assert ":user/demo" in shown
    assert not list(Path(machine.environ["HOME"]).rglob("key"))


def test_what_lies_beside_the_vault_is_ignored_and_the_key_is_elsewhere(machine: Machine, vault: Vault) -> None:
    assert vault.files > {"ci/vault.pyv"}
    assert not any(name.endswith("key") for name in vault.files)
    for name in vault.files:
        (machine.repository / name).touch()
    (lines,) = re.findall(r"```gitignore\n(.*?)```", PAGE, re.DOTALL)
    (machine.repository / ".gitignore").write_text(lines)
    git = ["git", "-C", str(machine.repository)]
    subprocess.run([*git, "init", "-q"], check=True, capture_output=True)
    told = subprocess.run([*git, "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["??", ".gitignore", "??", "ci/vault.pyv"]


def test_another_vault_is_refused(machine: Machine, vault: Vault) -> None:
    with pytest.raises(JobFailedError, match="not the expected one"):
        run_gitlab(block(GITLAB, 0), machine, files={"VAULT_KEY": vault.key}, token={})


def test_an_older_copy_is_refused(machine: Machine, vault: Vault) -> None:
    pipeline = vault.named_in(block(GITLAB, 0)).replace('MIN_GENERATION: "2"', 'MIN_GENERATION: "9"')
    with pytest.raises(JobFailedError, match="is generation 2, older than the expected 9"):
        run_gitlab(pipeline, machine, files={"VAULT_KEY": vault.key}, token={})


@pytest.fixture
def deploy_role(fake_aws: FakeAws) -> None:
    """The role of the page, for the repository at the identity provider."""
    role = {"trusted": ["oidc-provider/token.example.test"], "subject": "repo:example/*", "audience": AUDIENCE}
    fake_aws.enlarge({"accounts": {"123456789012": {"roles": {"deploy": role}}}})


@pytest.fixture
def token_service(fake_aws: FakeAws) -> Iterator[dict[str, str]]:
    """GitHub's endpoint for identity tokens: for who bears the job's token, with the audience that is asked for."""

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = parse_qs(urlsplit(self.path).query)
            allowed = self.headers["Authorization"] == "Bearer the-job" and wanted["api-version"] == ["2.0"]
            self.send_response(200 if allowed else 401)
            self.end_headers()
            if allowed:
                token = fake_aws.web_identity_token(audience=wanted["audience"][0])
                self.wfile.write(json.dumps({"count": len(token), "value": token}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/token?api-version=2.0"
        yield {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the-job", "ACTIONS_ID_TOKEN_REQUEST_URL": url}
        server.shutdown()
        thread.join()


@pytest.mark.peer("curl", "jq")
@pytest.mark.parametrize("config", [0, 1], ids=["a-file", "a-process"])
def test_github_with_oidc(
    machine: Machine, deploy_role: None, token_service: dict[str, str], fake_aws: FakeAws, config: int
) -> None:
    (machine.repository / CONFIG).write_text(block(CONFIG, config))
    workflow = block(GITHUB, 1)
    if config == 1:  # the second way has no step for the token
        workflow = re.sub(r" +- name: get a token.*?(?= +- run: \|\n +pyvault)", "", workflow, flags=re.DOTALL)
        assert "umask" not in workflow
    shown = run_github(workflow, machine, secrets={}, token_service=token_service)
    assert ":assumed-role/deploy/" in shown
    assert fake_aws.ops()[0] == "sts.AssumeRoleWithWebIdentity"


@pytest.mark.peer("curl", "jq")
def test_github_gives_no_token_without_the_permission(
    machine: Machine, deploy_role: None, token_service: dict[str, str]
) -> None:
    (machine.repository / CONFIG).write_text(block(CONFIG, 0))
    workflow = block(GITHUB, 1).replace("id-token: write", "id-token: none")
    with pytest.raises(JobFailedError):
        run_github(workflow, machine, secrets={}, token_service=token_service)


def test_gitlab_with_oidc(machine: Machine, deploy_role: None, fake_aws: FakeAws) -> None:
    (machine.repository / CONFIG).write_text(block(CONFIG, 0))
    token = {AUDIENCE: fake_aws.web_identity_token(audience=AUDIENCE)}
    assert ":assumed-role/deploy/" in run_gitlab(block(GITLAB, 1), machine, files={}, token=token)
    assert fake_aws.ops().count("sts.AssumeRoleWithWebIdentity") == 2


def test_the_page_has_a_workflow_of_each_kind() -> None:
    assert sorted(name for name, _ in BLOCKS) == sorted([GITHUB, GITHUB, GITLAB, GITLAB, CONFIG, CONFIG])
    assert PAGE.count("```yaml") == 4
    assert REGION in PAGE


def test_without_a_vault_the_way_out_is_named(machine: Machine, deploy_role: None, fake_aws: FakeAws) -> None:
    (machine.repository / CONFIG).write_text(block(CONFIG, 0))
    pipeline = (
        block(GITLAB, 1).replace("PYVAULT_BACKEND: memory", "PYVAULT_BACKEND: file").replace("exec --no-cache", "exec")
    )
    with pytest.raises(JobFailedError, match="PYVAULT_BACKEND=memory"):
        run_gitlab(pipeline, machine, files={}, token={AUDIENCE: fake_aws.web_identity_token(audience=AUDIENCE)})
