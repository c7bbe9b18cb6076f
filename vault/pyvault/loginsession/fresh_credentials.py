"""Credentials of a console sign-in: the kept ones, refreshed ones, or those of a new sign-in.

Refresh and sign-in happen under one lock for each person: the refresh token is good once, so of
any number of processes one renews, and all others take what it has kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pyvault.errors import NO_ANSWER, AwsError, CredentialsError, InputRequiredError, ItemNotFoundError
from pyvault.loginsession.login_session import session_of
from pyvault.loginsession.refusals import DEAD, Refusal
from pyvault.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyvault.clock import Clock
    from pyvault.loginsession.console_sign_in import ConsolePrompt
    from pyvault.loginsession.login_session import LoginSession
    from pyvault.loginsession.login_tokens import LoginToken, LoginTokens
    from pyvault.planning.steps import LoginSessionStep
    from pyvault.sessions.single_flight import SingleFlight

NO_TIME: Final = timedelta(0)
#: They live 15 minutes: who asks for more (``AWS_MIN_TTL``) would renew them each time.
LONGEST_WINDOW: Final = timedelta(minutes=10)


class ConsoleLogin:
    """The source of credentials for every console sign-in.

    Args:
        prompt: has a person sign in; None where nobody may be asked.
        find_foreign: returns the file in which the AWS CLI keeps a sign-in of the same person, for a hint.
        signed_in: called when a person has signed in, and it is kept.
    """

    def __init__(
        self,
        *,
        tokens: LoginTokens,
        flights: SingleFlight,
        prompt: ConsolePrompt | None,
        clock: Clock,
        find_foreign: Callable[[LoginSession], Path | None] = lambda _: None,
        signed_in: Callable[[], None] = lambda: None,
    ) -> None:
        self._tokens = tokens
        self._flights = flights
        self._prompt = prompt
        self._clock = clock
        self._find_foreign = find_foreign
        self._signed_in = signed_in

    def __call__(self, step: LoginSessionStep, *, window: timedelta, refresh: bool = False) -> LoginToken:
        """Return what is good for more than *window*, or for ten minutes; a person may be asked.

        Args:
            step: names the person.
            window: how long it must still be good.
            refresh: renew it in any case.

        Raises:
            InputRequiredError: a person has to sign in, and nobody may be asked.
            CredentialsError: AWS or the person refused, or another person has signed in.
            AwsUnreachableError: AWS gave no answer.
        """
        session, window = session_of(step), min(window, LONGEST_WINDOW)
        return self._flights.share(
            session.key(),
            look_up=lambda: self._kept(session, window),
            fetch=lambda: self._renew(session),
            refresh=refresh,
        )

    def _kept(self, session: LoginSession, window: timedelta) -> LoginToken:
        token = self._tokens.get(session)
        if not token.is_fresh(at=self._clock(), window=window):
            raise ItemNotFoundError(f"the credentials of {session.arn} are about to end")
        return token

    def _renew(self, session: LoginSession) -> LoginToken:
        from pyvault.loginsession import signin_service as service

        try:
            token = self._tokens.get(session)
        except ItemNotFoundError:
            return self._ask(session, f"nobody is signed in as {session.arn}")
        good = token if token.is_fresh(at=self._clock(), window=NO_TIME) else None
        try:
            answered = service.refresh(session.client, token.grant)
        except (AwsError, *NO_ANSWER) as error:
            reason = DEAD.get(Refusal(error.code)) if isinstance(error, AwsError) and error.code in DEAD else None
            if reason is not None:
                self._tokens.drop(session)
                return self._ask(session, f"the sign-in of {session.arn} has ended: {reason}")
            if good is None:
                error.hint = error.hint or f"try again; if that does not help: {session.how_to_sign_in}"
                raise
            return good  # another trouble passes: the next command tries again
        renewed = replace(
            token,
            credentials=answered.credentials(token.arn),
            grant=replace(token.grant, refresh_token=answered.refresh_token),
        )
        self._tokens.put(session, renewed)
        return renewed

    def _ask(self, session: LoginSession, reason: str) -> LoginToken:
        if self._prompt is None:
            raise InputRequiredError(reason, hint=self._hint(session))
        from pyvault.loginsession.console_sign_in import sign_in

        self._prompt.tell(reason)
        token = sign_in(session.client, self._prompt)
        check_person(session, token)
        self._tokens.put(session, token)
        self._signed_in()
        return token

    def _hint(self, session: LoginSession) -> str:
        found = self._find_foreign(session)
        if found is None:
            return f"run: {session.how_to_sign_in}"
        return f"run: {session.how_to_sign_in}; with --import it takes over the AWS CLI's sign-in in '{found}'"


def check_person(session: LoginSession, token: LoginToken) -> None:
    """Refuse a sign-in of somebody else than the profile names; nothing of it is kept.

    Raises:
        CredentialsError: it is.
    """
    if token.arn != session.arn:
        raise CredentialsError(
            f"{token.arn} has signed in, but profile {session.profile!r} is for {session.arn}",
            hint="sign out of the console in the browser, and sign in as that person",
        )
