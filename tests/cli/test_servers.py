"""``exec`` with servers and ``server``, as a person uses them, against the strict local AWS."""

from __future__ import annotations

import http.client
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from command_line import Pyvault
from fake_aws.client import FakeAws
from kin import family, shown
from standing import Standing, ask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd")

#: Prints its own environment as JSON, as the child of exec.
SHOW_ENVIRON = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


class TestExec:
    def test_the_child_has_the_way_to_the_server_and_no_credentials(
        self, pyvault: Pyvault, variables: dict[str, str | None]
    ) -> None:
        stray = {
            "AWS_ACCESS_KEY_ID": "AKIASTRAY",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/stray",
            "AWS_PROFILE": "x",
        }
        ended = pyvault("exec", "-s", "demo", "--", *SHOW_ENVIRON, env=variables | stray)
        assert ended.code == 0, ended.err
        seen = json.loads(ended.out)
        assert seen["AWS_CONTAINER_CREDENTIALS_FULL_URI"].startswith("http://127.0.0.1:")
        assert len(seen["AWS_CONTAINER_AUTHORIZATION_TOKEN"]) == 64
        assert (seen["AWS_VAULT"], seen["AWS_REGION"]) == ("demo", "eu-west-1")
        assert not {
            "AWS_ACCESS_KEY_ID",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_PROFILE",
            "PYVAULT_KEYFILE",
        } & set(seen)

    @pytest.mark.parametrize("flag", ["-s", "--server", "--ecs-server"])
    def test_a_real_client_signs_with_what_it_gets(
        self, pyvault: Pyvault, variables: dict[str, str | None], fake_aws: FakeAws, flag: str
    ) -> None:
        script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        ended = pyvault("exec", flag, "reader", "--", sys.executable, "-W", "ignore", "-c", script, env=variables)
        assert ended.code == 0, ended.err
        assert ":assumed-role/reader/" in ended.out
        assert fake_aws.ops().count("sts.AssumeRole") == 1

    def test_the_exit_code_is_the_childs(self, pyvault: Pyvault, variables: dict[str, str | None]) -> None:
        assert pyvault("exec", "-s", "demo", "--", "sh", "-c", "exit 42", env=variables).code == 42

    def test_a_child_that_is_not_there_is_said_before_anything_is_asked(
        self, pyvault: Pyvault, variables: dict[str, str | None], fake_aws: FakeAws
    ) -> None:
        assert pyvault("exec", "-s", "demo", "--", "no-such-program", env=variables).code == 127
        assert fake_aws.ops() == []

    def test_a_failing_fetch_meets_no_child(
        self, pyvault: Pyvault, variables: dict[str, str | None], fake_aws: FakeAws, tmp_path: Path
    ) -> None:
        fake_aws.fault("sts.AssumeRole", "error", times=99, status=403)
        ended = pyvault("exec", "-s", "reader", "--", "touch", str(tmp_path / "ran"), env=variables)
        assert ended.code == 6
        assert not (tmp_path / "ran").exists()

    def test_lazy_fetches_when_it_is_asked(
        self, pyvault: Pyvault, variables: dict[str, str | None], fake_aws: FakeAws
    ) -> None:
        assert pyvault("exec", "-s", "--lazy", "demo", "--", "true", env=variables).code == 0
        assert fake_aws.ops() == []
        script = 'curl -s -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"'
        ended = pyvault("exec", "-s", "--lazy", "demo", "--", "sh", "-c", script, env=variables)
        assert json.loads(ended.out)["AccessKeyId"].startswith("ASIA")
        assert fake_aws.ops() == ["sts.GetSessionToken"]

    def test_a_role_that_is_allowed(
        self, pyvault: Pyvault, variables: dict[str, str | None], fake_aws: FakeAws
    ) -> None:
        script = 'curl -s -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"role-arn/$ROLE'
        allowed, other = fake_aws.role_arn("reader"), fake_aws.role_arn("r1")
        for role, code in ((allowed, None), (other, "Forbidden")):
            ended = pyvault(
                "exec", "-s", "--allow-role", allowed, "demo", "--", "sh", "-c", script, env=variables | {"ROLE": role}
            )
            answer = json.loads(ended.out)
            assert answer.get("code") == code
            assert answer.get("RoleArn") == (role if code is None else None)
        assert [call["params"]["RoleArn"] for call in fake_aws.calls("AssumeRole")] == [allowed]

    def test_the_token_in_a_file(self, pyvault: Pyvault, variables: dict[str, str | None], tmp_path: Path) -> None:
        path = tmp_path / "token"
        script = (
            'stat -c %a "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"; echo "${AWS_CONTAINER_AUTHORIZATION_TOKEN-unset}"'
        )
        ended = pyvault("exec", "-s", "--token-file", str(path), "demo", "--", "sh", "-c", script, env=variables)
        assert ended.out.split() == ["600", "unset"]
        until = time.monotonic() + 10
        while path.exists() and time.monotonic() < until:
            time.sleep(0.01)
        assert not path.exists()  # it was made for this server

    def test_the_token_file_of_a_server_that_never_ran_is_not_left(
        self, pyvault: Pyvault, variables: dict[str, str | None], fake_aws: FakeAws, tmp_path: Path
    ) -> None:
        fake_aws.fault("sts.*", "error", times=99, status=403)
        ended = pyvault("exec", "-s", "--token-file", str(tmp_path / "token"), "demo", "--", "true", env=variables)
        assert (ended.code, (tmp_path / "token").exists()) == (6, False)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--ec2-server", "--ecs-server"], "Can't use --ec2-server with --ecs-server"),
            (["--ec2-server", "--json"], "Can't use --ec2-server with --json"),
            (["--ec2-server", "--no-session"], "Can't use --ec2-server with --no-session"),
            (["--ecs-server", "--json"], "Can't use --ecs-server with --json"),
            (["--ecs-server", "--no-session"], "Can't use --ecs-server with --no-session"),
            (["--imds-v1"], "Can't use --imds-v1 without --ec2-server"),
            (["--allow-uid", "1000"], "Can't use --allow-uid without a server"),
            (
                ["-s", "--listen", "0.0.0.0:0", "--allow-uid", "1"],
                "Can't use --allow-uid with --listen beyond loopback",
            ),
            (["--listen", "127.0.0.1:0"], "Can't use --listen without --ecs-server"),
            (["--token-file", "x"], "Can't use --token-file without --ecs-server"),
            (["--allow-role", "x"], "Can't use --allow-role without --ecs-server"),
        ],
    )
    def test_what_does_not_go_together(
        self, pyvault: Pyvault, variables: dict[str, str | None], words: list[str], message: str
    ) -> None:
        ended = pyvault("exec", *words, "demo", "--", "true", env=variables)
        assert (ended.code, ended.err.splitlines()[0]) == (2, f"pyvault: error: {message}")

    @pytest.mark.parametrize("words", [["--listen", "nowhere"], ["--listen", "127.0.0.1:99999"], ["--allow-role", "*"]])
    def test_wrong_options_are_said_first(
        self, pyvault: Pyvault, variables: dict[str, str | None], words: list[str]
    ) -> None:
        assert pyvault("exec", "-s", *words, "demo", "--", "true", env=variables).code == 5

    @pytest.mark.parametrize(
        ("words", "environ", "message"),
        [
            (["--access-log", "/no/such/log"], {}, "can't write the access log '/no/such/log'"),
            (["--lazy"], {"AWS_MIN_TTL": "soon"}, "AWS_MIN_TTL: 'soon' is not a duration"),
            (["--token-file", "/no/such/token"], {}, "can't create the token file '/no/such/token'"),
        ],
    )
    def test_what_a_server_can_not_do_without_is_said_before_the_command_runs(
        self,
        pyvault: Pyvault,
        variables: dict[str, str | None],
        tmp_path: Path,
        words: list[str],
        environ: dict[str, str],
        message: str,
    ) -> None:
        ended = pyvault("exec", "-s", *words, "demo", "--", "touch", str(tmp_path / "ran"), env=variables | environ)
        assert ended.code in {1, 5}
        assert message in ended.err
        assert not (tmp_path / "ran").exists()

    def test_the_proxy_is_not_started_by_hand(self, pyvault: Pyvault) -> None:
        assert pyvault("proxy").code == 2
        assert "proxy" not in pyvault("--help").out


