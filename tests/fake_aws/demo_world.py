"""The world that the fake starts with when nothing else is asked for."""

from __future__ import annotations

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
START_URL = "https://example.awsapps.com/start"
ISSUER = "https://token.example.test"

DEMO_WORLD: dict[str, object] = {
    "accounts": {
        ACCOUNT: {
            "name": "development",
            "buckets": ["demo-logs", "demo-photos"],
            "providers": [ISSUER],
            "users": {
                "demo": {"keys": 1},
                "mfa-user": {"keys": 1, "mfa": True},
                "two-keys": {"keys": 2},
            },
            "roles": {
                "reader": {"trusted": ["user/demo", "user/mfa-user"], "max_session_s": 43_200},
                "admin": {"trusted": ["user/demo", "user/mfa-user"], "require_mfa": True, "max_session_s": 43_200},
                "partner": {"trusted": ["user/demo", "user/mfa-user"], "external_id": "partner-42"},
                "r1": {"trusted": ["user/demo", "user/mfa-user"], "max_session_s": 43_200},
                "r2": {"trusted": ["role/r1"], "max_session_s": 43_200},
                "r3": {"trusted": ["role/r2"], "max_session_s": 43_200},
                "worker": {},
                "ci": {
                    "trusted": ["oidc-provider/token.example.test"],
                    "subject": "repo:example/*",
                    "audience": "sts.amazonaws.com",
                },
            },
        },
        OTHER_ACCOUNT: {"name": "production", "buckets": ["prod-logs"]},
    },
    "instance_role": f"arn:aws:iam::{ACCOUNT}:role/worker",
    "sso": {
        "start_url": START_URL,
        "user": "alice",
        "accounts": {
            ACCOUNT: {"name": "development", "email": "dev@example.test", "roles": ["Admin", "ReadOnly"]},
            OTHER_ACCOUNT: {"name": "production", "email": "prod@example.test", "roles": ["Admin", "ReadOnly"]},
        },
    },
}
