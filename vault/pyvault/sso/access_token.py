"""Access tokens: the kept one, a refreshed one, or one from a person.

Refresh and sign-in happen under one lock per portal, so any number of
processes make one refresh, and open one browser window.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from pyvault.errors import NO_ANSWER, AwsError, InputRequiredError, ItemNotFoundError
from pyvault.record import replace
from pyvault.sso.oidc import Code
from pyvault.sso.session import session_of
from pyvault.sso.tokens import SsoToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.clock import Clock
    from pyvault.planning.steps import SsoStep
    from pyvault.secret import Secret
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.sso.oidc import OidcCalls
    from pyvault.sso.session import SsoSession
    from pyvault.sso.tokens import AccessToken, TokenStore

    T = TypeVar("T")


#: A token that ends sooner is renewed, if that can be done without a person; if not, it is used to its end.
WINDOW = timedelta(minutes=5)
NO_TIME = timedelta(0)

#: AWS's ways to say that a refresh token is worth nothing any more.
DEAD_GRANT = frozenset({Code.BAD_GRANT, Code.BAD_CLIENT, Code.UNKNOWN_CLIENT, Code.EXPIRED, Code.DENIED})


class SsoLogin:
    """The source of access tokens for every portal.

    Args:
        sign_in: asks a person; None where nobody may be asked.
        find_foreign: finds a token that another program keeps for the portal. It is used
            while it is good, where there is none of our own, and never kept or refreshed.
    """

    def __init__(
        self,
        *,
        tokens: TokenStore,
        flights: SingleFlight,
        connect: Callable[[SsoSession], OidcCalls],
        sign_in: Callable[[SsoSession], SsoToken] | None,
        clock: Clock,
        find_foreign: Callable[[SsoSession], AccessToken | None] = lambda _: None,
    ) -> None:
        self._tokens = tokens
        self._flights = flights
        self._connect = connect
        self._sign_in = sign_in
        self._clock = clock
        self._find_foreign = find_foreign

    def __call__(self, step: SsoStep, *, rejected: Secret[str] | None = None) -> AccessToken:
        """Return the token for a planned step; see :meth:`token`."""
        return self.token(session_of(step), rejected=rejected)

    def token(self, session: SsoSession, *, rejected: Secret[str] | None = None) -> AccessToken:
        """Return a good token, for some minutes at least where it can be refreshed; a person may be asked.

        Args:
            rejected: an access token that AWS answered with 401. If it is still
                the kept one, it is dropped and a person signs in (one that was about to end
                is refreshed first); if another process has done so already, theirs is taken.

        Raises:
            InputRequiredError: a person has to sign in, and nobody may be asked.
            AwsError: AWS refused, or the person denied it.
            AwsUnreachableError: AWS gave no answer.
        """
        return self._flights.share(
            session.key(),
            look_up=lambda: self._look_up(session, rejected),
            fetch=lambda: self._renew(session, rejected),
        )

    def use(self, session: SsoSession, call: Callable[[Secret[str]], T]) -> T:
        """Make a call with a token; if AWS answers 401, a person signs in and it is made once more.

        Raises:
            InputRequiredError: a person has to sign in, and nobody may be asked.
            AwsError: AWS refused, or the person denied it.
            AwsUnreachableError: AWS gave no answer.
        """
        token = self.token(session).access_token
        try:
            return call(token)
        except AwsError as refusal:
            if refusal.code != Code.UNAUTHORIZED:
                raise
        return call(self.token(session, rejected=token).access_token)

    def sign_in_again(self, session: SsoSession) -> SsoToken:
        """Have the person sign in even if there is a good token.

        Raises:
            InputRequiredError: nobody may be asked.
            AwsError: AWS refused, or the person denied it.
            AwsUnreachableError: AWS gave no answer.
        """
        return self._flights.share(
            session.key(),
            look_up=lambda: self._kept(session, None),
            fetch=lambda: self._ask(session),
            refresh=True,
        )

    def _look_up(self, session: SsoSession, rejected: Secret[str] | None) -> AccessToken:
        try:
            self._tokens.token(session)
        except ItemNotFoundError:
            if (found := self._found(session, rejected)) is not None:
                return found
            raise
        return self._kept(session, rejected)  # ours; one that has ended may be refreshed

    def _found(self, session: SsoSession, rejected: Secret[str] | None) -> AccessToken | None:
        found = self._find_foreign(session)
        if found is None or found.access_token == rejected or not found.is_fresh(at=self._clock(), window=NO_TIME):
            return None
        return found

    def _kept(self, session: SsoSession, rejected: Secret[str] | None) -> SsoToken:
        token = self._tokens.token(session)
        if rejected == token.access_token or not token.is_fresh(at=self._clock(), window=WINDOW):
            raise ItemNotFoundError(f"there is no fresh token for {session.label!r}")
        return token

    def _renew(self, session: SsoSession, rejected: Secret[str] | None) -> AccessToken:
        try:
            token = self._tokens.token(session)
        except ItemNotFoundError:
            return self._ask(session)
        is_rejected = rejected == token.access_token
        if is_rejected and token.is_fresh(at=self._clock(), window=WINDOW):
            # The person or an administrator ended the session: what could refresh it is dead as well.
            self._tokens.drop_token(session)
            renewed = None
        else:
            renewed = self._refresh(session, token, is_rejected=is_rejected)
        return renewed or self._found(session, rejected) or self._ask(session)

    def _refresh(self, session: SsoSession, token: SsoToken, *, is_rejected: bool) -> SsoToken | None:
        """Renew without a person; where that fails, the token as it is while it is good; None if only a person can."""
        now = self._clock()
        good = token if not is_rejected and token.is_fresh(at=now, window=NO_TIME) else None
        if token.refresh_token is None or token.client.expires <= now:
            if is_rejected:
                self._tokens.drop_token(session)
            return good
        try:
            answer = self._connect(session).refresh(token.client, token.refresh_token)
        except (AwsError, *NO_ANSWER) as error:
            if isinstance(error, AwsError) and error.code in DEAD_GRANT:
                self._drop_refresh_token(session, good)
            elif good is None:
                raise
            return good  # another trouble passes: the next command tries again
        renewed = SsoToken(
            access_token=answer.access_token,
            expires=answer.expires,
            # AWS may keep the old one valid and send none.
            refresh_token=answer.refresh_token or token.refresh_token,
            client=token.client,
            sign_in=token.identity,
        )
        self._tokens.put_token(session, renewed)
        return renewed

    def _drop_refresh_token(self, session: SsoSession, good: SsoToken | None) -> None:
        """Keep of a token whose refresh token is worth nothing what is good for a while yet."""
        if good is None:
            self._tokens.drop_token(session)
        else:
            self._tokens.put_token(session, replace(good, refresh_token=None))

    def _ask(self, session: SsoSession) -> SsoToken:
        if self._sign_in is None:
            raise InputRequiredError(
                f"nobody is signed in to {session.label!r}",
                hint=f"run: {session.how_to_sign_in}",
            )
        token = self._sign_in(session)
        self._tokens.put_token(session, token)
        return token
