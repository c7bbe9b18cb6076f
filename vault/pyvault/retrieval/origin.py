"""Whose credentials a plan begins with: looked up if that is cheap, fetched if it is not.

A plan's sessions are cached under keys that begin with the identity they were made
for: the id of a key pair, the holder of a token, a sign-in. What a command, a
credential source or a token file returns may change at any moment; so it is read in
every retrieval, and a session is cached for the identity that was *used*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError, UnusableAnswerError
from pyvault.planning.steps import (
    LoginSessionStep,
    PlaintextStep,
    ProcessStep,
    SourceStep,
    SsoStep,
    StoredStep,
    WebIdentityStep,
)

if TYPE_CHECKING:
    from pyvault.model import Credentials
    from pyvault.planning.steps import Step
    from pyvault.process.command import ConfiguredCommand
    from pyvault.retrieval.toolbox import Toolbox
    from pyvault.secret import Secret
    from pyvault.sso.tokens import AccessToken


class Origin:
    """The beginning of one plan, in one retrieval.

    Attributes:
        identity: of what was looked up or fetched last; empty before.
    """

    def __init__(self, step: Step, tools: Toolbox, *, shares: bool, renews: bool = False) -> None:
        """Begin a retrieval; nothing is looked up yet.

        Args:
            step: the first step of the plan.
            tools: what to carry it out with.
            shares: one run of a command may serve concurrent retrievals.
            renews: what is kept of a console sign-in is renewed, once.
        """
        self._step = step
        self._tools = tools
        self._shares = shares
        self._renews = renews
        self._credentials: Credentials | None = None
        self._outputs: dict[ConfiguredCommand, Secret[bytes]] = {}
        self.identity = ""

    def look(self) -> str:
        """Return the current identity, without a sign-in.

        Raises:
            ItemNotFoundError: nobody is signed in, or the stored keys are gone.
            CredentialsError: a command failed, or the credential source has nothing.
            UnusableAnswerError: what it has is no credentials, or expired.
            ConfigError: the file of a token can't be read.
        """
        match self._step:
            case StoredStep():  # without the secret, if the store can
                self.identity = self._tools.store.access_key_id(self._step.profile)
            case SsoStep():
                from pyvault.sso.portal_lookup import signed_in_as

                self.identity = signed_in_as(
                    self._step, self._tools.sessions, environ=self._tools.environ, at=self._tools.clock()
                )
            case LoginSessionStep():
                from pyvault.loginsession.login_tokens import signed_in_as as signed_in_to_console

                self.identity = signed_in_to_console(self._step, self._tools.sessions)
            case WebIdentityStep():
                self.token(self._step)
            case _:
                self.credentials()
        return self.identity

    def identify(self) -> None:
        """Find the identity, even if the user has to sign in for it.

        Raises:
            InputRequiredError: the user has to sign in, and prompts are not allowed.
            CredentialsError: as :meth:`look`.
        """
        try:
            self.look()
        except ItemNotFoundError:
            match self._step:
                case SsoStep():
                    self.login(self._step)
                case LoginSessionStep():
                    self.console_login(self._step)
                case _:
                    raise

    def credentials(self) -> Credentials:
        """Return the credentials of one of :data:`~pyvault.planning.cache_keys.UNCACHED_STEPS`, fetched once.

        Raises:
            ItemNotFoundError: stored keys were removed since the plan was made.
            CredentialsError: a command failed, or the credential source has nothing.
            UnusableAnswerError: what it has is no credentials, or expired.
        """
        if self._credentials is None:
            found = self._fetch()
            if found.expires is not None and found.expires <= self._tools.clock():
                raise UnusableAnswerError(f"{self._what()} returned expired credentials")
            self._credentials = found
        self.identity = self._credentials.access_key_id
        return self._credentials

    def _what(self) -> str:
        match self._step:
            case SourceStep(source=source):
                return f"credential_source '{source}'"
            case step:
                return f"the credential_process of profile {step.profile!r}"

    def _fetch(self) -> Credentials:
        match self._step:
            case StoredStep(profile=profile):
                from pyvault.retrieval.local import from_vault

                return from_vault(profile, self._tools.store)
            case PlaintextStep(credentials=credentials):
                return credentials
            case SourceStep() as step:
                from pyvault.retrieval.local import from_source

                return from_source(step, self._tools.environ)
            case ProcessStep() as step:
                from pyvault.retrieval.from_process import run_process

                return run_process(step, self.run)
            case _ as step:
                raise AssertionError(f"no plan begins with {step.op}")

    def token(self, step: WebIdentityStep) -> Secret[str]:
        """Return the token to assume a role with.

        Raises:
            CredentialsError: the command failed, or there is no token.
            ConfigError: its file can't be read.
        """
        from pyvault.retrieval.from_sts import token_of
        from pyvault.retrieval.web_token import token_holder

        token = token_of(step, self.run)
        self.identity = token_holder(token)
        return token

    def login(self, step: SsoStep, *, rejected: Secret[str] | None = None) -> AccessToken:
        """Return the token of a portal: a :class:`~pyvault.retrieval.from_sso.PortalLogin`; may need a sign-in.

        Raises:
            InputRequiredError: the user has to sign in, and prompts are not allowed.
        """
        token = self._tools.sso(step, rejected=rejected)
        self.identity = token.identity
        return token

    def console_login(self, step: LoginSessionStep) -> Credentials:
        """Return the credentials of a console sign-in; may need one.

        Raises:
            InputRequiredError: the user has to sign in, and prompts are not allowed.
        """
        token = self._tools.console(step, window=self._tools.min_ttl, refresh=self._renews)
        self._renews = False
        self.identity = token.sign_in
        return token.credentials

    def run(self, command: ConfiguredCommand) -> Secret[bytes]:
        """Return the output of a command, run once; or that of a concurrent run.

        Raises:
            ProcessError: it failed.
            ProfileLoopError: a command of this profile started this process.
        """
        if command not in self._outputs:
            self._outputs[command] = self._run(command)
        return self._outputs[command]

    def _run(self, command: ConfiguredCommand) -> Secret[bytes]:
        from pyvault.process import chain as process_chain
        from pyvault.process.command import run, run_key

        tools = self._tools
        if not self._shares:
            return run(command, tools.environ)
        from pyvault.sessions.one_run import OneRun

        process_chain.refuse_recursion(tools.environ, command.profile)  # before the lock, which the parent holds
        runs = OneRun(tools.flight, tools.sessions, tools.clock)
        return runs.share(run_key(command, tools.environ), lambda: run(command, tools.environ))