class TestStanding:
    @pytest.fixture
    def start(self, tmp_path: Path, variables: dict[str, str | None]) -> Iterator[object]:
        started: list[Standing] = []

        def one(*words: str) -> Standing:
            started.append(Standing(tmp_path, variables, *words))
            return started[-1]

        yield one
        for each in started:
            each.process.kill()
            each.process.communicate()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_it_says_when_it_is_ready_serves_and_ends(self, start: type[Standing], number: signal.Signals) -> None:
        server = start("demo")
        assert server.told[-1].split(maxsplit=2)[:2] == ["ready", server.uri]
        assert "[default]" in server.told[-1]
        assert ask(server.uri, server.token)[0] == 200
        assert ask(server.uri, None)[0] == 403
        assert ask(server.uri, None, "/healthz") == (200, {"status": "ok"})
        assert server.stop(number) == 0
        with pytest.raises(ConnectionRefusedError):
            ask(server.uri, server.token)

    def test_it_ends_at_once_although_clients_keep_their_connections(self, start: type[Standing]) -> None:
        server = start("demo")
        place = server.uri.removeprefix("http://").rstrip("/")
        clients = [http.client.HTTPConnection(place, timeout=20) for _ in range(8)]
        for client in clients:
            client.request("GET", "/", headers={"Authorization": server.token})
            assert client.getresponse().read()
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGTERM)  # a supervisor that is impatient changes nothing
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 4  # before the keeper would kill it
        for client in clients:
            client.close()

    def test_a_question_without_an_answer_does_not_keep_it_from_ending(
        self, start: type[Standing], fake_aws: FakeAws
    ) -> None:
        server = start("demo", "--lazy")
        fake_aws.fault("sts.GetSessionToken", "hang")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask, server.uri, server.token)
            fake_aws.wait_for_call("GetSessionToken")
            assert server.stop() == 0
            assert asked.result()[0] == 503
        fake_aws.clear_faults()

    @pytest.mark.parametrize("heard", [True, False], ids=["the supervisor listens", "the supervisor has left"])
    def test_it_says_once_that_it_is_ready(self, start: type[Standing], heard: bool) -> None:
        server = start("demo")
        assert server.process.stdout is not None
        if not heard:
            server.process.stdout.close()
        os.kill(family(server.process.pid)[1], signal.SIGKILL)
        assert ask(server.uri, server.token)[0] == 200  # by its successor
        server.process.terminate()
        assert server.process.wait(20) == 0
        assert server.process.stderr is not None
        assert server.process.stderr.read().count("is being restarted") == 1
        if heard:
            assert server.process.stdout.read() == ""

    def test_started_again_it_does_not_go_back_to_who_a_command_named_first(
        self, start: type[Standing], tmp_path: Path
    ) -> None:
        answer = {"Version": 1, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}
        said = tmp_path / "said"
        (tmp_path / ".aws").mkdir(exist_ok=True)
        with (tmp_path / ".aws/config").open("a", encoding="ascii") as config:
            config.write(f"\n[profile moving]\ncredential_process = cat {said}\n")
        said.write_text(json.dumps(answer | {"AccessKeyId": "ASIAALICE0000000000A"}))
        server = start("moving")
        assert ask(server.uri, server.token)[1]["AccessKeyId"] == "ASIAALICE0000000000A"
        said.write_text(json.dumps(answer | {"AccessKeyId": "ASIABOB000000000000B"}))
        os.kill(family(server.process.pid)[1], signal.SIGKILL)
        assert ask(server.uri, server.token)[1]["AccessKeyId"] == "ASIABOB000000000000B"
        server.process.terminate()
        assert server.process.wait(20) == 0

    @pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
    @pytest.mark.peer("curl")
    @pytest.mark.parametrize("user", [65534, os.geteuid()], ids=["another user", "the owner"])
    def test_the_token_is_of_no_use_to_another_user(self, start: type[Standing], user: int) -> None:
        server = start("demo")
        words = ["curl", "-s", "-H", f"Authorization: {server.token}", server.uri]
        asked = subprocess.run(
            words, user=user, group=user, extra_groups=[], cwd="/", capture_output=True, timeout=30, check=True
        )
        assert ("AccessKeyId" in json.loads(asked.stdout)) == (user == os.geteuid())

    @pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
    def test_a_sidecar_of_another_uid_is_served_if_it_is_named(self, start: type[Standing]) -> None:
        seen: list[str] = []
        for words in ([], ["--allow-uid", "1000", "--allow-uid", "65534"]):
            server = start("demo", *words)
            asked = ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "-H", f"Authorization: {server.token}"]
            other = subprocess.run(
                [*asked, server.uri], user=65534, group=65534, extra_groups=[],
                capture_output=True, text=True, timeout=30, check=False,
            )  # fmt: skip
            seen.append(other.stdout)
            assert ask(server.uri, server.token)[0] == 200
        assert seen == ["403", "200"]

    @pytest.mark.parametrize("listen", ["[::1]:0", "::1:0", "[::]:0"])
    def test_it_listens_at_an_ipv6_address(self, start: type[Standing], listen: str) -> None:
        server = start("demo", "--listen", listen)
        assert server.uri.startswith("http://[::1]:")
        assert ask(server.uri, server.token)[0] == 200
        assert server.stop() == 0

    @pytest.mark.parametrize(
        "listen", ["localhost:0", "example.com:80", "*:0", ":0", "127.0.0.1", "[::1]", "127.0.0.1:x"]
    )
    def test_it_listens_at_no_name(self, pyvault: Pyvault, variables: dict[str, str | None], listen: str) -> None:
        ended = pyvault("server", "demo", "--listen", listen, env=variables)
        assert (ended.code, ended.out) == (5, "")
        assert f"'{listen}' is not ADDR:PORT" in ended.err
        assert "[::1]:9911" in ended.err

    def test_several_profiles_have_their_paths(self, start: type[Standing], fake_aws: FakeAws) -> None:
        server = start("demo", "reader", "--lazy")
        assert [line.rsplit("/", 1)[1] for line in server.told if "FULL_URI" in line] == ["demo", "reader"]
        base = server.told[-1].split()[1]
        assert ask(base, server.token, "/profile/reader")[1]["RoleArn"] == fake_aws.role_arn("reader")
        assert "RoleArn" not in ask(base, server.token, "/profile/demo")[1]
        assert ask(base, server.token, "/")[0] == 404
        assert server.stop() == 0

    def test_a_token_file_is_used_again(self, start: type[Standing], tmp_path: Path) -> None:
        path = tmp_path / "token"
        path.write_text("an-old-token-of-this-machine-0123456789\n")
        path.chmod(0o600)
        server = start("demo", "--token-file", str(path))
        assert ask(server.uri, "an-old-token-of-this-machine-0123456789")[0] == 200
        assert server.stop() == 0
        assert path.exists()

    def test_servers_started_at_once_with_one_new_token_file_take_each_others_clients(
        self, start: type[Standing], tmp_path: Path
    ) -> None:
        path = tmp_path / "token"
        with ThreadPoolExecutor(3) as pool:
            servers = list(pool.map(lambda _: start("demo", "--lazy", "--token-file", str(path)), range(3)))
        assert [ask(server.uri, path.read_text())[0] for server in servers] == [200] * 3
        assert servers[0].stop() == 0
        assert [ask(server.uri, path.read_text())[0] for server in servers[1:]] == [200] * 2

    def test_a_server_that_was_killed_leaves_a_token_for_the_next(self, start: type[Standing], tmp_path: Path) -> None:
        path = tmp_path / "token"
        server = start("demo", "--token-file", str(path))
        token, place = path.read_text(), server.uri.removeprefix("http://").rstrip("/")
        server.process.kill()
        server.process.wait()
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""  # the serving process has seen it, and ended: the port is free
        again = start("demo", "--token-file", str(path), "--listen", place)
        assert (again.uri, path.read_text()) == (server.uri, token)
        assert ask(again.uri, token)[0] == 200
        assert again.stop() == 0

    def test_a_token_file_for_all_to_read_is_refused(
        self, pyvault: Pyvault, variables: dict[str, str | None], tmp_path: Path
    ) -> None:
        path = tmp_path / "token"
        path.write_text("x" * 40)
        path.chmod(0o644)
        ended = pyvault("server", "demo", "--token-file", str(path), env=variables)
        assert (ended.code, "is readable by other users" in ended.err) == (5, True)

    def test_the_access_log_is_private_and_holds_no_token(self, start: type[Standing], tmp_path: Path) -> None:
        path = tmp_path / "access.jsonl"
        server = start("demo", "--access-log", str(path))
        ask(server.uri, server.token)
        ask(server.uri, "wrong")
        server.stop()
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        seen = [(line["path"], line["status"], line["reason"]) for line in lines]
        assert seen == [("/", 200, None), (None, 403, "token")]
        assert server.token not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
    def test_a_log_that_can_not_be_written_keeps_no_answer_back(self, start: type[Standing]) -> None:
        server = start("demo", "--lazy", "--access-log", "/dev/full")
        assert [ask(server.uri, server.token)[0] for _ in range(3)] == [200, 200, 200]
        server.process.terminate()
        _, told = server.process.communicate(timeout=20)
        assert told.count("can't write the access log '/dev/full': No space left on device") == 1
        assert len(told.splitlines()) == 1

    def test_a_bound_port_is_an_error(
        self, pyvault: Pyvault, variables: dict[str, str | None], start: type[Standing]
    ) -> None:
        place = start("demo").uri.removeprefix("http://").rstrip("/")
        ended = pyvault("server", "demo", "--listen", place, env=variables)
        assert (ended.code, ended.err.splitlines()) == (
            5,
            [
                f"pyvault: error: can't listen on {place}: address already in use",
                "pyvault: hint: another program listens there; --listen names another port, 0 takes a free one",
            ],
        )

    def test_short_credentials_are_renewed_without_the_server_holding_boto3(
        self, start: type[Standing], fake_aws: FakeAws, variables: dict[str, str | None]
    ) -> None:
        fake_aws.enlarge({"settings": {"max_lifetime_s": 3}})
        variables["AWS_MIN_TTL"] = "1s"
        server = start("demo")
        seen = set()
        until = time.monotonic() + 30
        while len(seen) < 4 and time.monotonic() < until:
            status, answer = ask(server.uri, server.token)
            assert status == 200
            seen.add(answer["AccessKeyId"])
            time.sleep(0.05)
        assert len(seen) == 4
        for pid in family(server.process.pid):
            assert b"botocore" not in shown(pid, "maps")
        assert server.stop() == 0


def test_the_server_keeps_nothing_open_that_the_child_could_wait_for(
    pyvault: Pyvault, variables: dict[str, str | None]
) -> None:
    """``$(pyvault exec -s ... )`` reads until everybody has closed the pipe."""
    # The fixture reads to the end of both pipes: it would run into its limit.
    assert pyvault("exec", "-s", "demo", "--", "echo", "hello", env=variables).out == "hello\n"
