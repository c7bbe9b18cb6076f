"""What counts in an AWS config file."""

from pathlib import Path

import pytest

from pyvault.config.config_file import ConfigFile, find_config_path, find_credentials_path
from pyvault.config.syntax import without_comment
from pyvault.errors import ConfigError

PATH = Path("/home/me/.aws/config")


def parsed(text: str | bytes) -> ConfigFile:
    return ConfigFile.parse(text if isinstance(text, bytes) else text.encode(), PATH)


def values(text: str | bytes, profile: str = "a") -> dict[str, str]:
    entries = parsed(text).find_profile(profile)
    assert entries is not None
    return {key: entry.value for key, entry in entries.items()}


def test_every_byte_is_kept() -> None:
    data = b"\xef\xbb\xbf; head\r\n[profile a]\r\nregion=x ; y\r\n\r\n[s3]\n a = b\n\n\n# tail \xff"
    assert parsed(data).data == data


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("[profile a]", "a"),
        ("[ profile  a ]", "a"),
        ("[profile\ta]", "a"),
        ("[profile a] # note", "a"),
        ("[profile a];note", "a"),
        ('[profile "a b"]', "a b"),
        ("[profile 'a b']", "a b"),
        ("[profile a b]", "a b"),
        ("[profile a.b]", "a.b"),
        ("[profile a]b]", "a]b"),
        ("[default]", "default"),
        ("[profile default]", "default"),
    ],
)
def test_headers_of_profiles(header: str, name: str) -> None:
    config = parsed(f"{header}\nregion = x\n")
    assert config.profiles() == [name]


@pytest.mark.parametrize(
    "header", ["[DEFAULT]", "[a]", "[Profile a]", "[profile]", "[profile '']", "[plugins]", "[services a]"]
)
def test_other_sections_are_no_profiles(header: str) -> None:
    assert parsed(f"{header}\nregion = x\n").profiles() == []


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("region = x", "x"),
        ("REGION=x", "x"),
        ("region : x", "x"),
        ("region = x # note", "x"),
        ("region = x ; note", "x"),
        ("region = x\t# note", "x"),
        ("region = x#1", "x#1"),
        ("region = x;1", "x;1"),
        ("region =#1", "#1"),
        ("region = # nothing", ""),
        ("region =", ""),
        ('region = "a # b"', '"a # b"'),
        ("region = it's # a note", "it's"),
        ('region = sh -c "a ; b" ; note', 'sh -c "a ; b"'),
        ("region = a=b:c", "a=b:c"),
        ("region = a \\\n   b", "a b"),
        ("region = a \\\nb", "a b"),
        ("region = a\n   b = c", "a\nb = c"),
        ("   region = a", "a"),
    ],
)
def test_values(line: str, value: str) -> None:
    assert values(f"[profile a]\n{line}\n")["region"] == value


def test_an_indented_block_of_keys_is_not_a_continuation() -> None:
    assert values("[profile a]\n  region = x\n  output = y\n") == {"region": "x", "output": "y"}


def test_nested_pairs_stand_below_an_empty_value() -> None:
    config = parsed("[services s]\nsts =\n  # note\n  Endpoint_URL = http://x ; y\n\n  other = 1\niam = z\n")
    services = config.find_services("s")
    assert services is not None
    assert services["sts"].nested == {"endpoint_url": "http://x", "other": "1"}
    assert (services["sts"].value, services["iam"].value) == ("", "z")


def test_repeated_sections_and_keys_merge_and_the_last_wins() -> None:
    assert values("[profile a]\nx = 1\nx = 2\n[profile b]\n[profile 'a']\ny = 3\n") == {"x": "2", "y": "3"}
    assert values("[profile a]\ny = 1\n[profile a]\ny = 2\n") == {"y": "2"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    assert values(end.join(["[profile a]", "x = 1", "", "y = 2"])) == {"x": "1", "y": "2"}


def test_only_line_ends_end_a_line() -> None:
    assert values("[profile a]\nx = 1\x0c\x85\u2028region = y\n") == {"x": "1\x0c\x85\u2028region = y"}


def test_a_byte_order_mark_is_skipped() -> None:
    assert values(b"\xef\xbb\xbf[profile a]\nx = 1\n") == {"x": "1"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("[profile a]\nregion\n", 2, "key-value delimiter not found"),
        ("[profile a]\n= x\n", 2, "value without a key"),
        ("x = 1\n", 1, "before the first section"),
        ("\n\n[profile a\n", 3, "not closed"),
        ("[profile a] x\n", 1, "not closed"),
        ("[profile a]\ns3 =\n  x\n", 2, "below 's3'"),
        (b"[profile a]\nx = \xff\n", 2, "not valid UTF-8"),
        ("[profile a]\nx = a\0b\n", 2, "NUL"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(text: str | bytes, line: int, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        parsed(text)
    assert f'"{PATH}", line {line}: ' in str(caught.value)


def test_a_message_never_repeats_the_line() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed("[profile a]\nwJalrXUtnFEMI\n")
    assert "wJalr" not in str(caught.value)


def test_bytes_that_are_not_utf8_may_stand_in_comments() -> None:
    assert values(b"# \xff\n[profile a]\nx = 1\n; \xfe\n") == {"x": "1"}


def test_comments_end_where_quotes_do_not() -> None:
    assert without_comment("'a # b' # c") == "'a # b'"
    assert without_comment("a' # b") == "a'"


def test_a_missing_file_is_empty_and_stays_missing(tmp_path: Path) -> None:
    config = ConfigFile.load(tmp_path / "no" / "config")
    assert (config.data, config.profiles()) == (b"", [])
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_its_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't read"):
        ConfigFile.load(tmp_path)


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="a device and not a file"):
        ConfigFile.load(Path("/dev/zero"))


def test_where_the_files_are() -> None:
    home = {"HOME": "/home/you"}
    assert find_config_path(home) == Path("/home/you/.aws/config")
    assert find_credentials_path(home) == Path("/home/you/.aws/credentials")
    assert find_config_path(home | {"AWS_CONFIG_FILE": "~/x y"}) == Path("/home/you/x y")
    assert find_config_path(home | {"AWS_CONFIG_FILE": ""}) == Path("/home/you/.aws/config")
    assert find_credentials_path(home | {"AWS_SHARED_CREDENTIALS_FILE": "/c"}) == Path("/c")
    assert find_config_path(home | {"AWS_CONFIG_FILE": "~nobody-of-this-name/x"}) == Path("~nobody-of-this-name/x")
