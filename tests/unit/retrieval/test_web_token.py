"""What is sent as a web identity token: a JSON Web Token, and no other file of the person's."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from pyvault.aws.token_check import KEY_FILE, MAX_TOKEN, check_web_token
from pyvault.errors import InvalidSettingError
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.key_file import PREFIX, create_key_file


def part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


HEADER = part('{"alg": "RS256"}')
CANARY = "wJalrXUtnFEMICANARY"


@pytest.mark.parametrize("token", [f"{HEADER}.{part('{}')}.{CANARY}", f"{HEADER}.a-_.{'s' * 342}"])
def test_a_token_is_sent(token: str) -> None:
    check_web_token(Secret(token), what="x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        CANARY,
        "my long passphrase",
        "3K9D-FRX0-1VQ7-8MWN-5TBC-A2E",  # the shape of a recovery code
        f"{CANARY}.{CANARY}",
        f"{CANARY}.{CANARY}.{CANARY}",
        f"{part('[]')}.{CANARY}.{CANARY}",
        f"{part('{}')}.{CANARY}.{CANARY}",
        f"{HEADER}.{CANARY}.{CANARY}.{CANARY}",
        f"{HEADER}.{CANARY}.",
        f"{HEADER}.{CANARY}.\n{CANARY}",
        f"{HEADER}.{CANARY}.é",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n-----END OPENSSH PRIVATE KEY-----",
        f"{HEADER}.{CANARY}.{'s' * MAX_TOKEN}",
    ],
)
def test_anything_else_is_not_and_is_in_no_message(text: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        check_web_token(Secret(text), what="the web_identity_token_file '/x'")
    assert "the web_identity_token_file '/x'" in caught.value.message
    assert CANARY not in f"{caught.value.message}{caught.value.hint}"


def test_the_key_file_of_a_vault_is_named(tmp_path: Path) -> None:
    create_key_file(tmp_path / "key")
    with pytest.raises(InvalidSettingError, match="key file of a vault"):
        check_web_token(Secret((tmp_path / "key").read_text().strip()), what="x")
    assert PREFIX.decode() == KEY_FILE
