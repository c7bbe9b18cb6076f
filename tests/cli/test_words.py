"""How a command line is taken apart, before any parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import UsageError
from pyvault_cli.commandline.arguments import SWITCHES, VALUED, CommandLine, split

MENU = ["add", "remove", "list", "exec", "export", "vault init", "vault slot add", "vault slot list"]
ALIASES = {"ls": "list", "rm": "remove"}
WITH_VALUE = {
    "exec": {"-d", "--duration", "-t", "--mfa-token", "--region"},
    "add": {"--csv", "--mfa-serial"},
}


def take(*argv: str) -> CommandLine:
    return split(argv, menu=MENU, aliases=ALIASES, valued=lambda path: WITH_VALUE.get(path, set()))


#: argv -> command, global options, own words, the child's words
CORPUS: list[tuple[str, str, str, str, str]] = [
    ("exec work ls", "exec", "", "work", "ls"),
    ("exec work ls -l --debug", "exec", "", "work", "ls -l --debug"),
    ("exec work -- ls -l", "exec", "", "work", "ls -l"),
    ("exec work --", "exec", "", "work", ""),
    ("exec work", "exec", "", "work", ""),
    ("exec -- ls -l", "exec", "", "", "ls -l"),
    ("exec --", "exec", "", "", ""),
    ("exec", "exec", "", "", ""),
    ("exec --debug -- work", "exec", "--debug=", "", "work"),
    ("exec work kubectl exec pod -- sh", "exec", "", "work", "kubectl exec pod -- sh"),
    ("exec work -- kubectl exec pod -- sh", "exec", "", "work", "kubectl exec pod -- sh"),
    ("exec work -- -weird --backend x", "exec", "", "work", "-weird --backend x"),
    ("exec -d 1h work ls", "exec", "", "-d 1h work", "ls"),
    ("exec -d1h work ls", "exec", "", "-d1h work", "ls"),
    ("exec -nd 1h work ls", "exec", "", "-nd 1h work", "ls"),
    ("exec -nd1h work ls", "exec", "", "-nd1h work", "ls"),
    ("exec --duration=1h work ls", "exec", "", "--duration=1h work", "ls"),
    ("exec work --region eu-west-1 -n ls -n", "exec", "", "work --region eu-west-1 -n", "ls -n"),
    ("exec work -t 123456 -- ls", "exec", "", "work -t 123456", "ls"),
    (
        "exec work --backend file --no-input ls --backend x",
        "exec",
        "--backend=file --no-input=",
        "work",
        "ls --backend x",
    ),
    ("exec -d --debug work ls", "exec", "", "-d --debug work", "ls"),
    ("exec - ls", "exec", "", "-", "ls"),
    ("--debug --backend file list", "list", "--debug= --backend=file", "", ""),
    ("list --debug --backend=file", "list", "--debug= --backend=file", "", ""),
    ("--backend-option a=b list --backend-option c=d", "list", "--backend-option=a=b --backend-option=c=d", "", ""),
    ("ls", "list", "", "", ""),
    ("rm x", "remove", "", "x", ""),
    ("vault --debug slot --no-input add --keyfile x", "vault slot add", "--debug= --no-input=", "--keyfile x", ""),
    ("remove -- -x", "remove", "", "-- -x", ""),
    ("remove -- --debug", "remove", "", "-- --debug", ""),
    ("add --csv --debug x", "add", "", "--csv --debug x", ""),
    ("add ls", "add", "", "ls", ""),
    ("add -- exec --", "add", "", "-- exec --", ""),
    ("vault slot", "vault slot", "", "", ""),
    ("", "", "", "", ""),
    ("--debug", "", "--debug=", "", ""),
    ("--debug --no-input list --no-debug", "list", "--no-input=", "", ""),
    ("--no-debug list --debug", "list", "--debug=", "", ""),
    ("list --no-input --no-no-input --no-biometrics", "list", "", "", ""),
    ("exec --no-lazy work ls --no-debug", "exec", "", "--no-lazy work", "ls --no-debug"),
]


@pytest.mark.parametrize(
    ("line", "command", "given_", "own", "child"), CORPUS, ids=[row[0] or "(empty)" for row in CORPUS]
)
def test_corpus(line: str, command: str, given_: str, own: str, child: str) -> None:
    words = take(*line.split())
    assert words.command == command
    assert " ".join(f"{name}={value}" for name, value in words.global_options) == given_
    assert " ".join(words.args) == own
    assert " ".join(words.child_argv) == child


@pytest.mark.parametrize("line", ["exec work ''", "exec '' ls"])
def test_an_empty_word_is_a_word(line: str) -> None:
    words = take(*[word.strip("'") for word in line.split()])
    assert len(words.args) == 1
    assert len(words.child_argv) == 1


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("nothing", "nothing"),
        ("vault nothing", "vault nothing"),
        ("vault slot nothing", "vault slot nothing"),
        ("list --backend", "--backend"),
        ("--backend", "--backend"),
        ("--unknown list", "--unknown"),
        ("vault --unknown", "--unknown"),
        ("vault ls", "vault ls"),
    ],
)
def test_what_is_refused_is_named(line: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        take(*line.split())


@pytest.mark.parametrize("line", ["--help", "-h", "vault --help", "--help exec"])
def test_help_before_a_command(line: str) -> None:
    assert take(*line.split()).wants_help


def test_help_of_a_command_is_its_own() -> None:
    words = take("exec", "--help")
    assert not words.wants_help
    assert words.args == ("--help",)


def test_help_of_the_child_is_the_childs() -> None:
    assert take("exec", "work", "aws", "--help").child_argv == ("aws", "--help")


def test_the_last_value_wins_and_every_value_is_kept() -> None:
    words = take("--backend", "a", "list", "--backend", "b")
    assert words.last("--backend") == "b"
    assert words.every("--backend") == ("a", "b")
    assert words.last("--prompt") is None


WORD = st.sampled_from(
    [
        "exec",
        "work",
        "ls",
        "-l",
        "--",
        "-",
        "",
        "-d",
        "-nd",
        "1h",
        "--region",
        "--debug",
        "--backend",
        "vault",
        "--version",
        "-h",
    ]
) | st.text(max_size=4)


@given(profile=st.text("abz", min_size=1), child=st.lists(WORD))
def test_the_child_gets_exactly_what_stands_after_the_cut(profile: str, child: list[str]) -> None:
    assert take("exec", profile, "--", *child).child_argv == tuple(child)
    assert take("exec", "--", *child).child_argv == tuple(child)


@given(profile=st.text("abz", min_size=1), first=st.text("xyz", min_size=1), rest=st.lists(WORD))
def test_nothing_of_the_childs_command_is_ours(profile: str, first: str, rest: list[str]) -> None:
    words = take("exec", profile, first, *rest)
    assert words.child_argv == (first, *rest)
    assert words.global_options == ()


@given(argv=st.lists(WORD, max_size=8))
def test_no_word_is_lost_or_made_up(argv: list[str]) -> None:
    try:
        words = split(argv, menu=MENU, aliases={}, valued=lambda path: WITH_VALUE.get(path, set()))
    except UsageError:
        return
    made = [
        *words.args,
        *words.child_argv,
        *words.command.split(),
        *(part for pair in words.global_options for part in pair if part),
    ]
    cut = "--" in argv and words.command == "exec" and made.count("--") == argv.count("--") - 1
    lost = sorted(word for word in argv if word and word not in {"-h", "--help"})
    found = sorted([word for word in made if word and word not in {"-h", "--help"}] + ["--"] * cut)
    assert lost == found


@given(
    argv=st.lists(WORD, max_size=6).filter(lambda words: "--" not in words),
    place=st.integers(0, 6),
    name=st.sampled_from([*SWITCHES, "--backend=x"]),
)
def test_a_global_option_may_stand_before_or_after(argv: list[str], place: int, name: str) -> None:
    """Wherever it stands left of the child's command and of no other option's value."""
    base = ["--no-input", "add", "work"]
    at = min(place, len(base))
    moved = [*base[:at], name, *base[at:]]
    words = take(*moved)
    assert words.command == "add"
    assert words.args == ("work",)
    assert {option for option, _ in words.global_options} == {"--no-input", name.partition("=")[0]}
    assert set(VALUED) & set(SWITCHES) == set()
