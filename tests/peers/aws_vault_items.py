"""What aws-vault keeps in its stores, and what a reader of any of them has to do with it."""

from __future__ import annotations

import base64
import json
from contextlib import closing

import pytest

from pyvault.backend import Backend, Question
from pyvault.errors import AccessDeniedError, ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore

DATA: dict[str, object] = {
    "AccessKeyID": "AKIAPROD",
    "SecretAccessKey": "pLaNtEd",
    "SessionToken": "",
    "Source": "",
    "CanExpire": False,
    "Expires": "0001-01-01T00:00:00Z",
}
SESSION = "sts.GetSessionToken,cHJvZA,YXJuOmF3czppYW0,1600000000"


def item(name: str, **changes: object) -> bytes:
    body = json.dumps(DATA | changes).encode()
    return json.dumps({"Key": name, "Data": base64.b64encode(body).decode(), "Label": f"aws-vault ({name})"}).encode()


def nobody(question: Question) -> Secret[str]:
    pytest.fail(f"asked for {question.key}")


def check_prod(backend: Backend, *, names: set[str]) -> None:
    """It gives the key, lists what should be there, and refuses to change anything."""
    with closing(CredentialStore(backend)) as store:
        assert set(store.profiles()) == names
        found = store.get("prod")
        assert (found.access_key_id, found.secret_access_key) == ("AKIAPROD", Secret("pLaNtEd"))
        with pytest.raises(ItemNotFoundError):
            store.get("absent")
        with pytest.raises(ItemNotFoundError):
            backend.get(ItemName(Kind.PENDING, "prod"))
        with pytest.raises(AccessDeniedError):
            store.put("prod", found)
        with pytest.raises(AccessDeniedError):
            store.delete("prod")
