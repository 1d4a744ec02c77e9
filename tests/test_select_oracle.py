"""Selections against enumeration: values, fronts, conflicts and ties are what trying everything gives."""

from __future__ import annotations

import random
from typing import Any

import pytest
from oracles import selection_enumeration as oracle

import advisor
from advisor.models.undominated import undominated
from advisor.selection import load_problem, merge
from advisor.selection.problem import Limit
from advisor.selection.result import Conflict, Selection
from advisor.selection.space import space

CHUNK = 50
TINY = 2225  # the longest path is 0 in the cheapest design
SLIP = 1e-9


def close(a: float | None, b: float | None) -> bool:
    """Return whether two totals agree within a relative 1e-9."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= SLIP * max(1.0, abs(a), abs(b))


@pytest.mark.parametrize("start", range(0, 1000, CHUNK))
def test_the_optimum_is_that_of_enumeration(start: int) -> None:
    """1 000 random problems, aggregations, pairs, rules, optional roles and pools mixed: the same value, or none."""
    for seed in range(start, start + CHUNK):
        data, designs = oracle.draw(seed)
        found = advisor.select(data)
        assert close(found.value, oracle.optimum(data, designs)), seed
        assert found.status.value == ("infeasible" if found.value is None else "optimal"), seed
        if found.best is not None:
            _is_a_design(data, designs, found)


def _is_a_design(data: Any, designs: list[oracle.Design], found: Selection) -> None:
    """The design that came back is one of those enumerated, with the same totals and within the limits."""
    assert found.best is not None
    units = {name: dict(plan.units) for name, plan in found.pools.items()}
    same = [d for d in designs if d.chosen == found.chosen and {k: dict(v) for k, v in d.units.items()} == units]
    assert len(same) == 1
    assert oracle.within(data, same[0])
    assert all(close(found.totals[name], value) for name, value in same[0].totals.items())


def _metrics(rng: random.Random, data: Any, count: int) -> list[tuple[str, int]]:
    pooled = any(oracle.is_pool(role) for role in data["roles"].values())
    names = [a for a in oracle.attributes(data) if a != "cards" and not (pooled and a == "hours")]
    picked = rng.sample(names, min(count, len(names)))
    return [(name, 1 if pooled and name == "cost" else rng.choice([1, -1])) for name in picked]


@pytest.mark.parametrize(("start", "count"), [*((s, 2) for s in range(0, 200, CHUNK)), (1000, 3)])
def test_the_front_is_that_of_enumeration(start: int, count: int) -> None:
    """On 200 random problems the front of two metrics, on 50 of three, has exactly the points that nothing beats."""
    for seed in range(start, start + CHUNK):
        _agrees(seed, count)


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_rows_that_no_other_beats(columns: int) -> None:
    """In tables full of ties: a row is left exactly if no other is as good everywhere, of equal rows the first."""
    rng = random.Random(columns)
    for _ in range(300):
        rows = [tuple(float(rng.randrange(5)) for _ in range(columns)) for _ in range(rng.randrange(1, 20))]
        wanted = [
            i
            for i, row in enumerate(rows)
            if not any(
                all(a <= b for a, b in zip(other, row, strict=True)) and (other != row or j < i)
                for j, other in enumerate(rows)
            )
        ]
        assert undominated(rows) == wanted


@pytest.mark.parametrize("count", [2, 3])
def test_labels_merged_piece_by_piece_give_the_same_front(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where labels are too many to be made at once, they are made some at a time; the front is still enumeration's."""
    monkeypatch.setattr(merge, "AT_ONCE", 7)
    for seed in range(2200, 2200 + CHUNK):
        _agrees(seed, count)


@pytest.mark.parametrize("bound", [1e-12, 1e-9, 1e-6, 1e-3])
def test_a_limit_just_above_zero_keeps_what_is_above_it(bound: float) -> None:
    """A limit that is tiny beside the values is met by all designs but those with next to nothing."""
    data, designs = oracle.draw(TINY)
    data = {**data, "limits": [f"time>={bound:g}"]}
    data = {key: value for key, value in data.items() if key != "maximize"} | {"minimize": "cost"}
    wanted = min(d.totals["cost"] for d in designs if (d.totals["time"] or 0) >= bound)  # type: ignore[type-var]
    assert close(advisor.select(data).value, wanted)


def _agrees(seed: int, count: int) -> None:
    """Assert that a random problem's front is that of enumeration."""
    data, designs = oracle.draw(seed)
    metrics = _metrics(random.Random(seed), data, count)
    if len(metrics) < 2:
        return
    wanted = sorted(oracle.front(data, designs, metrics))
    names = [f"{name}:{'min' if sign == 1 else 'max'}" for name, sign in metrics]
    found = sorted(advisor.select(data, pareto=names).values)  # type: ignore[type-var]
    assert len(found) == len(wanted), seed
    assert all(close(a, b) for p, q in zip(found, wanted, strict=True) for a, b in zip(p, q, strict=True)), seed


def test_a_conflict_is_smallest_and_its_reliefs_are_true() -> None:
    """What is named cannot hold together, by enumeration; without any one of it the rest can; reliefs are reached."""
    seen = 0
    for seed in range(2000, 2120):
        data, designs = oracle.draw(seed, pools=False)
        found = advisor.select(data)
        if found.conflict is None:
            continue
        seen += 1
        everything = oracle.designs({**data, "requires": [], "excludes": []})
        _is_smallest(data, everything, found.conflict)
        for relief in found.conflict.reliefs:
            if relief.value is not None:
                rest = [text for text in data["limits"] if str(advisor_limit(text)) != str(relief.limit)]
                totals = [
                    d.totals[relief.limit.attribute] for d in designs if oracle.within({**data, "limits": rest}, d)
                ]
                best = min if relief.limit.sense == "<=" else max
                assert close(relief.value, best(t for t in totals if t is not None)), seed
    assert seen >= 15


