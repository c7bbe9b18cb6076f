"""Browser sessions of the console, and the tokens that open them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .model import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class SigninToken:
    """What getSigninToken gives for temporary credentials."""

    principal: Principal
    good_until: datetime
    console_ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSession:
    """A browser that is signed in."""

    principal: Principal
    expires: datetime
    issuer: str
