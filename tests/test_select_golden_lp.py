"""Every constraint kind of a selection as a linear program that people can read, and what each must not cut off.

``UPDATE_GOLDEN=1 pytest tests/test_select_golden_lp.py`` rewrites the files; read the difference before you keep it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pulp
import pytest

from advisor.selection import load_problem, totals
from advisor.selection import pool as pools
from advisor.selection.formulation import CONSTRAINTS, Model, bare, loadable
from advisor.selection.problem import Goal, Limit, Rule
from advisor.selection.space import Space

GOLDEN = Path(__file__).parent / "golden" / "select_lp"
Rows = Iterator[pulp.LpConstraint]


def option(name: str, cost: float, time: float, up: float, rate: float) -> dict[str, object]:
    """Return an option as data."""
    return {"option": name, "cost": cost, "time": time, "up": up, "rate": rate}


PROBLEM = load_problem(
    {
        "roles": {
            "db": [option("a", 3, 20, 0.999, 50), option("b", 5, 10, 0.9995, 80)],
            "llm": [option("c", 7, 200, 0.99, 20), option("d", 9.5, 120, 0.995, 40)],
            "serving": {
                "kind": "pool",
                "units": {"big": {"cost": 4, "cards": 2}, "small": {"cost": 1.5, "cards": 1}},
                "classes": {
                    "long": {"demand": 5, "throughput": {"big": 2}},
                    "short": {"demand": 10, "throughput": {"big": 8, "small": 3}},
                },
            },
        },
        "edges": [["db", "llm"]],
        "pairs": [
            {"from": "db", "from_option": "a", "to": "llm", "to_option": "d", "cost": 2, "time": 15, "rate": 30},
            {"from": "db", "from_option": "b", "to": "llm", "to_option": "c", "cost": 2.5, "time": 15, "rate": 35},
        ],
        "aggregate": {"time": "critical_path", "up": "product", "rate": "min"},
    }
)


def model() -> Model:
    """Return a model that holds the variables and no rows."""
    names = {role: tuple(options) for role, options in PROBLEM.values.items()}
    return bare(Space(PROBLEM, (Goal("cost"),), names))


def limited(attribute: str, sense: str, bound: float) -> Callable[[str, Model], Rows]:
    """Return a case with a limit."""
    return lambda kind, one: CONSTRAINTS[kind](one, Limit(attribute, sense, bound))


def path_limit(kind: str, one: Model) -> Rows:
    """Return the rows of a path limit behind those of the path."""
    rows = list(CONSTRAINTS["latest_finish"](one, "time"))
    del rows
    return CONSTRAINTS[kind](one, Limit("time", "<=", 200.0))


def shares(kind: str, one: Model) -> Rows:
    """Return the rows of a pool."""
    (pool,) = PROBLEM.pools
    found = {
        (c.name, u): one.variable("share", 1) for c in pool.classes for u in sorted(pool.units) if u in c.throughput
    }
    return CONSTRAINTS[kind](one, pool, found)


CASES: dict[str, Callable[[str, Model], Rows]] = {
    "choose_one": lambda kind, one: CONSTRAINTS[kind](one),
    "both_chosen": lambda kind, one: CONSTRAINTS[kind](one),
    "requires": lambda kind, one: CONSTRAINTS[kind](one, Rule("requires", (("db", "a"), ("llm", "c")))),
    "excludes": lambda kind, one: CONSTRAINTS[kind](one, Rule("excludes", (("db", "a"), ("llm", "c")))),
    "sum": limited("cost", "<=", 20.0),
    "product": limited("up", ">=", 0.99),
    "every": limited("rate", ">=", 30.0),
    "some": limited("rate", "<=", 20.0),
    "path": path_limit,
    "something_chosen": lambda kind, one: CONSTRAINTS[kind](one, Goal("rate", True)),
    "not_this_design": lambda kind, one: CONSTRAINTS[kind](one, [("db", "a"), ("llm", "d")]),
    "kept": lambda kind, one: CONSTRAINTS[kind](
        one, pulp.LpAffineExpression([(x, v) for x, v in one.parts("cost")]), 18.5, 1e-8
    ),
    "no_extreme_beyond": lambda kind, one: CONSTRAINTS[kind](one, "rate", False),
    "extreme_attained": lambda kind, one: CONSTRAINTS[kind](one, "rate", True),
    "latest_finish": lambda kind, one: CONSTRAINTS[kind](one, "time"),
    "one_path": lambda kind, one: CONSTRAINTS[kind](one, "time"),
    "served": shares,
    "capacity": shares,
    "not_these_units": lambda kind, one: CONSTRAINTS[kind](
        one, [("db", "a"), ("llm", "c")], {("serving", "big"): 3, ("serving", "small"): 1}
    ),
}


@pytest.mark.parametrize("kind", sorted(CASES))
def test_golden_lp(kind: str, tmp_path: Path) -> None:
    """A constraint kind writes exactly the rows that its golden file shows."""
    one = model()
    one.add(CASES[kind](kind, one))
    loadable(one).problem.writeLP(str(tmp_path / "model.lp"))
    text = (tmp_path / "model.lp").read_text(encoding="utf-8")
    text = re.sub(r"\d+\.\d+(e[-+]?\d+)?", lambda number: f"{float(number[0]):.9g}", text)
    golden = GOLDEN / f"{kind}.lp"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_a_class_that_may_be_served_in_part(tmp_path: Path) -> None:
    """Where demand may be left, a class with a priority is served at most once; one without is served in full."""
    (pool,) = PROBLEM.pools
    first, *others = pool.classes
    some = replace(pool, classes=(replace(first, priority=1), *others))
    names = {role: tuple(options) for role, options in PROBLEM.values.items()}
    one = bare(Space(replace(PROBLEM, pools=(some,), partial=True), (Goal("cost"),), names))
    shares = {(c.name, u): one.variable("share", 1) for c in some.classes for u in c.throughput}
    rows = {row.name: str(row) for row in CONSTRAINTS["served"](one, some, shares)}
    assert [text.split()[-2] for text in rows.values()] == ["<=", "=", *["="] * (len(others) - 1)]


def test_every_kind_has_a_case_and_a_file() -> None:
    """A constraint kind without a case, or a golden file without a kind, is an error."""
    assert set(CASES) == set(totals.CONSTRAINTS) == set(CONSTRAINTS)
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(CONSTRAINTS)


def test_units_beyond_use_are_bounded() -> None:
    """No type gets more units than all classes that it serves can take."""
    one = model()
    (pool,) = PROBLEM.pools
    assert {unit: pools.most_units(one.space, pool, unit) for unit in pool.units} == {"big": 4, "small": 4}
