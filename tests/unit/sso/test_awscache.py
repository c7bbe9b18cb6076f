"""The token for other programs, where it can't be written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fakes.sso_calls import START, session
from pyvault.errors import WriteFailedError
from pyvault.secret import Secret
from pyvault.sso.awscache import write_aws_cache
from pyvault.sso.tokens import Registration, SsoToken


def test_a_directory_that_can_not_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    client = Registration(client_id="id", client_secret=Secret("secret"), expires=START)
    token = SsoToken(
        access_token=Secret("access"), expires=START + timedelta(hours=1), refresh_token=None, client=client
    )
    (tmp_path / "sso").touch()
    with pytest.raises(WriteFailedError, match=r"can't write '.*/sso/cache/[0-9a-f]{40}\.json'"):
        write_aws_cache(tmp_path / "sso" / "cache", session(), token)
