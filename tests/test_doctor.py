"""``advisor doctor`` tells the truth about this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.commands import doctor
from advisor.commands.main import run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

NAMES = ["python", "solver", "diagrams", "charts", "catalog", "templates", "cache", "terminal"]


def findings(capsys: Capture) -> dict[str, dict[str, str]]:
    """Return what ``doctor --json`` printed, by name."""
    return {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}


def test_everything_needed_works_where_the_tests_run(capsys: Capture) -> None:
    """All checks are there, in order, and none fails; exit 0."""
    assert run(["doctor", "--json"]) == 0
    found = findings(capsys)
    assert list(found) == NAMES
    assert {check["status"] for check in found.values()} <= {"ok", "warn"}
    assert "HiGHS" in found["solver"]["detail"]
    assert "options, digest" in found["catalog"]["detail"]


def test_a_missing_program_fails_with_the_way_out(monkeypatch: Patch, capsys: Capture) -> None:
    """Something needed that is missing is a ✗ that says what to do; exit 1; the other checks still run."""
    monkeypatch.setenv("ADVISOR_DOT", "/nowhere/dot")
    assert run(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("✗ diagrams") and "unset it or mend the path" in line for line in lines)
    assert sum(line[:1] in "✓!✗" for line in lines) == len(NAMES)


def test_a_solver_that_answers_wrongly_fails(monkeypatch: Patch) -> None:
    """The solver check compares an answer, not an import."""
    from advisor.optimizer.solver import Outcome, Session, Status

    monkeypatch.setattr(Session, "solve", lambda *_: Outcome(Status.OPTIMAL, 0.0, 0.0, {}))
    found = doctor.examine(doctor.check_solver)
    assert (found.status, found.remedy) == ("fail", doctor.REINSTALL)


def test_a_check_that_breaks_is_a_failure_with_a_remedy() -> None:
    """An exception inside a check does not end the examination."""

    def check_nothing() -> doctor.Finding:
        raise RuntimeError("gone\nmore")

    assert doctor.examine(check_nothing) == doctor.Finding("nothing", "fail", "RuntimeError: gone", doctor.REINSTALL)


def test_a_cache_that_cannot_be_written_is_a_warning(monkeypatch: Patch, tmp_path: Path) -> None:
    """Without a cache everything works, slower: ! and not ✗."""
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    monkeypatch.delenv("ADVISOR_NO_CACHE", raising=False)
    found = doctor.check_cache()
    assert (found.status, "XDG_CACHE_HOME" in found.remedy) == ("warn", True)


def test_missing_templates_fail(monkeypatch: Patch, tmp_path: Path) -> None:
    """An installation without its templates is named as such."""
    from advisor import resources

    monkeypatch.setattr(resources, "folder", lambda name: tmp_path)
    found = doctor.check_templates()
    assert found.status == "fail"
    assert "page.html.j2" in found.detail


@pytest.mark.parametrize(("no_colour", "mark"), [("", "\x1b[32m✓"), ("1", "✓ python")])
def test_no_color_is_respected(no_colour: str, mark: str, monkeypatch: Patch, capsys: Capture) -> None:
    """NO_COLOR removes every colour; otherwise a terminal gets them."""
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_python,))
    assert run(["doctor"]) == 0
    assert capsys.readouterr().out.startswith(mark)
