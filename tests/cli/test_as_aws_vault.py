"""What docs/moving.md says of exit codes, tried line by line in one home."""

from __future__ import annotations

from pathlib import Path

from command_line import Pyvault

#: Words, variables, exit code, and a text of stdout or stderr.
ROWS: tuple[tuple[str, dict[str, str | None], int, str], ...] = (
    ("list --file-dir keys", {}, 2, "pyvault import aws-vault"),
    ("list --keychain aws-vault", {}, 2, "pyvault import aws-vault"),
    ("list", {"PYVAULT_BACKEND": None, "AWS_VAULT_BACKEND": "keyctl"}, 5, "which pyvault does not have"),
    ("list --op-vault-id x", {}, 2, "--op-vault-id"),
    ("", {}, 2, "Usage: pyvault"),
    ("--help-long", {}, 2, "did you mean '--help'?"),
    ("exec nobody -- true", {}, 3, "pyvault: hint:"),
    ("exec demo -- no-such-command", {}, 127, "was not found"),
    ("exec demo --json --server", {}, 2, "Can't use --ecs-server with --json"),
    ("exec demo -d 5m -- true", {}, 5, "outside the range 15m0s to 36h0m0s"),
    ("exec demo -- true", {"AWS_SESSION_TOKEN_TTL": "soon"}, 5, "AWS_SESSION_TOKEN_TTL"),
    ("exec demo -- true", {"AWS_VAULT_STDOUT": "maybe"}, 2, "AWS_VAULT_STDOUT"),
    ("exec demo -d 3600 sh -c true", {"AWS_VAULT_STDOUT": "T"}, 0, ""),
    ("exec -- printenv AWS_VAULT", {"AWS_PROFILE": "demo"}, 0, "demo\n"),
    ("exec demo env -u AWS_VAULT true", {}, 0, ""),
    ("exec demo -- true", {"AWS_VAULT": "demo"}, 5, "unset AWS_VAULT to force"),
    ("export demo", {"AWS_VAULT": "demo"}, 0, "AWS_SESSION_TOKEN="),
    ("exec reader --server -- sh -c :", {}, 0, ""),
    ("proxy --stop", {}, 2, "--stop"),
    ("remove demo", {}, 4, "--force"),
    ("add demo --env", {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x" * 40}, 4, "--force"),
    ("exec loop -- true", {}, 5, "loop -> back -> loop"),
    ("explain dotted.child", {}, 3, "credentials missing"),
    ("import aws-vault", {}, 5, "none of aws-vault's stores is here"),
)
MORE = """
[profile loop]
source_profile = back
[profile back]
source_profile = loop
[profile dotted]
source_profile = demo
[profile dotted.child]
output = json
"""


def test_every_line_of_the_table(pyvault: Pyvault, variables: dict[str, str | None], tmp_path: Path) -> None:
    with (tmp_path / ".aws" / "config").open("a") as config:
        config.write(MORE)
    wrong: list[str] = []
    for words, environ, code, text in ROWS:
        ended = pyvault(*words.split(), env={**variables, **environ})
        if ended.code != code or text not in ended.out + ended.err:
            wrong.append(f"{words}: exit {ended.code}, {ended.out[-200:]!r}, {ended.err[-300:]!r}")
    assert wrong == []
