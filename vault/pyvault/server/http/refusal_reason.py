"""Why a request gets no good answer, in one word each: what the access log says of it.

The words are for programs that read the log, so the list is closed; a word never
holds anything of what was sent.
"""

from __future__ import annotations

from enum import StrEnum


class RefusalReason(StrEnum):
    """What was wrong."""

    PEER = "peer"  # a process of a user who may not ask, or one of another network namespace
    HOST = "host"
    ORIGIN = "origin"  # a web page in a browser asked
    FORWARDED = "forwarded"  # a proxy passed on what somebody else asked
    METHOD = "method"
    PATH = "path"
    TOKEN = "token"  # noqa: S105 - a word of the log
    ROLE = "role"  # one that no --allow-role allows
    MALFORMED = "malformed"
    SIZE = "size"
    BODY = "body"
    SLOW = "slow"  # the request did not come in time
    BUSY = "busy"  # all places for roles are taken
    FETCH = "fetch"  # there are no good credentials, and getting new ones failed
    FAULT = "fault"  # a mistake of ours
