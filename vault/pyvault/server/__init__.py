"""The local servers that hand credentials to programs and renew them.

Two of them speak what every AWS SDK understands: the container endpoint (``ecs``)
and the instance metadata service (``imds``). Both use one small HTTP server
(``http``), one source of credentials that refreshes ahead of expiry
(``refreshing_source``), and one check of who connects (``process.peer``).

The process that listens never calls AWS and never holds boto3: each fetch runs in a
short-lived child of the supervisor, which also restarts the server should it die. A
server knows nothing of vaults, only ``setup.FetchFor``.
"""
