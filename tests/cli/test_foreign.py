"""aws-vault's names for options of a backend mean options that the backend has."""

from __future__ import annotations

import pytest

from pyvault.errors import ConfigError, UsageError
from pyvault.storage.backend_options import AWS_VAULT_VARIABLES
from pyvault.storage.registry import load_backend, probe_class
from pyvault_cli.commandline.arguments import VALUED, CommandLine
from pyvault_cli.commandline.aws_vault_options import FLAGS
from pyvault_cli.context import Context

NAMES = [
    (flag, variable, *FLAGS[flag].split("."))
    for flag, variable in (
        ("--secret-service-collection", "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME"),
        ("--pass-dir", "AWS_VAULT_PASS_PASSWORD_STORE_DIR"),
        ("--pass-cmd", "AWS_VAULT_PASS_CMD"),
        ("--pass-prefix", "AWS_VAULT_PASS_PREFIX"),
    )
]


def options_of(backend: str, given: tuple[tuple[str, str], ...], environ: dict[str, str]) -> dict[str, str]:
    return Context(CommandLine(global_options=given), environ).options_of(backend)


@pytest.mark.parametrize(("flag", "variable", "backend", "option"), NAMES, ids=[row[0] for row in NAMES])
def test_flag_and_variable(flag: str, variable: str, backend: str, option: str) -> None:
    assert flag in VALUED
    given = ((flag, "by flag"),)
    assert options_of(backend, given, {variable: "by variable"}) == {option: "by flag"}
    assert options_of(backend, (), {variable: "by variable"}) == {option: "by variable"}
    assert options_of("file", given, {variable: "by variable"}) == {}


def test_no_name_is_left_out() -> None:
    assert sorted(FLAGS) == sorted(row[0] for row in NAMES)
    assert sorted(AWS_VAULT_VARIABLES) == sorted(row[1] for row in NAMES)


@pytest.mark.parametrize(("backend", "option"), [(row[2], row[3]) for row in NAMES])
def test_the_backend_has_the_option(backend: str, option: str) -> None:
    with pytest.raises(ConfigError, match="has no option 'nonsense'"):
        probe_class(load_backend(backend), {"nonsense": "x"})
    probe_class(load_backend(backend), {option: "x"})


@pytest.mark.parametrize("flag", ["--file-dir", "--keychain"])
def test_what_has_no_meaning_here_is_refused_with_a_way_out(flag: str) -> None:
    with pytest.raises(UsageError) as caught:
        options_of("file", ((flag, "x"),), {})
    assert "pyvault import aws-vault" in (caught.value.hint or "")


def test_the_variable_of_a_keychain_does_no_harm() -> None:
    assert options_of("keychain", (), {"AWS_VAULT_KEYCHAIN_NAME": "aws-vault"}) == {}
