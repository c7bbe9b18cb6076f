"""Whose credentials a program finds: a real botocore in the environment of the child, without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSResponse
from botocore.credentials import SSOProvider
from botocore.loaders import Loader
from botocore.session import Session
from botocore.tokens import SSOTokenProvider

from identity import stand_in
from identity.principals import KEY_ID, who

#: botocore reads the files even where keys in the environment win.
UNREADABLE = "error: ConfigParseError"

_loader = Loader()  # keeps the models that it has read


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self._body


def _answered(request: Any, **_event: Any) -> AWSResponse:
    body = request.body or b""
    text = body if isinstance(body, str) else body.decode()
    headers = {name: v.decode() if isinstance(v, bytes) else v for name, v in request.headers.items()}
    status, said = stand_in.answer(request.url, headers, text)
    return AWSResponse(request.url, status, {}, _Raw(said.encode()))


@contextmanager
def living_in(environ: Mapping[str, str]) -> Iterator[None]:
    """Let botocore see an environment as that of its process."""
    cache = str(Path(environ["HOME"], ".aws", "sso", "cache"))
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        mock.patch.object(SSOProvider, "_SSO_TOKEN_CACHE_DIR", cache),
        mock.patch.object(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", cache),
    ):
        yield


def found_by_botocore(environ: Mapping[str, str], profile: str | None = None) -> tuple[str, str | None]:
    """Return the principal of what a fresh session finds, and its account; or an error and None.

    Args:
        environ: of the program.
        profile: the one that the program names itself.
    """
    with living_in(environ):
        session = Session(profile=profile)
        session.register("before-send", _answered)
        session.register_component("data_loader", _loader)
        try:
            resolver = session.get_component("credential_provider")
            resolver.get_provider("assume-role")._prompter = lambda _text: "123456"
            found = session.get_credentials()
            if found is None:
                return "error: nothing", None
            frozen = found.get_frozen_credentials()
        except Exception as error:  # noqa: BLE001 - whatever a program of somebody else ends with
            return f"error: {type(error).__name__}", None
        if not KEY_ID.fullmatch(frozen.access_key):  # with a comment behind it, as botocore reads it
            return "error: AWS knows no such key", None
        return who(frozen.access_key), frozen.account_id
