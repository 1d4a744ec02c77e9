"""Alternatives against enumeration: each is the best of all designs that differ enough from those before it."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import jsonschema
import pytest
from oracles.enumeration import Judged, enumerate_all, meets, value
from oracles.problems import draw_bounds, draw_filters, draw_goals, small_table, with_question

from advisor.analysis.alternatives import Alternatives, alternatives, beside
from advisor.analysis.answers import solve
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.optimizer.found import Found
from advisor.optimizer.run import Run
from advisor.optimizer.solver import Status
from advisor.render import alternatives_text
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden" / "tradeoffs"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog")]
SEEDS = range(24)
KINDS = ("cost", "cost", "mean", "quality", "weighted", "percentile")
TOLERANCE = 1e-6
_ENUMERATED: dict[int, tuple[Table, list[Judged]]] = {}


@pytest.fixture(scope="module")
def found(base: Scenario, mini: Catalog) -> Alternatives:
    """Return the alternatives to its optimum."""
    return alternatives(base, mini, count=4)


def question(seed: int, scenario: Scenario, catalog: Catalog) -> tuple[Table, list[Judged], int]:
    """Return a small table under a question, its designs, and in how many roles alternatives must differ."""
    if seed not in _ENUMERATED:
        full = small_table(seed, scenario, catalog, invented=seed % 3 != 0)
        _ENUMERATED[seed] = full, enumerate_all(full)
    full, found = _ENUMERATED[seed]
    rng = random.Random(f"alternatives {seed}")
    goals = draw_goals(rng, KINDS[seed % len(KINDS)], found)
    bounds = [*draw_bounds(rng, found, rng.choice([0, 1])), *draw_filters(rng, full)[:1]]
    return with_question(full, bounds, goals), found, rng.choice([1, 2, 3])


def distance(a: Mapping[str, Candidate], b: Mapping[str, Candidate]) -> int:
    """Return in how many roles two designs have different components."""
    return sum(c.component_id != b[role].component_id for role, c in a.items())


def best_of(designs: Sequence[Judged], table: Table) -> float:
    """Return the least value of the first goal."""
    return min(value(table.scenario.objective[0], j) for j in designs)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_is_the_best_that_differs_enough(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """For any goal: every alternative differs enough from all before it and is, by enumeration, the best that does;
    where the list ends because nothing is left, nothing is left."""
    table, designs, differ = question(seed, scenario, catalog)
    feasible = [j for j in designs if meets(j, table.scenario.requirements)]
    answer = solve(table, blame=False)
    result = beside(answer, count=4, within=1e9, differ=differ)
    if not feasible:
        assert result.best is None
        assert result.found == ()
        return
    assert result.best is not None
    listed: list[Mapping[str, Candidate]] = [result.best.design]
    for one in result.found:
        left = [j for j in feasible if all(distance(j.design, other) >= differ for other in listed)]
        mine = next(j for j in left if j.ids == {role: c.id for role, c in one.evaluation.design.items()})
        best = best_of(left, table)
        assert value(table.scenario.objective[0], mine) <= best + TOLERANCE * abs(best)
        assert one.value == pytest.approx(value(table.scenario.objective[0], mine), rel=1e-9)
        assert {change.role for change in one.differs} == {
            role for role, c in mine.design.items() if c.component_id != result.best.design[role].component_id
        }
        listed.append(one.evaluation.design)
    if result.ends == "none":
        assert not [j for j in feasible if all(distance(j.design, other) >= differ for other in listed)]
    else:
        assert (result.ends, len(result.found)) == ("count", 4)


def test_the_questions_have_every_ending(scenario: Scenario, catalog: Catalog) -> None:
    """Among the drawn questions some lists are full, some end, and some scenarios have no design."""
    ends = set()
    for seed in SEEDS[:8]:
        table, _, differ = question(seed, scenario, catalog)
        result = beside(solve(table, blame=False), count=4, within=1e9, differ=differ)
        ends.add(result.ends if result.best else "infeasible")
    assert {"count", "none"} <= ends


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_within_cuts_the_same_list(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """A share only shortens the list: it ends before the first that is worse than the share, and names that one."""
    table, _, differ = question(seed, scenario, catalog)
    answer = solve(table, blame=False)
    whole = beside(answer, count=4, within=1e9, differ=differ)
    for share in (0.0, 0.02, 0.2):
        part = beside(answer, count=4, within=share, differ=differ)
        inside = [one.value for one in whole.found if one.worse <= share * (1 + 1e-9)]
        assert [one.value for one in part.found] == inside
        if len(inside) < len(whole.found):
            assert part.ends == "within"
            assert part.beyond is not None
            assert part.beyond.value == whole.found[len(inside)].value


def test_better_worse_and_tightest_are_the_numbers(found: Alternatives) -> None:
    """What an alternative is better and worse at, and its tightest bound, follow from the two evaluations."""
    assert found.best is not None
    assert len(found.found) == 4
    for one in found.found:
        for row in one.comparison.metrics:
            before, after = found.best.metric(row.metric), one.evaluation.metric(row.metric)
            gain = (before - after if row.less_is_better else after - before) / max(abs(before), 1e-12)
            listed = (row.metric in one.better_at) - (row.metric in one.worse_at)
            assert listed == (gain > 1e-5) - (gain < -1e-5)
        slacks = [
            c.slack
            for c in one.evaluation.checks
            if isinstance(c.requirement, Bound) and c.slack is not None and c.requirement.metric != "clouds"
        ]
        assert one.tightest is not None
        assert one.tightest.slack == min(slacks)
        assert one.evaluation.feasible


def test_a_search_that_was_stopped_lists_only_what_is_proved(
    base: Scenario, mini: Catalog, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """When time runs out the design found last is not listed, the text says so, and the exit code is 4."""
    real, calls = Run.all, []

    def stopped(self: Run, *arguments: object, **more: object) -> Found:
        calls.append(1)
        result = real(self, *arguments, **more)  # type: ignore[arg-type]
        return result if len(calls) < 3 else dataclasses.replace(result, status=Status.STOPPED)

    monkeypatch.setattr(Run, "all", stopped)
    assert run(["alternatives", str(FILE), *MINI]) == 4
    text = capsys.readouterr().out
    assert "The time limit passed before the next one was proved." in text
    assert "\n1  " in text
    assert "\n2  " not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"count": 0}, "--count: found 0; from 1 to 20 are possible"),
        ({"count": 21}, "from 1 to 20"),
        ({"differ": 0}, "--differ: found 0; from 1 to "),
        ({"differ": 99}, "the roles that several components can fill"),
        ({"within": -0.1}, "--within: found -0.1; must be at least 0"),
        ({"within": float("nan")}, "must be at least 0"),
    ],
)
def test_bad_questions(arguments: dict[str, float], words: str, base: Scenario, mini: Catalog) -> None:
    """Counts, shares and numbers of roles out of range are refused with what is allowed, together."""
    with pytest.raises(InputError) as caught:
        alternatives(base, mini, **arguments)  # type: ignore[arg-type]
    assert words in str(caught.value)
    with pytest.raises(InputError) as caught:
        alternatives(base, mini, count=0, differ=0, within=-1)
    assert len(caught.value.problems) == 3


# --- the command ------------------------------------------------------------------------------------------------------


def call(capsys: Capture, *arguments: str, code: int = 0) -> str:
    """Run alternatives on the small example and return what it printed."""
    assert run(["alternatives", str(FILE), *MINI, *arguments]) == code
    return capsys.readouterr().out


def test_the_page_word_for_word(capsys: Capture) -> None:
    """The list reads as it is promised; and twice the same bytes."""
    text = call(capsys, "--count", "3", "--differ", "3", "--within", "20%")
    assert text == (GOLDEN / "alternatives.txt").read_text(encoding="utf-8")


def test_json_satisfies_its_schema(capsys: Capture, tmp_path: Path) -> None:
    """--json prints what the published schema says, also where the list ends early or there is no design."""
    schema = jsonschema.Draft202012Validator(json.loads(schema_text("alternatives", "", None)))
    for arguments in (["--count", "2"], ["--within", "0.1%"]):
        text = call(capsys, *arguments, "--json")
        assert text == call(capsys, *arguments, "--json")
        data = json.loads(text)
        schema.validate(data)
        assert (data["ends"] == "within") == (data["beyond"] is not None)
    path = tmp_path / "s.yml"
    path.write_text(FILE.read_text(encoding="utf-8").replace("{max: 9_000}", "{max: 900}"), encoding="utf-8")
    assert run(["alternatives", str(path), *MINI, "--json"]) == 3
    schema.validate(json.loads(capsys.readouterr().out))
    assert run(["alternatives", str(path), *MINI]) == 3
    assert "There is no design to ask about: infeasible" in capsys.readouterr().out


def test_the_reason_for_the_end_is_said(found: Alternatives) -> None:
    """Each way in which a list can end has its sentence."""
    texts = {end: alternatives_text.end_text(dataclasses.replace(found, ends=end)) for end in ("count", "none", "time")}
    assert len(set(texts.values())) == 3
    beyond = dataclasses.replace(found.found[0], worse=0.25)
    text = alternatives_text.end_text(dataclasses.replace(found, ends="within", beyond=beyond))
    assert "25\u00a0% worse than the optimum, beyond 10\u00a0%" in text
