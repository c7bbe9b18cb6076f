"""The keys of a config file's profiles that pyvault knows."""

from __future__ import annotations

from typing import Final

SSO_KEYS: Final = frozenset(
    ("sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "sso_registration_scopes")
)

#: Keys whose value is, or belongs to, a secret in the file itself.
PLAINTEXT_KEYS: Final = frozenset(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"))

#: Source: AWS SDKs and Tools Reference Guide, "Settings reference"; the rest is aws-vault's
#: (include_profile, mfa_process, session_tags, ...) and ours (policy, policy_arns, read_only_profile).
_OTHER_KEYS: Final = """
    account_id_endpoint_mode aws_account_id ca_bundle credential_process credential_source duration_seconds
    endpoint_url external_id ignore_configured_endpoint_urls include_profile login_session max_attempts
    mfa_process mfa_serial policy policy_arns read_only_profile region retry_mode role_arn role_session_name services
    session_tags source_identity source_profile sts_region sts_regional_endpoints transitive_session_tags
    use_dualstack_endpoint use_fips_endpoint web_identity_token_file web_identity_token_process
"""
PROFILE_KEYS: Final = SSO_KEYS | PLAINTEXT_KEYS | frozenset(_OTHER_KEYS.split())
