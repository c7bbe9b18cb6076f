"""A strict local AWS for tests and the demo.

Runs as a process on loopback, with the standard library alone: ``python -m fake_aws``.
It knows STS, IAM access keys, S3's list of buckets, IAM Identity Center (OIDC and portal)
and the sign-in endpoint of the console, all on one port, and refuses what AWS refuses:
bad signatures, spent MFA codes, expired sessions, durations, chains, quotas.

The files, from the wire inwards: ``listener`` and ``message`` (HTTP), ``service`` (log,
faults), ``route`` (which operation), ``query`` and the operations (``sts``, ``iam``, ``s3``,
``oidc``, ``browser_pages``, ``portal``, ``signin``), their rules (``sigv4``, ``mfa``,
``trust``, ``session_tags``...), ``world`` (state). Tests talk to it through
`fake_aws.client.FakeAws`.
"""
