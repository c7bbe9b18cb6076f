"""AWS KMS through botocore, with credentials that need no vault.

Source: AWS Key Management Service API Reference, Encrypt and Decrypt.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pyvault.aws import botocore_guards
from pyvault.aws.client import new_session
from pyvault.aws.error_answers import making_client, translated
from pyvault.aws.machine_credentials import find_credentials
from pyvault.aws.plain_http import refuse_plain_http
from pyvault.config.ca_bundle import OF_AWS, checked_bundle, find_ca_bundle
from pyvault.errors import AwsError, UnusableAnswerError
from pyvault.sealing import KEY_SIZE
from pyvault.secret import Secret
from pyvault.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONNECT_TIMEOUT = 2  # seconds
READ_TIMEOUT = 10  # seconds
ENDPOINTS: Final = ("AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL")
MAX_CIPHERTEXT: Final = 6144  # bytes. Source: AWS KMS API Reference, Decrypt, CiphertextBlob
ATTEMPTS = 4  # both calls can be repeated; a machine that is throttled waits between them
REGION_FIELD = 3  # of an ARN

#: What the codes mean for who administers a key. Source: AWS KMS API Reference, Decrypt, "Errors".
MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AccessDeniedException": "the caller's policy, the key's policy and its grants do not allow it, or no longer",
        "DisabledException": "the key is disabled",
        "KMSInvalidStateException": "the key waits for its deletion, or is not available",
        "NotFoundException": "there is no such key in this account and region",
        "ThrottlingException": "too many requests in this account and region; try again later",
        "InvalidCiphertextException": "the slot was modified, or belongs to another vault",
        "IncorrectKeyException": "the slot was made with another key",
        "InvalidSignatureException": "the secret key does not match the key id, or this machine's clock is wrong",
        "ExpiredTokenException": "the credentials of this machine have expired",
    }
)


class BotoKms:
    """KMS, a client for each call: a vault is opened by one."""

    def __init__(self, environ: Mapping[str, str], profile: str | None = None) -> None:
        """Take the environment; nothing is looked up yet.

        Args:
            environ: has the machine's own credentials, the trusted certificates, and perhaps an endpoint.
            profile: whose credentials are used instead; it must need no vault.
        """
        self._environ = environ
        self._profile = profile

    def encrypt(self, key: str, context: Mapping[str, str], plain: Secret[bytes]) -> bytes:
        """Return *plain* encrypted by a key.

        Raises:
            CredentialsError: there are no credentials, or AWS refuses.
            AwsUnreachableError: there is no answer.
            UnusableAnswerError: another key answered, or nobody could decrypt the answer.
            ConfigError: the endpoint is another machine's in plain HTTP.
        """
        client, hidden = self._client(key)
        answer = _call("kms:Encrypt", client.encrypt, key, context, hidden, Plaintext=plain.reveal())
        ciphertext = _blob(answer, "CiphertextBlob", "kms:Encrypt")
        if len(ciphertext) > MAX_CIPHERTEXT:
            raise UnusableAnswerError("the answer to kms:Encrypt is longer than what kms:Decrypt takes")
        return ciphertext

    def decrypt(self, key: str, context: Mapping[str, str], ciphertext: bytes) -> Secret[bytes]:
        """Return the key that was encrypted; errors as :meth:`encrypt`."""
        client, hidden = self._client(key)
        answer = _call("kms:Decrypt", client.decrypt, key, context, hidden, CiphertextBlob=ciphertext)
        plain = Secret(_blob(answer, "Plaintext", "kms:Decrypt"))
        if len(plain) != KEY_SIZE:
            raise UnusableAnswerError("the answer to kms:Decrypt is no key of 32 bytes")
        return plain

    def _client(self, key: str) -> tuple[Any, Sequence[Secret[str]]]:  # Any: the stubs of KMS are not ours
        from botocore.config import Config

        environ, region = self._environ, key.split(":")[REGION_FIELD]
        setting, endpoint = next(((name, url) for name in ENDPOINTS if (url := environ.get(name))), ("", None))
        if endpoint is not None:
            refuse_plain_http(endpoint, setting=setting, what="a key of the vault")
        session: Any = new_session("regional")  # Any: for its credentials, below
        credentials: Any = find_credentials(environ, profile=self._profile, region=region)  # Any: without types
        session._credentials = credentials  # noqa: SLF001 - no other door takes credentials that renew themselves
        with making_client("kms"):
            client: Any = session.create_client(
                "kms",
                region_name=region,
                endpoint_url=endpoint,
                verify=checked_bundle(find_ca_bundle(environ.get(OF_AWS), environ)),
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                    connect_timeout=CONNECT_TIMEOUT,
                    read_timeout=READ_TIMEOUT,
                    user_agent_extra=f"pyvault/{__version__}",
                ),
            )
        botocore_guards.bound(client)
        frozen: Any = credentials.get_frozen_credentials()  # Any: as above
        return client, tuple(Secret(text) for text in (frozen.secret_key, frozen.token) if text)


def _call(
    operation: str,
    call: Any,  # Any: a method of a client
    key: str,
    context: Mapping[str, str],
    hidden: Sequence[Secret[str]],
    **data: bytes,
) -> Mapping[str, object]:
    try:
        # An endpoint may send back what it was sent, and Encrypt sends the key of the vault.
        with translated(operation, show_message=operation != "kms:Encrypt", hidden=hidden):
            answer: Mapping[str, object] = call(KeyId=key, EncryptionContext=dict(context), **data)
    except AwsError as problem:
        raise AwsError(problem.message, code=problem.code, hint=MEANINGS.get(problem.code)) from None
    if answer.get("KeyId") != key:
        raise UnusableAnswerError(f"the answer to {operation} is from another key than '{key}'")
    return answer


def _blob(answer: Mapping[str, object], field: str, operation: str) -> bytes:
    value = answer.get(field)
    if not isinstance(value, bytes) or not value:
        raise UnusableAnswerError(f"the answer to {operation} has no {field}")
    return value
