"""How runs end: all problems at once, one line each on stderr, the promised exit code, never a traceback of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from advisor.commands import main
from advisor.commands.main import run
from advisor.errors import AdvisorError, InputError, Problem, SolverError
from advisor.resources import example

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

BROKEN = """\
title: ""
blueprint: rag_assistant
workload:
  requests_per_month: -5
  input_tokens: 3_600
  output_tokens: 280
  documents: many
  documents_changed_per_month: 60_000
  peak_to_averge: 5
constrants: {}
"""


def ends_with(error: BaseException, monkeypatch: Patch, *before: str) -> int:
    """Run a command that raises ``error`` and return the exit code."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda *_: click.Command("doctor", callback=fail))
    return run([*before, "doctor"])


def test_all_problems_are_reported_at_once(tmp_path: Path, capsys: Capture) -> None:
    """A broken scenario gets one line a problem with file, line and path, then their number; exit 2; no data."""
    file = tmp_path / "s.yml"
    file.write_text(BROKEN)
    assert run(["propose", str(file)]) == 2
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == ""
    assert all(line.startswith(f"error: {file}:") for line in lines[:-1])
    assert lines[-1] == f"{len(lines) - 1} problems"
    for expected in (
        ":1: title: found ''; must not be empty",
        ":4: workload.requests_per_month: found -5",
        ":7: workload.documents: found 'many'",
        ":9: workload.peak_to_averge: is not a workload parameter",
        "did you mean 'peak_to_average'?",
        ":10: constrants: is not a known key",
        "did you mean 'constraints'?",
    ):
        assert expected in captured.err


def test_one_problem_is_not_counted(tmp_path: Path, capsys: Capture) -> None:
    """A single problem is a single line."""
    missing = tmp_path / "none.yml"
    assert run(["propose", str(missing)]) == 2
    assert capsys.readouterr().err == f"error: {missing}: cannot be read: No such file or directory\n"


def test_a_solver_failure_has_its_own_exit_code(monkeypatch: Patch, capsys: Capture) -> None:
    """Other errors of advisor print one line and end with the code of their class."""
    assert ends_with(SolverError("the solver is gone"), monkeypatch) == SolverError.exit_code == 70
    assert capsys.readouterr().err == "error: the solver is gone\n"


def test_a_bug_is_one_line_without_traceback(monkeypatch: Patch, capsys: Capture) -> None:
    """An unexpected exception says that it is our bug and how to report it; exit 70."""
    assert ends_with(ZeroDivisionError("by nought"), monkeypatch) == 70
    assert capsys.readouterr().err == (
        "error: this is a bug of advisor: ZeroDivisionError: by nought; "
        "run again with -v (advisor -v doctor) and report\n"
    )


def test_a_bug_with_v_shows_the_traceback(monkeypatch: Patch, capsys: Capture) -> None:
    """With -v the traceback of a bug is on stderr."""
    assert ends_with(ZeroDivisionError("by nought"), monkeypatch, "-v") == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_bad_input_has_no_traceback_even_with_v(monkeypatch: Patch, capsys: Capture) -> None:
    """-v shows tracebacks of bugs, not of other people's files."""
    assert ends_with(InputError([Problem("a.yml", 1, "x", "is wrong")]), monkeypatch, "-v") == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (SystemExit(4), 4),
        (SystemExit(None), 0),
        (SystemExit(True), 1),
        (click.exceptions.Exit(3), 3),
    ],
)
def test_quiet_endings(error: BaseException, code: int, monkeypatch: Patch, capsys: Capture) -> None:
    """Interrupts and exit codes that a command chose pass through without a word."""
    assert ends_with(error, monkeypatch) == code
    assert capsys.readouterr().err.strip() == ""


def test_input_that_ends_early_is_bad_input(monkeypatch: Patch, capsys: Capture) -> None:
    """Questions that nobody answers end with 2 and a sentence."""
    assert ends_with(EOFError(), monkeypatch) == 2
    assert "the input ended" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["propose"],
        ["schema", "--kind", "poem"],
        ["catalog", "nothing"],
        ["--what"],
        ["check", "x.yml", "--as-of", "2026-02-30"],
        ["check", "x.yml", "--time-limit", "nan"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: Capture) -> None:
    """What click refuses ends with 2, on stderr."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error: " in captured.err


def test_messages_cannot_steer_the_terminal(monkeypatch: Patch, capsys: Capture) -> None:
    """Control characters of a file's keys are shown escaped, on one line."""
    ends_with(InputError([Problem("a.yml", 1, "x\x1b[2J\n", "is wrong")]), monkeypatch)
    assert capsys.readouterr().err == "error: a.yml:1: x\\x1b[2J\\n: is wrong\n"


@pytest.mark.parametrize("command", [["catalog", "list"], ["check", example("churn_scores")]], ids=["list", "gate"])
def test_a_reader_that_leaves_ends_us_quietly(command: list[Path | str]) -> None:
    """Output into a pipe that nobody reads any more ends without a word, with the code that shells know, no gate's."""
    process = subprocess.Popen(
        [sys.executable, "-m", "advisor", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # long before the catalog is read
    assert (process.wait(60), process.stderr.read()) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_stdout_is_one_line() -> None:
    """Output that cannot be written is an error of its own, not a bug of ours."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "advisor", "catalog", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: cannot write to standard output: No space left on device"


def test_a_terminal_with_a_narrow_encoding_is_served() -> None:
    """A narrow encoding gets question marks instead of a crash."""
    done = subprocess.run(
        [sys.executable, "-m", "advisor", "doctor"],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "latin-1", "PATH": "", "HOME": "/nonexistent"},
    )
    assert b"\n? catalog" in done.stdout
    assert done.stderr == b""


def test_the_root_error_is_never_raised_itself() -> None:
    """Every error on purpose is of a class that says what kind it is."""
    modules = Path(main.__file__).parents[1].rglob("*.py")
    assert [path for path in modules if "raise AdvisorError(" in path.read_text()] == []
    assert issubclass(InputError, AdvisorError)


def test_v_logs_to_stderr_what_is_done() -> None:
    """-v names versions, catalog and scenario on stderr; stdout stays the data."""
    import json

    from advisor import resources

    done = subprocess.run(
        [sys.executable, "-m", "advisor", "-v", "candidates", "--json", str(resources.example("support_copilot"))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["roles"]
    for expected in ("INFO advisor: advisor ", "catalog ", "requirements"):
        assert expected in done.stderr