def advisor_limit(text: str) -> Limit:
    """Return a limit as advisor reads it."""
    from advisor.selection.wishes import parse_limit

    return parse_limit(text)


def _is_smallest(data: Any, designs: list[oracle.Design], conflict: Conflict) -> None:
    def possible(conditions: tuple[Any, ...]) -> bool:
        limits = [f"{c.attribute}{c.sense}{c.bound!r}" for c in conditions if isinstance(c, Limit)]
        rules = {
            kind: [c.members for c in conditions if not isinstance(c, Limit) and c.kind == kind]
            for kind in ("requires", "excludes")
        }
        reduced = {**data, **rules, "limits": limits}
        return any(oracle.within(reduced, d) and oracle.obeys(reduced, d.chosen) for d in designs)

    assert not possible(conflict.conditions)
    for left_out in conflict.conditions:
        assert possible(tuple(c for c in conflict.conditions if c is not left_out))


def tied(seed: int) -> dict[str, Any]:
    """Return a problem of small whole numbers, in which many designs tie."""
    rng = random.Random(seed)
    roles = {
        name: [{"option": f"o{i}", "cost": rng.randrange(3), "ms": rng.randrange(4)} for i in range(4)]
        for name in rng.sample(["a", "b", "c", "d"], 4)
    }
    total = rng.randrange(3, 9)
    return {"roles": roles, "minimize": rng.choice(["cost", "ms"]), "limits": [f"ms<={total}", f"cost>={total // 3}"]}


@pytest.mark.parametrize("engine", ["merging", "solver"])
def test_ties_go_to_the_first_by_name(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all optimal designs over the options that are left, both engines return the first in the order of names."""
    if engine == "solver":
        monkeypatch.setattr(merge, "columns", lambda *_: None)
    for seed in range(40):
        data = tied(seed)
        problem = load_problem(data)
        assert problem.goal
        left = space(problem, [problem.goal]).options
        found = advisor.select(problem)
        designs = [d for d in oracle.designs(data) if all(d.chosen[r] in names for r, names in left.items())]
        best = [d for d in designs if oracle.within(data, d) and d.totals[problem.goal.attribute] == found.value]
        wanted = min((tuple(d.chosen[r] for r in sorted(left)) for d in best), default=None)
        assert wanted == (tuple(found.chosen[r] for r in sorted(left)) if found.best else None), seed


def test_dropping_options_never_costs_value() -> None:
    """The best value over the options that are left is the best over all options."""
    for seed in range(300, 400):
        data, designs = oracle.draw(seed)
        problem = load_problem(data)
        assert problem.goal
        left = space(problem, [problem.goal]).options
        kept = [d for d in designs if all(d.chosen[role] in names for role, names in left.items())]
        assert close(oracle.optimum(data, kept), oracle.optimum(data, designs)), seed


@pytest.mark.parametrize("seed", [3, 22, 40, 77])
def test_the_order_of_the_input_decides_nothing(seed: int) -> None:
    """Roles, options, limits and pairs in another order give the same design."""
    data = tied(seed) if seed % 2 else oracle.draw(seed)[0]
    first = advisor.select(data)
    rng = random.Random(seed)
    for _ in range(3):
        roles = list(data["roles"].items())
        rng.shuffle(roles)
        moved = {**data, "roles": {name: _shuffled(rng, role) for name, role in roles}}
        for key in ("limits", "pairs", "edges"):
            moved[key] = rng.sample(data.get(key, []), len(data.get(key, [])))
        again = advisor.select(moved)
        assert (dict(again.chosen), again.pools, again.value) == (dict(first.chosen), first.pools, first.value)


def _shuffled(rng: random.Random, role: Any) -> Any:
    if isinstance(role, list):
        return rng.sample(role, len(role))
    return {**role, "options": rng.sample(role["options"], len(role["options"]))} if "options" in role else role


def test_no_relaxation_cuts_off_a_feasible_design() -> None:
    """Every design that is feasible by enumeration satisfies every row of the linear program, pairs filled in."""
    from advisor.selection.formulation import formulate

    checked = 0
    for seed in range(60):
        data, designs = oracle.draw(seed, pools=False)
        problem = load_problem(data)
        assert problem.goal
        if any(kind.value in ("critical_path", "min", "max") for kind in problem.aggregations.values()):
            continue  # their totals are variables of their own; the tests above cover them
        model = formulate(space(problem, [problem.goal]))
        for design in designs:
            if oracle.within(data, design) and all((r, o) in model.x for r, o in design.chosen.items()):
                values = {x.name: float(design.chosen[r] == o) for (r, o), x in model.x.items()}
                both = {
                    y.name: float(design.chosen[a[0]] == a[1] and design.chosen[b[0]] == b[1])
                    for (a, b), y in model.both.items()
                }
                for row in model.rows:
                    total = sum(c * {**values, **both}[x.name] for x, c in row.items()) + row.constant
                    assert total <= 1e-9 if row.sense < 0 else abs(total) <= 1e-9, (seed, row.name)
                checked += 1
    assert checked > 50
