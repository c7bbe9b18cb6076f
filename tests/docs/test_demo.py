"""What ``make demo`` says at its end works when it is pasted into a shell."""

from __future__ import annotations

from pathlib import Path

import pexpect

import demo
from command_line import PYVAULT, clean_environ
from fake_aws.client import FakeAws


def test_the_last_lines_of_the_demo_work_when_pasted(tmp_path: Path, fake_aws: FakeAws) -> None:
    told = demo.GOODBYE.format(bin=PYVAULT.parent)
    first, second, third = [line.strip() for line in told.splitlines() if line.startswith("    ")]
    pair = fake_aws.demo_key()
    environ = {**clean_environ(tmp_path), **fake_aws.environ(), "PATH": "/usr/bin:/bin"}
    del environ["PYVAULT_BACKEND"]
    bash = pexpect.spawn(
        "bash", ["--norc", "--noprofile"], env=environ, encoding="utf-8", timeout=60, dimensions=(24, 400)
    )
    bash.sendline(first)
    bash.sendline(second)
    for question, answer in (
        ("Access Key ID: ", pair.access_key_id),
        ("Secret Access Key: ", pair.secret_access_key),
        ("new passphrase .*: ", "a green kettle"),
        ("repeat passphrase: ", "a green kettle"),
    ):
        bash.expect(question)
        bash.sendline(answer)
    bash.expect("From now on keys are kept in 'file'")
    bash.sendline(third)
    bash.expect("passphrase for .*: ")
    bash.sendline("a green kettle")
    bash.expect("arn:aws:iam::123456789012:user/demo")
    bash.sendline("exit")
    bash.expect(pexpect.EOF)
    bash.close()
