"""Every command explains itself, and finding that out costs next to nothing."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import textwrap
import time

import click
import pytest
from command_tree import ALL

from advisor.commands import main
from advisor.commands.main import COMMANDS, run
from advisor.commands.options import cores

Capture = pytest.CaptureFixture[str]

HEAVY = ("pulp", "numpy", "pydantic", "graphviz", "rich", "jinja2", "highspy", "vl_convert", "yaml", "markdown_it")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_static_table_says_what_the_command_says(name: str) -> None:
    """The one-line help in the table, which is listed without importing, is the command's own."""
    assert COMMANDS[name][1] == ALL[name].get_short_help_str(limit=1000)


@pytest.mark.parametrize("name", ALL)
def test_every_command_shows_an_example(name: str, capsys: Capture) -> None:
    """-h prints a usage line, an explanation and at least one example that starts with the command itself."""
    assert run([*name.split(), "-h"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: advisor {name}")
    assert re.search(r"Examples?:", text)
    assert re.search(rf"^ +(eval \"\$\()?advisor {name}\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_explained(name: str) -> None:
    """No option is without a help text."""
    options = [p for p in ALL[name].params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_what_solves_independent_problems_uses_the_processors_there_are() -> None:
    """Wherever problems are solved that do not hang on each other, ``--jobs`` says in how many processes; by default in
    as many as there are processors."""
    found = {name: option for name, command in ALL.items() for option in command.params if option.name == "jobs"}
    assert set(found) == {"propose", "check", "what-if", "why-not", "sensitivity", "growth", "robust"}
    assert {option.get_default(click.Context(ALL[name])) for name, option in found.items()} == {cores()}


def test_listing_help_imports_nothing_heavy() -> None:
    """``advisor --help`` does not import solver, numbers, validation, drawing or terminal libraries."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "advisor", "--help"], capture_output=True, text=True, check=True
    )
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in imported
    assert imported.isdisjoint(HEAVY)
    commands = {f"advisor.commands.{name}" for name in COMMANDS}
    modules = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert modules.isdisjoint(commands)


def test_pulp_is_read_in_where_a_program_is_built() -> None:
    """What the exact engine settles is answered without it."""
    text = """
        import sys, advisor
        answer = advisor.answer(advisor.load_scenario(advisor.example("support_copilot")))
        assert answer.best and "pulp" not in sys.modules
        assert answer.search.loaded.model.problem and "pulp" in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(text)], check=True)


def test_help_is_fast() -> None:
    """``advisor --help`` takes at most 2.5 times as long as importing click alone (medians of seven, interleaved)."""

    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started

    pairs = [(seconds("-m", "advisor", "--help"), seconds("-c", "import click")) for _ in range(7)]
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert ours <= 2.5 * bare, f"{ours:.3f} s against {bare:.3f} s for click alone"


def test_no_command_is_a_usage_error_with_help(capsys: Capture) -> None:
    """``advisor`` alone prints its help to stderr and exits 2, so that an empty variable in CI does not pass."""
    assert run([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Commands:" in captured.err


def test_a_misspelt_command_names_the_nearest(capsys: Capture) -> None:
    """``advisor prpose`` exits 2 and asks whether propose was meant."""
    assert run(["prpose"]) == 2
    assert "'prpose' is not a command; did you mean 'propose'?" in capsys.readouterr().err


def test_version_names_program_and_version(capsys: Capture) -> None:
    """--version prints one line."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"advisor {main.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for(shell: str, capsys: Capture) -> None:
    """The script asks this program for completions through the variable that it answers to."""
    assert run(["completion", shell]) == 0
    assert f"_ADVISOR_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_completion_completes() -> None:
    """A shell that asks gets the commands that fit, and a command's options."""

    def completions(words: str, current: int) -> list[str]:
        asked = {"_ADVISOR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(current)}
        done = subprocess.run(
            [sys.executable, "-m", "advisor"], env={**os.environ, **asked}, capture_output=True, text=True, check=True
        )
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completions("advisor c", 1) == ["compare", "candidates", "check", "catalog", "completion"]
    assert "--time-limit" in completions("advisor propose --", 2)
