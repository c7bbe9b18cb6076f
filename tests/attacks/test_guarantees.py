"""What SECURITY.md guarantees, sentence by sentence, and the tests that show it."""

from __future__ import annotations

#: Each sentence, with its tests.
PROMISES: dict[str, tuple[str, ...]] = {
    "At rest, names, number and contents of the entries of the encrypted file are hidden and authenticated.": (
        "unit/vaultfile/test_sealing.py::any_other_byte_and_any_other_length_breaks_the_seal",
        "faults/test_exchanged.py::nothing_shows_in_the_file",
        "faults/test_exchanged.py::the_size_tells_only_rounded_amounts",
    ),
    "A changed, swapped, cut or replaced part is an error, never another answer.": (
        "faults/test_bitflips.py::every_bit_of_the_index_and_the_records",
        "faults/test_bitflips.py::every_truncation",
        "faults/test_exchanged.py::swapped_records_are_noticed",
        "faults/test_exchanged.py::parts_of_two_generations_do_not_mix",
    ),
    "Files that must be refused, each with its reason and what opens it, are published for every reader of the format in tests/vectors/bad.": (
        "vectors/test_bad_answers.py::it_is_refused_for_its_reason",
        "vectors/test_bad_answers.py::the_generator_makes_what_is_published",
    ),
    "An older copy of a known vault (rollback), a diverged copy (fork) and another vault in its place (foreign) are noticed on the machine that knew it, and need `pyvault vault accept`.": (
        "unit/vaultfile/test_trust.py::an_old_copy_put_back",
        "unit/vaultfile/test_trust.py::two_copies_written_apart",
        "unit/vaultfile/test_trust.py::another_vault_in_its_place",
        "unit/vaultfile/test_trust.py::an_old_copy_can_be_accepted",
    ),
    "A fork is noticed whatever its generation: each state lists the last 64 states that it was made from, and the last write of each of up to 64 state directories.": (
        "unit/vaultfile/test_descent.py::the_window_is_as_wide_as_it_says",
        "unit/vaultfile/test_descent.py::the_last_write_of_everybody",
        "unit/vaultfile/test_trust.py::the_longer_branch_does_not_take_the_place_of_ours",
    ),
    "Within that window no fork is missed.": (
        "unit/vaultfile/test_descent.py::a_young_vault_knows_all_its_states",
        "unit/vaultfile/test_trust.py::who_only_read_one_branch_notices_the_other",
    ),
    "Where the list does not reach back to the state seen last (more than 64 writes since, or a pyvault wrote that does not keep the list), a fork is noticed if it lost the last write of this machine; else a higher generation is believed, and `doctor` says so.": (
        "unit/vaultfile/test_trust.py::more_writes_elsewhere_than_the_list_has_room_for",
        "unit/vaultfile/test_descent.py::an_older_version_leaves_a_gap",
        "unit/vaultfile/test_descent.py::a_vault_of_before_the_list",
    ),
    "`pyvault vault import FILE` merges the other state, which `doctor` and the error name where it lies beside the vault; which side wins is told for each entry, what was replaced is in the newest backup, and what only one side has is kept, also if the other one had removed it.": (
        "unit/vaultfile/test_merging.py::what_each_side_added_is_there_and_both_machines_take_it",
        "unit/vaultfile/test_merging.py::a_key_that_one_side_rotated_wins_on_either_side",
        "unit/vaultfile/test_merging.py::both_sides_changed_it",
        "unit/vaultfile/test_conflicts.py::a_refusal_names_the_copy_and_a_command_that_can_be_pasted",
    ),
    "A crash, a power loss, a full disk or a kill at any moment leaves the vault as it was before or as it was to be.": (
        "faults/test_every_system_call.py::old_or_new",
        "faults/test_killed_commands.py::old_or_new",
        "faults/test_disk.py::a_full_disk",
    ),
    "Writers exclude each other and never write from an old copy.": (
        "faults/test_writers.py::sixteen_processes_adding_twenty_five_entries_each",
        "unit/vaultfile/test_transactions.py::what_was_decided_by_reading_is_not_written_over_another_state",
    ),
    "So does an exception that a program raises in the middle of a call, out of a signal handler: it leaves no lock.": (
        "unit/test_locks_let_go.py::a_lock_is_let_go_at_whatever_moment_it_is_interrupted",
        "processes/workers/test_stress.py::a_soft_time_limit_gets_out_and_leaves_nothing_behind",
    ),
    "A forked child neither holds nor releases the locks of its parent.": (
        "processes/workers/test_forked_locks.py::a_child_that_outlives_its_parent_holds_nothing_of_it",
        "processes/workers/test_forked_locks.py::a_child_leaves_to_its_parent_what_is_its_parent_s",
        "processes/workers/test_forked_locks.py::a_child_can_store_though_a_thread_of_its_parent_was_storing",
    ),
    "A hostile file costs little: every bound is checked before memory is allocated or a key is derived, and one passphrase costs at most 6 GiB-passes of Argon2id over all slots of a vault.": (
        "faults/test_hostile.py::absurd_key_derivations_are_refused_at_once",
        "faults/test_hostile.py::fields_out_of_bounds",
        "faults/test_hostile.py::a_huge_but_allowed_file_is_not_read_before_it_is_unlocked",
        "unit/vaultfile/test_budget.py::a_file_full_of_dear_slots_costs_no_more_than_the_budget",
    ),
    "What is over that is not tried and named; `--slot` tries one slot alone, and no slot is added that would not be tried.": (
        "unit/vaultfile/test_budget.py::one_slot_can_be_tried_alone",
        "unit/vaultfile/test_budget.py::no_slot_is_added_that_would_not_be_tried",
    ),
    "Secrets leave pyvault only where you send them: the environment of the program you start, the standard output of `export`, `vault cat` and `exec --json`, the answers of a server you started, the sign-in link of `login`, a key file or recovery code that you asked for, or, for `exec --profile-env` on an SSO profile, `~/.aws/sso/cache`, which is said.": (
        "attacks/test_planted_secrets.py::a_whole_secret_is_only_where_it_was_asked_for",
        "attacks/test_planted_secrets.py::a_killed_command_leaves_no_secret_and_shows_none_while_it_runs",
        "cli/test_planted_secrets.py::no_file_holds_a_secret_or_a_name",
        "e2e/test_sso_commands.py::profile_env_leaves_the_token_for_the_child_and_says_so",
        "e2e/test_sso_commands.py::no_token_lies_anywhere_in_clear",
    ),
    "No error, log, traceback or record of a failed fetch holds one: what AWS or another service answers is shown without what the request carried, of an exception of a library only its type, and keys and tokens with control characters or characters outside ASCII are refused where they come in.": (
        "attacks/test_planted_secrets.py::a_spoilt_secret_is_shown_nowhere",
        "attacks/test_planted_secrets.py::what_is_given_by_hand_is_shown_nowhere",
        "unit/aws/test_aws_answers.py::a_secret_of_the_request_is_not_shown_when_the_answer_repeats_it",
        "cli/test_main.py::a_traceback_holds_no_text_of_an_exception",
        "processes/sessions/test_single_flight.py::a_crash_reaches_the_waiters_without_its_text",
    ),
    "`clear` removes the records of failed fetches.": (
        "attacks/test_planted_secrets.py::what_a_failed_fetch_leaves_holds_no_secret_and_goes_when_it_is_cleared",
    ),
    "The variables that open the vault (`PYVAULT_PASSPHRASE`, `PYVAULT_KEY` and their kin) are taken out of every child's environment, and so is every variable that would lead it to other credentials than those it was started for (docs/child-environment.md).": (
        "cli/test_childenv.py::nothing_leads_to_other_credentials",
        "cli/test_childenv.py::no_planted_value_stays",
        "cli/test_key_variable.py::the_text_of_a_key_file_opens_the_vault_and_no_child_sees_it",
    ),
    "A secret where an access key id or a path belongs (a pair that is swapped, a key in `PYVAULT_KEYFILE`) is recognised where it comes in, refused and not shown.": (
        "cli/test_key_input.py::a_pair_that_is_none_is_refused_wherever_it_is_read",
        "cli/test_key_input.py::a_swapped_pair_is_never_stored_or_sent",
        "cli/test_key_variable.py::a_key_in_the_place_of_its_path_is_not_shown",
    ),
    "The view that `--hide-shared-config` shows a command holds what stands in your own AWS files, keys in plain text included: 0400, in a directory for you alone, in the runtime directory where there is one, and no longer than the command lives (after a kill, until the next such command).": (
        "unit/sharedfiles/test_room.py::a_view_is_read_only_and_leaves_nothing",
        "unit/sharedfiles/test_room.py::what_nobody_uses_goes_with_the_next",
        "cli/test_shared_config.py::the_view_is_read_only_and_goes_with_the_command",
    ),
    "A cached session is used only for the request that it was made by, and for whom it was made.": (
        "unit/planning/test_properties.py::two_plans_share_a_key_only_if_they_ask_for_the_same",
        "e2e/test_identities.py::another_account_or_role_of_the_same_sign_in_is_another_session",
    ),
    "Its key is a hash over every parameter that AWS makes the session of (operation, role, account, durations, policies, tags, external id, source identity, MFA device, session name, region, endpoint, FIPS, dualstack), over the same of all requests before it, and over who the first of them works for: the id of the access key, stored or as a command or the surroundings gave it this time; the SSO sign-in, where each sign-in counts as another person and a refresh does not; or the holder of a web identity token (`iss`, `sub`, `aud`, `azp`, `amr`, session tags and source identity of AWS; its bytes if it is no JWT), read from its file or command this time.": (
        "unit/planning/test_session_key.py::every_parameter_counts",
        "unit/planning/test_session_key.py::who_a_plan_begins_with_is_in_every_key",
        "e2e/test_identities.py::after_a_sign_in_as_another_nothing_of_the_earlier_one_is_used",
        "e2e/test_identities.py::a_refresh_is_no_sign_in",
        "unit/retrieval/test_token_holder.py::what_is_no_jwt_of_somebody_stands_for_its_bytes",
    ),
    "The duration of a session of GetSessionToken is not among them: one that only feeds a later step is shared by all that ask for it with the same key and device, whatever life each asks for, so that one MFA code serves them all.": (
        "unit/planning/test_session_key.py::a_session_is_shared_whatever_its_duration_but_for_handing_it_out",
        "e2e/test_retrieve.py::a_session_that_only_feeds_a_role_is_shared_whatever_its_duration",
    ),
    "Handed out itself, it has at least `AWS_MIN_TTL` and at most the duration that was asked for left; where AWS refuses a role to one that was there before, a new one is fetched, once.": (
        "e2e/test_retrieve.py::it_is_handed_out_only_if_it_lives_no_longer_than_was_asked_for",
        "e2e/test_retrieve.py::a_session_is_not_used_in_its_last_minutes",
        "e2e/test_retrieve.py::a_role_that_wants_a_young_code_gets_one",
        "e2e/test_retrieve.py::a_denied_role_is_tried_again_once_and_only_with_a_new_session",
    ),
    "Left out is what does not change the session: names of profiles, a session name that we made up, where a code comes from, retries, proxies, the CA bundle.": (
        "unit/planning/test_session_key.py::reasons_and_profiles_that_ask_for_the_same_share_a_session",
    ),
    "What `credential_process`, `credential_source` and `web_identity_token_process` say is itself never cached; callers with the same command, directory and environment who wait at the same time share one run.": (
        "e2e/test_identities.py::callers_at_the_same_time_share_one_run_and_nothing_of_it_stays",
        "e2e/test_identities.py::callers_with_another_environment_never_share_a_run",
        "e2e/test_retrieve.py::a_credential_process_runs_each_time_also_if_it_gives_a_session",
    ),
    "The memory of guarantee 2 is kept per vault and per path: the newest state counts wherever a vault was seen, and a path belongs to its vault even if a copy of that is used elsewhere.": (
        "unit/vaultfile/test_memory_of_places.py::a_copy_elsewhere_does_not_free_the_first_place",
        "unit/vaultfile/test_memory_of_places.py::a_vault_that_moves_is_no_surprise_and_keeps_its_history",
    ),
    "A vault that was at its place and is gone, or is expected there, is an error (exit code 3), never an empty one, and nothing makes another in silence; `pyvault vault forget` drops the memory.": (
        "cli/test_vault_memory.py::a_vault_that_is_gone",
        "cli/test_vault_memory.py::forgetting_and_making_anew",
        "unit/vaultfile/test_memory_of_places.py::a_vault_that_is_expected_and_not_there",
    ),
    "`vault restore` takes no backup of another vault, or under another data key than the one known.": (
        "cli/test_vault_memory.py::a_foreign_backup_is_shown_and_refused",
        "unit/vaultfile/test_memory_of_places.py::a_backup_under_an_older_key_is_not_brought_back",
    ),
    "Whoever sets `PYVAULT_EXPECT_FINGERPRINT` opens only a vault with that data key (exit code 7).": (
        "cli/test_vault_memory.py::the_fingerprint_that_ci_expects",
        "unit/vaultfile/test_memory_of_places.py::the_fingerprint_that_is_expected",
    ),
    "`vault init` and `vault verify` show the fingerprint, `vault info` the one that was seen when the vault was last opened here.": (
        "cli/test_vault_memory.py::the_fingerprint_is_told_where_it_is_known",
    ),
    "Id and generation (`PYVAULT_EXPECT_VAULT_ID`, `PYVAULT_MIN_GENERATION`) stand in the clear, and prove nothing against somebody who can make a vault.": (
        "cli/test_promises.py::what_ci_expects_of_the_vault",
        "unit/vaultfile/test_trust.py::machines_without_memory_name_the_vault_and_its_least_generation",
    ),
    "A vault that a KMS key opens, and that was never seen on the machine, is refused without it: who may encrypt with that key could have made it.": (
        "kms/test_fingerprint.py::a_forged_vault_is_refused_where_nothing_is_remembered",
        "kms/test_fingerprint.py::a_forged_rekey_is_refused",
        "docs/test_fleet.py::without_the_fingerprint_it_is_refused",
    ),
    "Each command asks KMS anew unless you have set `external_ttl`, and an ARN in a file is used only if you have named that key.": (
        "kms/test_fingerprint.py::a_withdrawn_grant_bites_at_the_next_opening",
        "kms/test_keeping.py::an_answer_is_not_kept_for_the_next_command",
        "kms/test_external_ttl.py::without_it_each_command_asks_and_nothing_is_kept",
        "unit/vaultfile/test_external_slots.py::without_the_key_named_no_call_is_made",
    ),
    "The vault's directory and the state directory are ours and writable by nobody else, and so is the way there: a directory above them that others may write without the sticky bit, or a group with members besides its owner, is an error, links resolved step by step.": (
        "unit/vaultfile/test_above.py::a_directory_above_that_others_can_write",
        "unit/vaultfile/test_above.py::a_directory_above_that_a_group_can_write",
        "unit/vaultfile/test_above.py::links_are_resolved_step_by_step",
        "unit/vaultfile/test_above.py::a_state_directory_that_others_can_write",
    ),
    "What pyvault makes is made for you alone, whatever the umask.": (
        "cli/test_vault_memory.py::what_is_made_is_ours_alone_whatever_the_umask",
        "unit/test_house.py::nothing_is_made_by_the_umask_alone",
    ),
    "On a file system that keeps no modes (drives of Windows under WSL, vfat) this can't be: the error names it, and `PYVAULT_INSECURE_DIRECTORY=1` insists, with nothing of this checked.": (
        "unit/vaultfile/test_above.py::a_file_system_that_keeps_no_modes_is_named_and_one_may_insist",
    ),
    "What a later version has stored is kept byte for byte by every command that writes the vault, a rekey included, and is shown as what it is.": (
        "unit/backends/test_later_kinds.py::a_write_and_a_restore_keep_box_and_entry",
        "unit/backends/test_later_kinds.py::a_new_data_key_keeps_payload_and_entry",
        "cli/test_vault_memory.py::entries_of_a_later_kind_are_shown_and_the_rest_works",
    ),
    "In other stores it stays untouched; where only the name of a file says what an item is (`pass`, Credential Manager) it is not listed.": (
        "unit/backends/test_later_kinds.py::in_another_store_the_rest_is_not_locked_out",
    ),
}
