"""Whoever is another user of the machine."""

from __future__ import annotations

#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "see that pyvault runs and its arguments (never a secret)": (
        "cli/test_planted_secrets.py::the_child_sees_its_session_and_nothing_else",
        "attacks/test_planted_secrets.py::a_killed_command_leaves_no_secret_and_shows_none_while_it_runs",
    ),
    "elsewhere than on Linux, or where `--allow-uid` names him, ask the EC2-style server, and with the token the ECS-style one": (),
    "make the log of a server longer by being refused, up to 16 MiB, where `--access-log` asks for one": (
        "unit/test_private_files.py::it_has_two_bounded_files_and_the_newest_lines",
    ),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "read the files (modes are checked on the opened descriptor)": (
        "unit/vaultfile/test_places.py::a_file_open_to_others",
        "unit/vaultfile/test_secret_files.py::files_that_others_can_write",
        "unit/sessions/test_sessions.py::deviation_10_a_file_that_others_can_read_stops",
    ),
    "choose the server's token (a token file of another owner is refused)": (
        "server/test_token_file.py::a_file_of_another_user_is_refused",
    ),
    "take the place of a lock, a log, a token file or a temporary file, or have us write to another one through it (no links followed, none with a second name written to, none of other owners or open modes used, `O_EXCL`), or of a directory on the way to the vault or to what we remember of it": (
        "processes/test_lockfile.py::planted_things_are_no_locks",
        "unit/test_private_files.py::what_others_prepared_is_refused_and_left_alone",
        "unit/vaultfile/test_places.py::a_link_is_refused_and_the_hint_names_the_file",
        "unit/vaultfile/test_above.py::a_directory_above_that_others_can_write",
        "unit/vaultfile/test_above.py::a_state_directory_of_somebody_else",
    ),
    "get credentials from the ECS server (bearer) or, on Linux, from the EC2 server (the kernel's socket table tells the peer's uid)": (
        "server/test_ecs.py::another_token_gets_nothing",
        "cli/test_servers.py::the_token_is_of_no_use_to_another_user",
        "server/test_attacks.py::another_user_is_refused_even_with_the_token",
    ),
    "end an SSO sign-in or put a code of his own into it (the link stands in no argument: the browser opens a page of 0600; on Linux a redirect from another uid is refused, but for root's and unknown ones, as relays of WSL and containers look like that: there, state and PKCE decide)": (
        "e2e/test_sso_commands.py::the_link_stands_in_no_argument_and_its_page_goes_with_the_sign_in",
        "processes/sso/test_loopback.py::another_user_who_has_seen_the_link_is_refused_and_ends_nothing",
    ),
}
