"""Which entries of aws-vault's make ``import aws-vault`` end with 1, and which are read at all."""

from __future__ import annotations

import json

import pytest

from pyvault.errors import ItemCorruptError, ProfileNotFoundError, PyvaultError
from pyvault.migration.aws_vault_names import LeftOut, sort_names
from pyvault.migration.aws_vault_records import ForeignItemError
from pyvault.migration.between_stores import MigrationOutcome, MigrationResult
from pyvault_cli.stores.aws_vault_selection import Selection
from pyvault_cli.stores.import_report import NOT_READ, Account


@pytest.mark.parametrize(
    "outcome",
    [MigrationOutcome.COPIED, MigrationOutcome.WOULD_COPY, MigrationOutcome.ALREADY, MigrationOutcome.IS_THERE],
)
def test_all_that_is_imported_or_equal_is_well(outcome: MigrationOutcome) -> None:
    account = Account()
    account.add(MigrationResult(profile="prod", outcome=outcome), shared=False)
    account.leave_out([LeftOut(name="session,YQ,Yg,1", reason="a session", ends=True)])
    account.settle()


@pytest.mark.parametrize(
    "moved",
    [
        MigrationResult(profile="prod", outcome=MigrationOutcome.SKIPPED),
        MigrationResult(profile="prod", outcome=MigrationOutcome.WOULD_SKIP),
        MigrationResult(profile="prod", outcome=MigrationOutcome.FAILED, problem=ItemCorruptError("damaged")),
        MigrationResult(
            profile="prod", outcome=MigrationOutcome.FOREIGN, problem=ForeignItemError("not an item of aws-vault")
        ),
    ],
)
def test_what_only_aws_vault_has_then_is_not(moved: MigrationResult) -> None:
    account = Account()
    account.add(moved, shared=False)
    with pytest.raises(PyvaultError, match="1 entry of aws-vault"):
        account.settle()


def test_a_name_that_no_profile_can_have_is_not_well() -> None:
    account = Account()
    account.leave_out(sort_names(["a\tb"]).left_out)
    with pytest.raises(PyvaultError):
        account.settle()


def test_passwords_of_others_in_a_shared_store_are_no_failure() -> None:
    account = Account()
    account.add(
        MigrationResult(profile="mail", outcome=MigrationOutcome.FOREIGN, problem=ForeignItemError("not an item")),
        shared=True,
    )
    account.pass_by(["bank"])
    account.settle()
    document = json.loads(account.as_json())
    skipped = [{"name": "mail", "reason": "not an item"}, {"name": "bank", "reason": NOT_READ}]
    assert document == {"v": 1, "imported": [], "skipped": skipped, "failed": []}


def test_in_a_password_store_that_nobody_named_only_profiles_are_decrypted() -> None:
    listing = sort_names(["prod", "aws/dev", "bank", "oidc:https://x"])
    selection = Selection(requested=(), known={"prod", "dev"}, named=False)
    chosen = selection.choose(listing, shared=True)
    assert (sorted(chosen.profiles), chosen.not_read) == (["aws/dev", "prod"], ["bank"])
    assert len(chosen.left_out) == 1
    assert selection.choose(listing, shared=False).not_read == []
    named = Selection(requested=(), known=(), named=True)
    assert named.choose(listing, shared=True).profiles == ["aws/dev", "bank", "prod"]


def test_what_is_wanted_and_nowhere_is_named() -> None:
    selection = Selection(requested=("prod", "nobody"), known=(), named=False)
    assert selection.choose(sort_names(["prod", "dev"]), shared=False).profiles == ["prod"]
    with pytest.raises(ProfileNotFoundError, match="'nobody'"):
        selection.check()
    with pytest.raises(ProfileNotFoundError, match="empty"):
        Selection(requested=(), known=(), named=False).check()
