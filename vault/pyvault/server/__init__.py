"""The local servers that hand credentials to programs and renew them.

Two of them speak what every AWS SDK understands: the container endpoint
(``ecs``) and the instance metadata service (``imds``). Both stand on one small
HTTP server (``http``), one source of credentials that refreshes ahead of expiry
(``source``), and one check of who is asking (``peer``).

The process that listens never calls AWS and never holds boto3: each fetch runs
in a short child of the keeper (``keeper``), which also starts the server again
should it die. A server knows nothing of profiles or vaults, only
:data:`~pyvault.server.processes.fetch_aside.FetchFor`.
"""
