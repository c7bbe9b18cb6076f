"""Wait until a person has entered the device code somewhere.

Source: RFC 8628, section 3.5.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import NO_ANSWER, AwsError
from pyvault.sso.oidc import Code

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.clock import Clock
    from pyvault.sso.oidc import DeviceAuthorization, OidcCalls, TokenAnswer
    from pyvault.sso.tokens import Registration

SLOW_DOWN = timedelta(seconds=5)  # RFC 8628: "the interval MUST be increased by 5 seconds"
SHORTEST_PAUSE = timedelta(seconds=1)
#: A fault of AWS's own, in words or in the status of an answer without any: it passes.
SERVER_FAULTS = frozenset({"InternalServerException", "500", "502", "503", "504"})
UNREACHABLE_LIMIT = 5  # in a row; RFC 8628 wants back-off there, not an end


def await_device_code(
    calls: OidcCalls,
    client: Registration,
    authorization: DeviceAuthorization,
    *,
    clock: Clock,
    sleep: Callable[[float], None],
) -> TokenAnswer:
    """Ask AWS, at its pace, until the person has agreed.

    Args:
        sleep: seconds; where a person's Ctrl-C arrives.

    Raises:
        AwsError: code ``ExpiredTokenException`` when nobody agreed in time,
            ``AccessDeniedException`` when the person denied it.
        AwsUnreachableError: AWS stayed away for several questions in a row.
    """
    pause = max(authorization.interval, SHORTEST_PAUSE)
    unreachable = 0
    while clock() < authorization.expires:
        sleep(pause.total_seconds())
        try:
            return calls.redeem_device_code(client, authorization.device_code)
        except (AwsError, *NO_ANSWER) as error:
            if not isinstance(error, AwsError) or error.code in SERVER_FAULTS:
                unreachable += 1
                if unreachable == UNREACHABLE_LIMIT:
                    raise
                pause *= 2
                continue
            if error.code == Code.SLOW_DOWN:
                pause += SLOW_DOWN
            elif error.code == Code.DENIED:
                raise AwsError("the sign-in was denied in the browser", code=Code.DENIED) from None
            elif error.code == Code.EXPIRED:
                break
            elif error.code != Code.PENDING:
                raise
        unreachable = 0
    raise AwsError(
        f"nobody entered the code {authorization.user_code!r} in time",
        code=Code.EXPIRED,
        hint="run the command again for a new code",
    )
