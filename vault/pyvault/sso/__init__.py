"""IAM Identity Center (AWS SSO): sign in, keep the tokens, list what they open.

``session`` says where to sign in, ``flow`` decides how (pure), ``person_signs_in``
does it, ``access_token`` puts cache, refresh and sign-in in order under one lock,
``tokens`` is the only place that turns tokens into bytes. Tokens live in the
session vault; ``cli_cache`` writes one outside it, and only when asked.
"""
