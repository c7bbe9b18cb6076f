"""aws-vault's names for options of a backend mean options that the backend has."""

from __future__ import annotations

import pytest

from pyvault.errors import ConfigError, UsageError
from pyvault.storage.registry import load_backend, probe_class
from pyvault_cli.foreign import NAMES, options_of_aws_vault
from pyvault_cli.words import VALUED, Words


@pytest.mark.parametrize(("flag", "variable", "backend", "option"), NAMES, ids=[row[0] for row in NAMES])
def test_flag_and_variable(flag: str, variable: str, backend: str, option: str) -> None:
    assert flag in VALUED
    given = Words(given=((flag, "by flag"),))
    assert options_of_aws_vault(backend, given, {variable: "by variable"}) == {option: "by flag"}
    assert options_of_aws_vault(backend, None, {variable: "by variable"}) == {option: "by variable"}
    assert options_of_aws_vault("file", given, {variable: "by variable"}) == {}


@pytest.mark.parametrize(("backend", "option"), [(row[2], row[3]) for row in NAMES])
def test_the_backend_has_the_option(backend: str, option: str) -> None:
    with pytest.raises(ConfigError, match="has no option 'nonsense'"):
        probe_class(load_backend(backend), {"nonsense": "x"})
    probe_class(load_backend(backend), {option: "x"})


@pytest.mark.parametrize("flag", ["--file-dir", "--keychain"])
def test_what_has_no_meaning_here_is_refused_with_a_way_out(flag: str) -> None:
    with pytest.raises(UsageError) as caught:
        options_of_aws_vault("file", Words(given=((flag, "x"),)), {})
    assert "pyvault import aws-vault" in (caught.value.hint or "")


def test_the_variable_of_a_keychain_does_no_harm() -> None:
    assert options_of_aws_vault("keychain", None, {"AWS_VAULT_KEYCHAIN_NAME": "aws-vault"}) == {}
