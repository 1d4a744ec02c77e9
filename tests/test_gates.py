"""Gates of ``advisor check``: each fails exactly when what it is about fails, and says what it looked at."""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import jsonschema
import pytest

from advisor.analysis.changes import carried_over
from advisor.analysis.gates import Asked, Gate, gates
from advisor.analysis.knobs import design_knobs
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import with_figures
from advisor.commands.check import exit_code
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal, propose
from advisor.scenario.load import load_scenario
from advisor.scenario.requirements import Bound

DATA = Path(__file__).parent / "data"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog")]
DATE = datetime.date(2026, 11, 26)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def solved(mini: Catalog) -> Proposal:
    """Return the proposal for the small example."""
    return propose(load_scenario(FILE, mini), mini, explain=False)


def only(solved: Proposal, **asked: object) -> Gate:
    """Return the answer of a single gate."""
    assert solved.best is not None
    (gate,) = gates(solved.best, solved.table, solved.gap, Asked(DATE, **asked))  # type: ignore[arg-type]
    return gate


def test_the_cost_gate_includes_its_limit(solved: Proposal) -> None:
    """A month may cost exactly the limit, and not a cent more."""
    assert solved.best is not None
    cost = solved.best.cost_usd_per_month
    assert only(solved, max_cost_usd=cost).passed
    assert not only(solved, max_cost_usd=cost - 0.01).passed


def test_the_slack_gate_names_every_tight_bound(solved: Proposal) -> None:
    """Least slack over the bounds that measure something; those below the limit are named, the tightest first."""
    assert solved.best is not None
    slacks = {
        c.requirement.path: c.slack
        for c in solved.best.checks
        if isinstance(c.requirement, Bound) and c.slack is not None and c.requirement.metric != "clouds"
    }
    least = min(slacks.values())
    assert only(solved, min_slack=least).passed
    gate = only(solved, min_slack=least + 1e-6)
    assert not gate.passed
    assert gate.value == least
    wide = only(solved, min_slack=1.0)
    assert [f.subject for f in wide.findings] == sorted(
        (path for path, slack in slacks.items() if slack < 1.0), key=lambda path: slacks[path]
    )


def test_the_gap_gate_accepts_what_is_near_enough(solved: Proposal) -> None:
    """A missing proof is accepted within the gap that is asked for, and only then; an unknown gap never is."""
    assert only(solved, max_gap=0.0).passed
    for gap, passed, code in ((0.015, True, 0), (0.03, False, 1), (None, False, 1)):
        stopped = dataclasses.replace(solved, status=Status.STOPPED, gap=gap)
        gate = only(stopped, max_gap=0.02)
        assert gate.passed is passed
        assert exit_code(stopped, (gate,)) == code
        assert exit_code(stopped, ()) == 4


def test_the_stale_gate_counts_days(solved: Proposal) -> None:
    """Counted by hand: prices older than 180 days and other figures older than 730 are stale, no others."""
    assert solved.best is not None
    knobs = [knob for knob in design_knobs(solved.table, solved.best.design) if knob.figure]
    newest = max(knob.figure.checked for knob in knobs if knob.figure)
    for days in (0, 100, 181, 800, 3000):
        date = newest + datetime.timedelta(days=days)
        gate = gates(solved.best, solved.table, 0.0, Asked(date, stale=True))[0]
        old = {
            knob.path
            for knob in knobs
            if knob.figure and (date - knob.figure.checked).days > (180 if ": price." in knob.path else 730)
        }
        assert old <= {finding.subject for finding in gate.findings}
        assert gate.passed == (not gate.findings)
        ages = {finding.subject: finding.value for finding in gate.findings}
        assert all(ages[path] > (180 if ": price." in path else 730) for path in ages)


