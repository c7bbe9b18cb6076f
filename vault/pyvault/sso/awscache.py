"""Write a token where the AWS CLI and the SDKs look for it, in plain text.

Only ``exec --profile-env`` asks for this, and says so: the child then reads the
profile itself. The file holds the access token alone. Without the refresh token
and the client's secret, whoever steals it has hours, not months.

Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center authentication";
the file name is the SHA-1 of the session's name, or of the start URL.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.sso.session import SsoSession
    from pyvault.sso.tokens import SsoToken


def cache_path(directory: Path, session: SsoSession) -> Path:
    """Say where the SDKs look.

    Args:
        directory: ``~/.aws/sso/cache``.
    """
    name = hashlib.sha1((session.name or session.start_url).encode(), usedforsecurity=False).hexdigest()
    return directory / f"{name}.json"


def write_aws_cache(directory: Path, session: SsoSession, token: SsoToken) -> Path:
    """Write the token for other programs, mode 0600, atomically.

    Returns:
        The file, for the person to know about.

    Raises:
        WriteFailedError: it can't be written.
    """
    import json

    from pyvault.files.atomic import replace_file, writing

    path = cache_path(directory, session)
    content = {
        "startUrl": session.start_url,
        "region": session.client.region,
        "expiresAt": to_rfc3339(token.expires),
        "accessToken": token.access_token.reveal(),
    }
    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, json.dumps(content).encode(), mode=0o600)
    return path
