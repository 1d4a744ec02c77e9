"""Pools whose demand cannot all be served: the most important is served first, and the rest is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from oracles import pools_scip

import advisor
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.optimizer.solver import Status
from advisor.selection import load_problem
from advisor.selection.judge import PoolPlan, judge
from advisor.selection.problem import SERVED
from advisor.selection.run import optimise

PROBLEMS = 200
ORACLE = Path(pools_scip.__file__)


def pool(classes: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """Return a pool of one unit type that costs 5 and takes one card."""
    return {"kind": "pool", "units": {"u": {"cost": 5, "cards": 1}}, "classes": classes, **extra}


def scarce(limit: str = "cards<=2", **extra: Any) -> dict[str, Any]:
    """Return a problem that needs two and a half units where there are two."""
    paid = {"demand": 3, "priority": 1, "throughput": {"u": 2}}
    free = {"demand": 4, "priority": 2, "throughput": {"u": 4}}
    return {"roles": {"serve": pool({"paid": paid, "free": free}, **extra)}, "minimize": "cost", "limits": [limit]}


def test_pools_against_another_solver() -> None:
    """200 random problems of shared cards: cost, and where cards lack what is served of each priority, as SCIP says."""
    drawn = [pools_scip.draw(seed) for seed in range(PROBLEMS)]
    printed = subprocess.run(
        [sys.executable, str(ORACLE)], input=json.dumps(drawn), capture_output=True, text=True, check=True
    )
    seen = {"full": 0, "partial": 0, "nothing": 0}
    for seed, (data, (cost, partial)) in enumerate(zip(drawn, json.loads(printed.stdout), strict=True)):
        problem = load_problem(data)
        assert problem.goal is not None
        found = optimise(problem, problem.goal)
        if cost is not None:
            seen["full"] += 1
            assert found.value == pytest.approx(cost, rel=1e-6), seed
            assert found.by_priority is None
            continue
        assert found.status is Status.INFEASIBLE, seed
        if partial is None:
            seen["nothing"] += 1
            assert found.by_priority is None, seed
            continue
        seen["partial"] += 1
        assert found.by_priority is not None, seed
        best = found.by_priority
        assert best.status is Status.OPTIMAL
        mine = [sum(c.demand * c.share for c in best.classes if c.priority == p) for p in problem.priorities]
        assert mine == pytest.approx(partial["served"], abs=1e-5), seed
        assert best.best.totals["cost"] == pytest.approx(partial["cost"], rel=1e-6), seed
    assert min(seen.values()) >= 10, seen


def test_the_less_important_class_is_served_in_part() -> None:
    """Two units: 1.5 for the paid class, half a unit left for free requests, which is half of them."""
    found = advisor.select(scarce())
    assert (found.status, found.value, dict(found.pools)) == (Status.INFEASIBLE, None, {})
    assert found.by_priority is not None
    shares = {one.name: (one.share, one.unserved) for one in found.by_priority.classes}
    assert shares == {"paid": (1.0, 0.0), "free": (pytest.approx(0.5), pytest.approx(0.5))}
    assert found.by_priority.best.totals == {"cost": 10.0, "cards": 2.0}
    assert found.conflict is not None


def test_priorities_decide_nothing_where_all_can_be_served() -> None:
    """With three cards everything is served, and the answer is the plain optimum."""
    found = advisor.select(scarce("cards<=3"))
    assert (found.status, found.value, found.by_priority) == (Status.OPTIMAL, 15.0, None)


def test_what_has_no_priority_is_served_in_full_or_not_at_all() -> None:
    """Demand without a priority is not given up; where it alone is too much there is no plan."""
    must = {"demand": 2, "throughput": {"u": 2}}
    later = {"demand": 9, "priority": 1, "throughput": {"u": 2}}
    data = {"roles": {"serve": pool({"must": must, "later": later})}, "minimize": "cost", "limits": ["cards<=2"]}
    found = advisor.select(data)
    assert found.by_priority is not None
    assert {one.name: one.share for one in found.by_priority.classes} == {"must": 1.0, "later": pytest.approx(2 / 9)}
    assert advisor.select({**data, "limits": ["cards<=0"]}).by_priority is None


def test_the_priority_of_a_pool_is_that_of_its_classes() -> None:
    """A pool's priority counts for classes that state none; one of their own wins."""
    one = {"demand": 4, "throughput": {"u": 2}}
    roles = {"chat": pool({"a": one, "b": {**one, "priority": 3}}, priority=1), "batch": pool({"c": one}, priority=2)}
    problem = load_problem({"roles": roles, "minimize": "cost", "limits": ["cards<=3"]})
    assert {c.name: c.priority for p in problem.pools for c in p.classes} == {"a": 1, "b": 3, "c": 2}
    found = advisor.select(problem)
    assert found.by_priority is not None
    assert [(c.name, round(c.share, 9)) for c in found.by_priority.classes] == [("a", 1.0), ("c", 0.5), ("b", 0.0)]


def test_the_judge_allows_less_only_where_it_was_asked_for() -> None:
    """Half a class served is a fault of the problem as stated, and none of the one that may leave demand."""
    problem = load_problem(scarce())
    half = {"serve": PoolPlan({"u": 2}, {"paid": {"u": 1.0}, "free": {"u": 0.5}})}
    assert judge(problem, {}, half).faults == ("serve: free is not served in full",)
    found = advisor.select(problem)
    assert found.by_priority is not None
    assert found.by_priority.best.faults == ()
    assert not any(name.startswith(SERVED) for name in found.by_priority.best.totals)


def test_a_served_share_is_said_and_never_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is that of infeasible; text and JSON say what share of each class is not served."""
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(scarce()), encoding="utf-8")
    assert run(["select", str(file)]) == 3
    text = capsys.readouterr().out
    assert "infeasible (proved)" in text
    assert "Not all of the demand can be served." in text
    assert "50" in text.split("free", 1)[1].splitlines()[0]
    assert run(["select", str(file), "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, json.loads(schema_text("selection", "rag_assistant", None)))
    assert (data["status"], data["value"], data["chosen"]) == ("infeasible", None, {})
    assert [one["unserved_share"] for one in data["by_priority"]["classes"]] == pytest.approx([0.0, 0.5])


@pytest.mark.parametrize("wrong", [0, 1.5, "high", True, 101])
def test_a_priority_is_a_whole_number(wrong: object) -> None:
    """Anything but a whole number from 1 to 100 is an error at its place, in a class and in a pool."""
    data = scarce(priority=wrong)
    data["roles"]["serve"]["classes"]["paid"]["priority"] = wrong
    with pytest.raises(InputError) as error:
        load_problem(data)
    assert sorted(p.path for p in error.value.problems) == [
        "roles.serve.classes.paid.priority",
        "roles.serve.priority",
    ]
