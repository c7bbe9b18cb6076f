"""Let a person sign in: register this program once, then a browser or a device code that is waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from pyvault.errors import NO_ANSWER, AwsError, AwsUnreachableError, ItemNotFoundError
from pyvault.sso.oidc import Code, Flow
from pyvault.sso.tokens import Registration, SsoToken, new_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.clock import Clock
    from pyvault.sso.oidc import DeviceAuthorization, OidcCalls, TokenAnswer
    from pyvault.sso.session import SsoSession
    from pyvault.sso.tokens import Registration, TokenStore

BROWSER_SECONDS = 600.0  # a person may have to find a phone; AWS's page closes after 10 minutes too
REGISTRATION_MARGIN = timedelta(minutes=15)  # a registration must outlive the sign-in that uses it
#: What AWS says to a start URL that it doesn't know, or knows in another region.
WRONG_PORTAL = frozenset({"InvalidRequestException", "InvalidRequestRegionException"})


class SignInPrompt(Protocol):
    """Tells the person in front of the machine what to do."""

    def choose_flow(self) -> Flow:
        """Return the kind of sign-in that works where this person sits."""
        ...

    def open_page(self, session: SsoSession, url: str, *, known_client: bool) -> None:
        """Open the authorization page in a browser, or show its address.

        Args:
            session: the portal.
            url: whoever has it can end the sign-in.
            known_client: the registration is kept from earlier, so AWS may have forgotten it.
        """
        ...

    def show_code(self, session: SsoSession, authorization: DeviceAuthorization) -> None:
        """Show the code, and where to enter it."""
        ...

    def fall_back(self, reason: str) -> None:
        """Tell the person why a code is used instead of a redirect to this machine."""
        ...

    def done(self) -> None:
        """Take away what a page left on the disk; the sign-in is over."""
        ...


class SignIn:
    """Signs a person in to a portal, through the collaborators it is given."""

    def __init__(
        self,
        *,
        connect: Callable[[SsoSession], OidcCalls],
        tokens: TokenStore,
        prompt: SignInPrompt,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._connect = connect
        self._tokens = tokens
        self._prompt = prompt
        self._clock = clock
        self._sleep = sleep

    def __call__(self, session: SsoSession) -> SsoToken:
        """Sign in; a person is asked.

        Raises:
            AwsError: AWS refused, or the person denied it.
            AwsUnreachableError: AWS gave no answer.
            CredentialsError: nobody finished in time.
        """
        from pyvault.codegrant.loopback import PortUnavailableError

        calls = self._connect(session)
        try:
            try:
                return self._sign_in(calls, session, self._prompt.choose_flow())
            except PortUnavailableError as problem:
                self._prompt.fall_back(problem.reason)
                return self._sign_in(calls, session, Flow.DEVICE)
        except (AwsError, AwsUnreachableError) as problem:
            if isinstance(problem, AwsUnreachableError) or problem.code in WRONG_PORTAL:
                problem.hint = problem.hint or session.where_to_look
            raise
        finally:
            self._prompt.done()

    def _sign_in(self, calls: OidcCalls, session: SsoSession, flow: Flow) -> SsoToken:
        client, kept = self._registration(calls, session, flow)
        try:
            answer = self._run(calls, session, flow, client, kept=kept)
        except AwsError as error:
            if not kept or error.code not in {Code.BAD_CLIENT, Code.UNKNOWN_CLIENT}:
                raise
            # AWS forgot what we kept: introduce ourselves again, once.
            client = self._register(calls, session, flow)
            answer = self._run(calls, session, flow, client, kept=False)
        return SsoToken(
            access_token=answer.access_token,
            expires=answer.expires,
            refresh_token=answer.refresh_token,
            client=client,
            sign_in=new_sign_in(),
        )

    def _run(
        self, calls: OidcCalls, session: SsoSession, flow: Flow, client: Registration, *, kept: bool
    ) -> TokenAnswer:
        match flow:
            case Flow.BROWSER:
                return self._with_browser(calls, session, client, kept=kept)
            case Flow.DEVICE:
                return self._with_device_code(calls, session, client)

    def _with_browser(self, calls: OidcCalls, session: SsoSession, client: Registration, *, kept: bool) -> TokenAnswer:
        from pyvault.codegrant import pkce
        from pyvault.codegrant.loopback import RedirectReceiver

        state, verifier = pkce.new_state(), pkce.new_verifier()
        with RedirectReceiver(state) as receiver:
            url = pkce.authorization_url(
                calls.endpoint(),
                client_id=client.client_id,
                redirect_uri=receiver.redirect_uri,
                state=state,
                verifier=verifier,
                scopes=session.scopes,
            )
            # A registration that AWS forgot shows in the browser only, and never comes back to us. So it counts as
            # forgotten until the redirect proves otherwise: whoever gives up and tries again gets a new one.
            self._tokens.drop_registration(session, Flow.BROWSER)
            self._prompt.open_page(session, url, known_client=kept)
            code = receiver.wait(BROWSER_SECONDS)
            self._tokens.put_registration(session, Flow.BROWSER, client)
            succeeded = False
            try:
                answer = calls.redeem_code(client, code, verifier=verifier, redirect_uri=receiver.redirect_uri)
                succeeded = True
            finally:
                receiver.finish(succeeded=succeeded)
            return answer

    def _with_device_code(self, calls: OidcCalls, session: SsoSession, client: Registration) -> TokenAnswer:
        authorization = calls.start_device_authorization(client, start_url=session.portal_url)
        self._prompt.show_code(session, authorization)
        return await_device_code(calls, client, authorization, clock=self._clock, sleep=self._sleep)

    def _registration(self, calls: OidcCalls, session: SsoSession, flow: Flow) -> tuple[Registration, bool]:
        """Return the registration, and whether it was kept from earlier."""
        try:
            client = self._tokens.registration(session, flow)
        except ItemNotFoundError:
            return self._register(calls, session, flow), False
        if client.expires - self._clock() <= REGISTRATION_MARGIN:
            return self._register(calls, session, flow), False
        return client, True

    def _register(self, calls: OidcCalls, session: SsoSession, flow: Flow) -> Registration:
        client = calls.register_client(flow, start_url=session.portal_url, scopes=session.scopes)
        self._tokens.put_registration(session, flow, client)
        return client


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
