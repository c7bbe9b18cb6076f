"""An item that is not aws-vault's is told from one that is damaged or stands in a folder."""

from __future__ import annotations

import pytest

from pyvault.errors import ItemCorruptError
from pyvault.migration.aws_vault_records import ForeignItemError, read_item
from pyvault.secret import Secret


@pytest.mark.parametrize("text", [b"hunter2\nuser: me\n", b"[]", b'{"password": "x"}', b"\xff"])
def test_somebody_else_s_entry_is_foreign(text: bytes) -> None:
    with pytest.raises(ForeignItemError, match="'mail' is not an item of aws-vault"):
        read_item(Secret(text), of="the entry 'mail'", name="mail")


def test_an_item_in_a_folder_hints_at_the_folder() -> None:
    with pytest.raises(ItemCorruptError) as caught:
        read_item(Secret(b'{"Key": "prod", "Data": ""}'), of="the entry 'aws-vault/prod'", name="aws-vault/prod")
    assert caught.value.hint is not None
    assert "--pass-prefix aws-vault" in caught.value.hint


def test_a_damaged_item_is_not_foreign() -> None:
    with pytest.raises(ItemCorruptError) as caught:
        read_item(Secret(b'{"Key": "prod", "Data": "?"}'), of="the entry 'prod'", name="prod")
    assert not isinstance(caught.value, ForeignItemError)