def test_an_estimate_decides_when_the_design_breaks_within_its_range(solved: Proposal, mini: Catalog) -> None:
    """By building everything anew with the figure at each end of its range and judging the design there."""
    assert solved.best is not None
    expected = set()
    for knob in design_knobs(solved.table, solved.best.design):
        for end in (knob.low, knob.high) if knob.basis == "estimate" else ():
            assert knob.figure is not None
            if end == knob.value or not knob.figure.allows(end):
                continue
            fresh = table(solved.scenario, with_figures(mini, {knob.figure: end}), solved.table.as_of)
            found = carried_over(solved.best, fresh).evaluation
            if found is None or not found.feasible:
                expected.add(knob.path)
    gate = only(solved, estimates=True)
    assert {finding.subject for finding in gate.findings} == expected
    assert gate.passed == (not expected)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["--max-cost", "1000000", "--min-slack", "0%"], 0),
        (["--max-cost", "10"], 1),
        (["--min-slack", "100%"], 1),
        (["--fail-on", "stale", "--date", "2040-01-01"], 1),
        (["--min-slack", "5"], 2),
        (["--min-slack", "-5%"], 2),
        (["--max-cost", "-1"], 2),
        (["--max-cost", "cheap"], 2),
        (["--max-cost", "nan"], 2),
        (["--fail-on", "everything"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: Capture) -> None:
    """0 when all gates pass, 1 when one fails, 2 for a gate that makes no sense."""
    assert run(["check", str(FILE), *MINI, *arguments]) == code
    out = capsys.readouterr().out
    assert ("✗ gate" in out) == (code == 1)
    assert (out == "") == (code == 2)


def test_json_is_a_proposal_with_its_gates(capsys: Capture) -> None:
    """--json prints what propose prints, and each gate with what it found; the schema of proposals describes it."""
    assert run(["check", str(FILE), *MINI, "--max-cost", "10", "--min-slack", "100%", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(schema_text("proposal", "", None))).validate(data)
    assert [(g["gate"], g["passed"]) for g in data["gates"]] == [("cost", False), ("slack", False)]
    assert data["gates"][1]["findings"]


def test_infeasible_comes_before_the_gates(tmp_path: Path, capsys: Capture) -> None:
    """Where there is no design, no gate is asked: exit 3, with the ways out in text and JSON."""
    text = FILE.read_text(encoding="utf-8").replace(
        "cost_usd_per_month: {max: 9_000}", "cost_usd_per_month: {max: 100}"
    )
    tight = tmp_path / "tight.yml"
    tight.write_text(text, encoding="utf-8")
    assert run(["check", str(tight), *MINI, "--max-cost", "10"]) == 3
    assert "Ways out" in capsys.readouterr().out
    assert run(["check", str(tight), *MINI, "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(schema_text("proposal", "", None))).validate(data)
    assert data["ways_out"]["ways"][0]["set"][0].startswith("constraints.")
    assert run(["propose", str(tight), *MINI]) == 3
    assert "Ways out" in capsys.readouterr().out


def test_the_settings_of_a_way_out_are_what_what_if_takes(tmp_path: Path, capsys: Capture) -> None:
    """Each way out, typed as it is printed, makes the scenario feasible at the cost that is shown."""
    text = FILE.read_text(encoding="utf-8").replace(
        "cost_usd_per_month: {max: 9_000}", "cost_usd_per_month: {max: 4_000}"
    )
    tight = tmp_path / "tight.yml"
    tight.write_text(text, encoding="utf-8")
    assert run(["check", str(tight), *MINI, "--json"]) == 3
    ways = json.loads(capsys.readouterr().out)["ways_out"]["ways"]
    assert ways
    for way in ways:
        settings = [word for one in way["set"] for word in ("--set", one)]
        assert run(["what-if", str(tight), *MINI, *settings, "--json"]) == 0
        after = json.loads(capsys.readouterr().out)["after"]
        assert after["cost_usd_per_month"] == pytest.approx(way["cost_usd_per_month"], rel=1e-9)
