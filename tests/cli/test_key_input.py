"""Where add reads a key from, and what it refuses, without ever repeating a secret."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Environ, Pyvault, run_pyvault
from pyvault.errors import PyvaultError, UsageError
from pyvault.secret import Secret
from pyvault_cli.credentials.key_input import from_csv, from_environ, parse_key

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/planted"


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY_ID}\n{SECRET}\n",
        f"  {KEY_ID}  \r\n\r\n{SECRET}",
        json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET}),
        json.dumps({"Version": 1, "AccessKeyId": KEY_ID, "SecretAccessKey": SECRET}, indent=2),
        json.dumps({"AccessKey": {"UserName": "me", "AccessKeyId": KEY_ID, "SecretAccessKey": SECRET}}),
    ],
)
def test_what_is_read(text: str) -> None:
    key = parse_key(Secret(text))
    assert (key.access_key_id, key.secret_access_key) == (KEY_ID, Secret(SECRET))


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET,
        f"{KEY_ID}\n{SECRET}\n{SECRET}\n",
        f"{KEY_ID}\nwJalr planted",
        f"{KEY_ID}\n\x1bplanted",
        f"{KEY_ID}\nplanted\u00e9",
        '{"SecretAccessKey": "planted"}',
        '{"AccessKeyId": 1, "SecretAccessKey": "planted"}',
        '{"AccessKey": "planted"}',
        '{"planted',
        "{}",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(PyvaultError) as caught:
        parse_key(Secret(text))
    assert "planted" not in f"{caught.value} {caught.value.__cause__}"
    assert SECRET not in str(caught.value)


def test_the_environment() -> None:
    given = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "ignored"}
    assert from_environ(given).secret_access_key == Secret(SECRET)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        with pytest.raises(PyvaultError, match=f"Missing value for {name}"):
            from_environ({**given, name: ""})


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_the_download_of_the_console(tmp_path: Path, start: str) -> None:
    path = tmp_path / "keys.csv"
    path.write_text(f"{start}Access key ID,Secret access key\r\n{KEY_ID},{SECRET}\r\n", encoding="utf-8")
    assert from_csv(path).access_key_id == KEY_ID


@pytest.mark.parametrize(
    "titles",
    [
        "User name,Password,Access key ID,Secret access key,Console login link",
        'User Name, Password, "Access Key Id", "Secret Access Key" , Console login link',
        "\ufeffUser name,,Access key ID , Secret access key,",
    ],
)
def test_earlier_downloads_of_the_console(tmp_path: Path, titles: str) -> None:
    path = tmp_path / "keys.csv"
    path.write_text(f"{titles}\r\nme,,{KEY_ID}, {SECRET} ,https://x.example\r\n\r\n", encoding="utf-8")
    given = from_csv(path)
    assert (given.access_key_id, given.secret_access_key) == (KEY_ID, Secret(SECRET))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"Access key ID,Secret access key\n",
        b"Access key ID,Secret access key\nA,planted\nB,planted\n",
        b"\xff\xfe",
    ],
)
def test_other_csv_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.csv"
    path.write_bytes(content)
    with pytest.raises(PyvaultError) as caught:
        from_csv(path)
    assert "planted" not in str(caught.value)


def test_a_csv_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PyvaultError, match="No such file"):
        from_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "words", [["--env", "--stdin"], ["--stdin", "--csv", "x"], ["--mfa-serial", "arn", "--no-add-config"]]
)
def test_options_that_can_not_go_together(pyvault: Pyvault, keyed: Environ, words: list[str]) -> None:
    assert pyvault("add", "x", *words, env=keyed).code == 2


def test_json_without_an_end_is_refused() -> None:
    with pytest.raises(PyvaultError, match="can't be read"):
        parse_key(Secret('{"a":' + "[" * 60_000))


@pytest.mark.parametrize(("option", "what"), [("--stdin", "key"), ("--totp-stdin", "MFA secret")])
def test_bytes_on_stdin_that_are_no_text_are_named_and_not_shown(private_home: Path, option: str, what: str) -> None:
    env = {"PYVAULT_BACKEND": "memory", "PYTHONIOENCODING": "utf-8:strict", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
    words = ["add", "ci", option, "--no-verify", "--no-add-config"]
    if option == "--totp-stdin":
        words += ["--env"]
        env["AWS_SECRET_ACCESS_KEY"] = "pLaNtEd"
    done = run_pyvault(private_home, *words, env=env, stdin=b"pLaNtEd\xff\n")
    assert (done.code, f"there is no {what} on stdin: it is not text" in done.err) == (1, True), done.err
    assert "pLaNtEd" not in done.err


PLANTED = "pLaNtEd/K7MDENG+bPxRfiCYEXAMPLEKEY000000"


@pytest.mark.parametrize(
    ("key_id", "secret", "told"),
    [(PLANTED, KEY_ID, "swapped?"), (KEY_ID, KEY_ID, "swapped?"), ("ASIAIOSFODNN7EXAMPLE", PLANTED, "is temporary")],
)
def test_a_pair_that_is_none_is_refused_wherever_it_is_read(
    tmp_path: Path, key_id: str, secret: str, told: str
) -> None:
    (tmp_path / "keys.csv").write_text(f"Access key ID,Secret access key\n{key_id},{secret}\n")
    for read in (
        lambda: parse_key(Secret(f"{key_id}\n{secret}\n")),
        lambda: parse_key(Secret(json.dumps({"AccessKeyId": key_id, "SecretAccessKey": secret}))),
        lambda: from_environ({"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}),
        lambda: from_csv(tmp_path / "keys.csv"),
    ):
        with pytest.raises(UsageError, match=re.escape(told)) as caught:
            read()
        assert "pLaNtEd" not in f"{caught.value.message}{caught.value.hint}"


def test_an_odd_id_is_stored_only_where_it_may_be_another_services(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[profile minio]\nendpoint_url = http://127.0.0.1:1\n")
    lines = b"minio-of-mine-0001\npLaNtEd\n"
    refused = pyvault("add", "aws", "--stdin", "--no-add-config", env=keyed, stdin=lines)
    assert (refused.code, "an id that is not AWS" in refused.err) == (2, True)
    asked = pyvault("add", "minio", "--stdin", env=keyed, stdin=lines)
    assert asked.code == 6, "the profile's own service is asked, and gives no answer"
    assert pyvault("add", "aws", "--stdin", "--no-verify", "--no-add-config", env=keyed, stdin=lines).code == 0
    for words in (["list", "--keys"], ["list", "--json"]):
        listed = pyvault(*words, env=keyed)
        assert (listed.code, "...0001" in listed.out, "minio-of" in listed.out) == (0, True, False)
    assert not any(text in f"{ended.out}{ended.err}" for ended in (refused, asked) for text in ("pLaNtEd", "of-mine"))


@pytest.mark.parametrize("more", [[], ["--no-verify"], ["--no-verify", "--force"]])
def test_a_swapped_pair_is_never_stored_or_sent(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path, more: list[str]
) -> None:
    env = {
        **keyed,
        "AWS_ACCESS_KEY_ID": PLANTED,
        "AWS_SECRET_ACCESS_KEY": KEY_ID,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    refused = pyvault("add", "ci", "--env", *more, env=env)
    assert (refused.code, "swapped?" in refused.err) == (2, True), refused.err
    assert "pLaNtEd" not in refused.err
    assert pyvault("list", "--credentials", env=keyed).out == ""


@pytest.fixture
def repeating_service() -> Iterator[str]:
    """A service that repeats the key id in its refusal."""

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            key_id = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
            words = f"<Code>InvalidClientTokenId</Code><Message>there is no key {key_id}</Message>"
            self.send_response(403)
            self.end_headers()
            self.wfile.write(f"<ErrorResponse><Error>{words}</Error></ErrorResponse>".encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_odd_id_is_not_shown_when_a_service_repeats_it(
    pyvault: Pyvault, keyed: Environ, repeating_service: str
) -> None:
    env = {**keyed, "AWS_ENDPOINT_URL": repeating_service}
    ended = pyvault("add", "x", "--stdin", "--no-add-config", env=env, stdin=b"minio-of-mine-0001\npLaNtEd\n")
    assert (ended.code, "there is no key ...0001" in ended.err) == (6, True), ended.err
    assert "minio-of" not in ended.err
