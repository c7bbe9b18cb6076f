"""Let a person sign in with their console identity: a browser here, or one elsewhere and a text to paste."""

from __future__ import annotations

import hmac
import secrets
import uuid
from base64 import b64decode
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qs, urlencode

from pyvault import clock
from pyvault.codegrant.pkce import challenge
from pyvault.errors import CredentialsError, UnusableAnswerError
from pyvault.json_reader import UnreadableError
from pyvault.loginsession import dpop
from pyvault.loginsession.id_token import person_of
from pyvault.loginsession.login_session import browser_address
from pyvault.loginsession.login_tokens import Grant, LoginToken, new_sign_in
from pyvault.loginsession.signin_service import CROSS_DEVICE, SAME_DEVICE, redeem
from pyvault.secret import Secret

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings

BROWSER_SECONDS: Final = 600.0  # a person may have to find a phone
VERIFIER_BYTES: Final = 48  # 64 characters, as the AWS CLI's
LONGEST_CODE: Final = 512  # Source: the model of the service ``signin``, AuthorizationCode
LONGEST_PASTED: Final = 4096
LONGEST_SESSION: Final = timedelta(hours=12)  # Source: AWS Sign-In User Guide, "Login for AWS local development"


class ConsolePrompt(Protocol):
    """Tells the person in front of the machine what to do."""

    def is_remote(self) -> bool:
        """Return whether the browser is on another machine."""
        ...

    def open_page(self, url: str) -> None:
        """Open the page in a browser, or show its address; whoever has it can end the sign-in."""
        ...

    def pasted(self, url: str) -> Secret[str]:
        """Show the address, and return the text that its page ends with."""
        ...

    def fall_back(self, reason: str) -> None:
        """Tell the person why a text has to be pasted."""
        ...

    def tell(self, reason: str) -> None:
        """Tell the person why they have to sign in again."""
        ...

    def done(self) -> None:
        """Take away what a page left on the disk; the sign-in is over."""
        ...


def sign_in(client: ClientSettings, prompt: ConsolePrompt) -> LoginToken:
    """Sign in whoever the person in the browser is.

    Raises:
        AwsError: AWS refused, or the person denied it.
        AwsUnreachableError: AWS gave no answer.
        CredentialsError: nobody finished in time, or what was pasted is not the text of the page.
        ConfigError: the page, where a person types their password, would be another machine's in plain HTTP.
    """
    from pyvault.aws.plain_http import refuse_plain_endpoint
    from pyvault.codegrant.loopback import PortUnavailableError

    refuse_plain_endpoint("signin", client)
    try:
        if prompt.is_remote():
            return _elsewhere(client, prompt)
        try:
            return _here(client, prompt)
        except PortUnavailableError as problem:
            prompt.fall_back(problem.reason)
            return _elsewhere(client, prompt)
    finally:
        prompt.done()


def authorization_url(
    client: ClientSettings, *, client_id: str, redirect_uri: str, state: str, verifier: Secret[str]
) -> str:
    """Return the address where the person signs in.

    Source: the authorize call of the AWS CLI; it calls S256 ``SHA-256``.
    """
    fields = {
        "response_type": "code",
        "client_id": client_id,
        "state": state,
        "code_challenge_method": "SHA-256",
        "scope": "openid",
        "redirect_uri": redirect_uri,
        "code_challenge": challenge(verifier),
    }
    return f"{browser_address(client)}/v1/authorize?{urlencode(fields)}"


def _here(client: ClientSettings, prompt: ConsolePrompt) -> LoginToken:
    from pyvault.codegrant.loopback import RedirectReceiver

    state, verifier = Secret(str(uuid.uuid4())), _new_verifier()
    with RedirectReceiver(state, elsewhere="sign in with a browser on another machine with --remote") as receiver:
        redirect = receiver.redirect_uri
        prompt.open_page(
            authorization_url(
                client, client_id=SAME_DEVICE, redirect_uri=redirect, state=state.reveal(), verifier=verifier
            )
        )
        code = receiver.wait(BROWSER_SECONDS)
        succeeded = False
        try:
            token = _redeemed(client, code, client_id=SAME_DEVICE, verifier=verifier, redirect_uri=redirect)
            succeeded = True
        finally:
            receiver.finish(succeeded=succeeded)
        return token


def _elsewhere(client: ClientSettings, prompt: ConsolePrompt) -> LoginToken:
    state, verifier = Secret(str(uuid.uuid4())), _new_verifier()
    redirect = f"{browser_address(client)}/v1/sessions/confirmation"
    url = authorization_url(
        client, client_id=CROSS_DEVICE, redirect_uri=redirect, state=state.reveal(), verifier=verifier
    )
    code = code_in(prompt.pasted(url), state=state)
    return _redeemed(client, code, client_id=CROSS_DEVICE, verifier=verifier, redirect_uri=redirect)


def code_in(pasted: Secret[str], *, state: Secret[str]) -> Secret[str]:
    """Return the code in the text that a person brought: base64 of ``state=...&code=...``.

    Raises:
        CredentialsError: it is no such text, or of another sign-in.
    """
    problem = CredentialsError(
        "what was pasted is not the text that the page shows", hint="copy the whole text, and nothing else"
    )
    text = "".join(pasted.reveal().split())  # a terminal may have wrapped it
    if len(text) > LONGEST_PASTED:
        raise problem
    try:
        plain = b64decode(text + "=" * (-len(text) % 4), validate=True).decode("ascii")
        fields = parse_qs(plain, strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise problem from None
    if any(len(values) > 1 for values in fields.values()):
        raise problem
    given, code = fields.get("state", [""])[0], fields.get("code", [""])[0]
    if not 0 < len(code) <= LONGEST_CODE:
        raise problem
    if not hmac.compare_digest(given.encode(), state.reveal().encode()):
        raise CredentialsError(
            "what was pasted is of another sign-in", hint="use the text of the page that this command has shown"
        )
    return Secret(code)


def _redeemed(
    client: ClientSettings, code: Secret[str], *, client_id: str, verifier: Secret[str], redirect_uri: str
) -> LoginToken:
    key = dpop.new_key()
    answered = redeem(client, code, key=key, client_id=client_id, verifier=verifier, redirect_uri=redirect_uri)
    try:
        arn = person_of(answered.id_token or Secret(""))
    except UnreadableError as exc:
        raise UnusableAnswerError(f"the answer to the sign-in can't be used: {exc}") from None
    return LoginToken(
        arn=arn,
        credentials=answered.credentials(arn),
        grant=Grant(refresh_token=answered.refresh_token, dpop_key=key, client_id=client_id, region=client.region),
        sign_in=new_sign_in(),
        ends=clock.now() + LONGEST_SESSION,
    )


def _new_verifier() -> Secret[str]:
    return Secret(secrets.token_urlsafe(VERIFIER_BYTES))
