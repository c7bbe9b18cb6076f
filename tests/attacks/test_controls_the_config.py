"""Whoever controls `~/.aws/config`."""

from __future__ import annotations

from attacks.mirror import Mirror
from attacks.scene import Scene
from attacks.sources import SOURCES

#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "run commands with your rights: `credential_process`, `mfa_process` and `web_identity_token_process` are commands by design": (),
    "send your calls to another endpoint by `endpoint_url` and `services` (requests are signed, the secret key is not sent; a session token and an MFA code are), and by TLS the tokens that stand in a request as they are: web identity, SSO access and refresh tokens, those and the codes of a console sign-in, device codes, client secrets": (
        "unit/aws/test_aws_answers.py::a_secret_of_the_request_is_not_shown_when_the_answer_repeats_it",
        "attacks/test_controls_the_config.py::an_endpoint_of_the_config_gets_no_secret_key",
    ),
    "have another certificate believed by `ca_bundle`": (),
    "lead the program of `exec` to the same endpoint and bundle": (),
    "have you sign in to a portal of his (`sso_start_url`, `sso_region`), use another stored key, role or MFA device of yours for a profile (`source_profile`, `role_arn`, `mfa_serial`), and send a JSON Web Token of any file of yours (`web_identity_token_file`). Proxies are no setting of it: `HTTPS_PROXY` and its kin are the environment's, and see TLS only": (),
    "those of `rotate` and of the check of `add` only to a port of this machine, unless `--trust-endpoint` names another in the call": (
        "e2e/test_rotate.py::an_endpoint_that_nobody_vouches_for_gets_no_call",
        "e2e/test_rotate.py::an_endpoint_is_trusted_for_the_call_that_names_it",
        "e2e/test_rotate.py::add_asks_no_endpoint_that_nobody_vouches_for",
    ),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "have a token sent in plain HTTP to another machine than this one, or any file that is no JSON Web Token (a key file of a vault is refused by name)": (
        "unit/aws/test_plain_http.py::no_client_that_sends_tokens_is_made_for_plain_http",
        "unit/retrieval/test_web_token.py::anything_else_is_not_and_is_in_no_message",
        "unit/retrieval/test_web_token.py::the_key_file_of_a_vault_is_named",
    ),
    "turn a value into shell where it is not a command: `export` quotes every value for its shell, control characters are escaped in tables": (
        "cli/test_formats.py::shells_read_it_back",
        "e2e/test_shells.py::a_hostile_config_does_not_become_shell",
        "cli/test_table.py::control_characters_are_escaped",
    ),
    "loop or exhaust the planner": (
        "unit/planning/test_deviations.py::deviation_01_a_loop_is_an_error_that_shows_the_chain",
        "unit/planning/test_decision_table.py::a_chain_of_a_thousand_profiles_is_planned",
        "unit/config/test_parser_work.py::the_work_grows_with_the_length_and_not_with_its_square",
    ),
}


def test_an_endpoint_of_the_config_gets_no_secret_key(scene: Scene, mirror: Mirror) -> None:
    environ = SOURCES["Environment, secret"](scene, mirror, scene.canary)
    assert scene.run("export", "p", **environ).code == 6
    assert len(mirror.seen) == 1
    assert scene.canary not in mirror.seen[0]
    assert environ["AWS_SESSION_TOKEN"] in mirror.seen[0]
