"""Every name in aws-vault's stores is that of a key, or there is a reason why not."""

from __future__ import annotations

import pytest

from peers.aws_vault_items import SESSION
from pyvault.migration.aws_vault_names import LeftOut, is_credential, sort_names


@pytest.mark.parametrize(
    "name",
    [
        "prod",
        ".hidden",
        "a,b",
        "sts.example",
        "session",
        "session,old",
        "session,YQ,Yg",
        "session,,Yg,1600000000",
        "session,not base64!,Yg,1600000000",
        "session,YQ,Yg,tomorrow",
        "session:dev",
        "session:dev:eu",
        "session:YQ:Yg:",
        "sts.GetSessionToken,x,,1600000000",
        "sts.GetSessionToken,cHJvZA,YXJu",
        "dev session",
        "dev session (new)",
    ],
)
def test_a_name_that_lacks_a_field_of_a_session_is_a_key(name: str) -> None:
    assert is_credential(name)
    assert sort_names([name]).keys == {name: name}


@pytest.mark.parametrize(
    "name",
    [
        SESSION,
        "sso.GetRoleCredentials,YQ,Yg,1",
        "sts.AssumeRole,YQ,,1600000000",
        "credential_process,YQ,Yg,1",
        "session,YQ,Yg,1",
        "session:YQ:Yg:1",
        "session:prod:arn:aws:iam::1:mfa/me:1600000000",
        "prod session (123)",
        "oidc:https://x",
    ],
)
def test_sessions_and_tokens_are_left_and_end_by_themselves(name: str) -> None:
    assert not is_credential(name)
    listing = sort_names([name])
    assert not listing.keys
    assert [(entry.name, entry.ends) for entry in listing.left_out] == [(name, True)]


@pytest.mark.parametrize("name", ["tab\there", "line\nbreak", "x" * 513, "\udcff"])
def test_what_can_not_name_a_profile_is_left_with_the_reason(name: str) -> None:
    (entry,) = sort_names([name]).left_out
    assert entry.name == name
    assert entry.reason
    assert not entry.ends


def test_a_name_in_another_unicode_form_is_taken_once() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert sort_names([decomposed]).keys == {composed: decomposed}
    both = sort_names([composed, decomposed], [LeftOut(name="folder", reason="it is no file")])
    assert len(both.keys) == 1
    assert both.left_out[0].name == "folder"
    assert len(both.left_out) == 2
