"""AWS's own endpoint of a service in a region, from botocore's data; nothing is called."""

from __future__ import annotations


def find_own_endpoint(service: str, region: str, *, use_fips: bool, use_dualstack: bool) -> str | None:
    """Return the URL; None where botocore doesn't know the service, or has no endpoint of it there.

    Args:
        service: as ``[services]`` of the config file writes it: ``elastic_beanstalk``.
        region: whose endpoint it is to be.
        use_fips: the FIPS one.
        use_dualstack: the one for IPv6 too.
    """
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    from pyvault.aws import botocore_guards as aws_quiet
    from pyvault.aws.client import bare_session

    session = bare_session("regional")
    name = _client_name(service)
    try:
        if name not in session.get_available_services():
            return None
        with aws_quiet.requests():
            client = session.create_client(
                name,
                region_name=region,
                config=Config(
                    signature_version=UNSIGNED, use_fips_endpoint=use_fips, use_dualstack_endpoint=use_dualstack
                ),
            )
    except (BotoCoreError, ValueError):
        return None
    return client.meta.endpoint_url


def _client_name(service: str) -> str:
    """Return botocore's name of a service.

    Source: botocore.utils, CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES, for those that botocore names differently.
    """
    from botocore.utils import CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES as OVERRIDES

    hyphenized = service.lower().replace("_", "-").replace(" ", "-")
    return next((name for name, identifier in OVERRIDES.items() if identifier == hyphenized), hyphenized)
