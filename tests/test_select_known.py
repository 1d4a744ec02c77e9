"""Selections whose answers are known: worked by hand, published, or plain by construction."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import advisor
from advisor import resources
from advisor.errors import InputError
from advisor.selection import load_problem
from advisor.selection.judge import PoolPlan, judge
from advisor.selection.problem import Limit

EXAMPLES = resources.example("support_copilot").parents[1] / "select"


def test_the_critical_path_and_the_egress_of_a_task_graph() -> None:
    """Two tasks in parallel between two others, on two clouds: the cheapest within the deadline, by hand.

    All on A: 10 + 20 + 20 + 10 = 60 USD, 5 + 10 + 20 + 5 = 35 h along the longer branch. All on B: 4 x 5 = 20 USD,
    10 + 20 + 40 + 10 = 80 h. Moving only the long branch to A costs 35 USD plus two transfers of 3 USD and 2 h each:
    10 + 2 + 20 + 2 + 10 = 44 h, and then the other branch, 10 + 20 + 10 = 40 h, is not the longer one.
    """

    def task(cost: float, hours: float) -> list[dict[str, Any]]:
        return [{"option": "a", "cost": cost, "h": hours}, {"option": "b", "cost": 5, "h": 2 * hours}]

    data: dict[str, Any] = {
        "roles": {"load": task(10, 5), "short": task(20, 10), "long": task(20, 20), "join": task(10, 5)},
        "edges": [["load", "short"], ["load", "long"], ["short", "join"], ["long", "join"]],
        "aggregate": {"h": "critical_path"},
        "minimize": "cost",
        "limits": ["h<=44"],
    }
    data["pairs"] = [
        {"from": s, "from_option": x, "to": t, "to_option": y, "cost": 3, "h": 2}
        for s, t in data["edges"]
        for x, y in (("a", "b"), ("b", "a"))
    ]
    found = advisor.select(data)
    assert dict(found.chosen) == {"load": "b", "short": "b", "long": "a", "join": "b"}
    assert (found.value, found.totals["h"]) == (41.0, 44.0)
    assert found.best is not None
    assert found.best.paths["h"] == ("load", "long", "join")


def whole_slices(rates: list[float], units: dict[str, Any]) -> float:
    """Return the least cost when each class goes to one unit type as a whole: Melange's program, by brute force."""
    best = math.inf
    for types in itertools.product(units, repeat=len(rates)):
        loads = dict.fromkeys(units, Fraction(0))
        for number, (unit, rate) in enumerate(zip(types, rates, strict=True)):
            loads[unit] += Fraction(rate) / Fraction(units[unit]["rates"][number])
        best = min(best, sum(math.ceil(load) * units[unit]["cost"] for unit, load in loads.items()))
    return best


def test_the_cheapest_mix_of_accelerators() -> None:
    """The worked example of Melange (Griggs et al. 2024): 16 requests a second in four size classes, two GPU types.

    Five A10G at 1.01 USD/h carry the load of 4.2 units; every mix with an A100 at 3.67 USD/h costs more. Its program
    gives each class to one type as a whole, so shares can only be cheaper, and here are not.
    """
    units = {"A10G": {"cost": 1.01, "rates": [5, 1, 10, 5]}, "A100": {"cost": 3.67, "rates": [20, 2, 50, 20]}}
    rates = [16 * share for share in (0.25, 0.125, 0.375, 0.25)]
    found = advisor.select(pool_of(units, rates))
    assert found.value == pytest.approx(whole_slices(rates, units), rel=1e-12)
    assert dict(found.pools["serving"].units) == {"A10G": 5, "A100": 0}


def pool_of(units: dict[str, Any], rates: list[float], limits: list[str] | None = None) -> dict[str, Any]:
    """Return a problem of one pool."""
    classes = {
        f"c{i}": {"demand": rate, "throughput": {u: v["rates"][i] for u, v in units.items()}}
        for i, rate in enumerate(rates)
    }
    priced = {unit: {"cost": values["cost"], f"cards_{unit}": 1} for unit, values in units.items()}
    serving = {"kind": "pool", "units": priced, "classes": classes}
    return {"roles": {"serving": serving}, "minimize": "cost", "limits": limits or []}


def test_shares_never_cost_more_than_whole_classes() -> None:
    """On random histograms a mix with shares is at most as dear as the best without, and not below the sum of loads."""
    rng = random.Random(5)
    cheaper = 0
    for _ in range(25):
        rates = [rng.uniform(0, 9) for _ in range(4)]
        units = {
            name: {"cost": cost, "rates": [cost * rng.uniform(0.8, 3) for _ in rates]}
            for name, cost in (("L4", 0.8), ("A100", 3.7), ("H100", 7.0))
        }
        value = advisor.select(pool_of(units, rates)).value
        assert value is not None
        whole = whole_slices(rates, units)
        least = sum(r * min(u["cost"] / u["rates"][i] for u in units.values()) for i, r in enumerate(rates))
        assert least - 1e-9 <= value <= whole + 1e-9
        cheaper += value < whole - 1e-9
    assert cheaper >= 3


def test_cards_shared_between_models() -> None:
    """Models compete for two H100: one moves to A100; with one card less nothing is feasible, and the limits say so."""
    one = {"c": {"demand": 10, "throughput": {"h": 10, "a": 4}}}
    units = {"h": {"cost": 7, "h100": 1}, "a": {"cost": 4, "a100": 1}}
    roles = {name: {"kind": "pool", "units": units, "classes": one} for name in ("chat", "code", "search")}
    data = {"roles": roles, "minimize": "cost", "limits": ["h100<=2", "a100<=3"]}
    found = advisor.select(data)
    assert (found.value, found.totals["h100"], found.totals["a100"]) == (26.0, 2.0, 3.0)
    tight = advisor.select({**data, "limits": ["h100<=2", "a100<=2"]})
    assert tight.conflict is not None
    assert [str(limit) for limit in tight.conflict.conditions] == ["h100<=2", "a100<=2"]
    assert [relief.value for relief in tight.conflict.reliefs] == [3.0, 3.0]


def test_the_last_fraction_of_a_load_goes_to_the_smaller_shape() -> None:
    """2.2 big units of load are two big ones and a small one, not three big ones."""
    units = {"big": {"cost": 10.0, "rates": [10]}, "small": {"cost": 3.0, "rates": [2]}}
    found = advisor.select(pool_of(units, [22.0]))
    assert dict(found.pools["serving"].units) == {"big": 2, "small": 1}
    assert found.pools["serving"].shares["c0"]["small"] <= 2 / 22 + 1e-9


def test_exactly_full_units_are_enough() -> None:
    """A load that fills whole units to the last bit needs no further unit, for thirds and tenths as well."""
    for demand, rate in ((10, 2.5), (1, 1 / 3), (0.3, 0.1), (2.1, 0.7)):
        found = advisor.select(pool_of({"u": {"cost": 1.0, "rates": [rate]}}, [demand]))
        assert found.value == round(demand / rate)


def test_more_units_than_the_load_needs_when_a_limit_asks() -> None:
    """A limit from below is met with units to spare; without a limit from above nothing is largest."""
    data = pool_of({"u": {"cost": 2.0, "rates": [1]}}, [1.5], ["cards_u>=5"])
    assert advisor.select(data).value == 10.0
    del data["minimize"]
    with pytest.raises(InputError, match="grows without end"):
        advisor.select({**data, "maximize": "cards_u"})
    assert advisor.select({**data, "maximize": "cards_u", "limits": ["cost<=15"]}).value == 7.0


def test_five_nines() -> None:
    """A budget of five nines is kept to the last digit: logarithms that small must not get lost in tolerances."""
    options = [{"option": f"o{k}", "cost": 10 - k, "up": 1 - k * 1.25e-6} for k in range(8)]
    data = {"roles": {r: options for r in "abcd"}, "aggregate": {"up": "product"}, "minimize": "cost"}
    found = advisor.select({**data, "limits": ["up>=0.99999"]})
    best = min(
        sum(10 - k for k in ks)
        for ks in itertools.product(range(8), repeat=4)
        if math.prod(1 - k * 1.25e-6 for k in ks) >= 0.99999 * (1 - 1e-9)
    )
    assert found.value == best == 32
    assert found.totals["up"] >= 0.99999 * (1 - 1e-9)  # type: ignore[operator]


def test_a_bound_on_the_very_value_is_met() -> None:
    """A limit at exactly what a design reaches holds, and 3e-9 beside it does not, for sums and products."""
    data = {
        "roles": {r: [{"option": "a", "cost": 0.1, "up": 0.9}, {"option": "b", "cost": 0.7, "up": 1.0}] for r in "xyz"},
        "aggregate": {"up": "product"},
        "minimize": "cost",
    }
    for limits, value in ((["up>=0.729"], 0.3), (["up>=0.7290000025"], 0.9), (["cost>=0.3"], 0.3), (["cost=0.9"], 0.9)):
        assert advisor.select({**data, "limits": limits}).value == pytest.approx(value, rel=1e-12)


def test_leaving_out_is_nothing_and_is_never_best_by_being_nothing() -> None:
    """A role left out adds nothing; a smallest or largest value that is the goal is one of something chosen."""
    role = {"options": [{"option": "a", "cost": 2, "ms": 5, "up": 0.9}], "optional": True}
    data = {"roles": {"x": role}, "aggregate": {"ms": "max", "up": "product"}}
    found = advisor.select({**data, "minimize": "cost"})
    assert (dict(found.chosen), found.value, found.totals["ms"], found.totals["up"]) == ({"x": "none"}, 0.0, None, 1.0)
    assert advisor.select({**data, "minimize": "ms"}).value == 5.0
    assert advisor.select({**data, "minimize": "cost", "limits": ["ms>=1"]}).value == 2.0


def test_the_judge_refuses_what_is_wrong() -> None:
    """A plan that serves too little, with nothing, or with too few units is at fault; broken limits are named."""
    data = pool_of({"u": {"cost": 1.0, "rates": [2.0]}, "v": {"cost": 1.0, "rates": [0]}}, [4.0], ["cost<=1"])
    problem = load_problem(data)

    def faults(units: dict[str, int], shares: dict[str, float]) -> tuple[str, ...]:
        return judge(problem, {}, {"serving": PoolPlan(units, {"c0": shares})}).faults

    assert faults({"u": 2, "v": 0}, {"u": 1.0}) == ()
    assert faults({"u": 1, "v": 0}, {"u": 1.0}) == ("serving: u is asked for 2 units of work, 1 are there",)
    assert faults({"u": 2, "v": 0}, {"u": 0.9}) == ("serving: c0 is not served in full",)
    assert faults({"u": 2, "v": 1}, {"u": 0.5, "v": 0.5}) == ("serving: v cannot serve c0",)
    judged = judge(problem, {}, {"serving": PoolPlan({"u": 2, "v": 0}, {"c0": {"u": 1.0}})})
    assert judged.broken == (Limit("cost", "<=", 1.0),)


@pytest.mark.parametrize("name", ["options.csv", "task_graph.json", "serving_pool.json"])
def test_the_examples_solve(name: str) -> None:
    """Every example in the folder is optimal as its page says."""
    path: Path = EXAMPLES / name
    problem = load_problem(path, minimize="cost")
    assert advisor.select(problem).status.value == "optimal"


def test_a_hard_problem_stops_with_an_honest_gap() -> None:
    """Out of time, the value is that of a real design and the bound holds for the optimum that a long run proves."""
    rng = random.Random(3)
    roles = {
        f"g{g:02d}": [
            {"option": f"i{i}", "value": rng.randrange(1, 40), **{f"r{k}": rng.randrange(10) for k in range(8)}}
            for i in range(10)
        ]
        for g in range(60)
    }
    data = {"roles": roles, "maximize": "value", "limits": [f"r{k}<=250" for k in range(8)]}
    found = advisor.select(data, time_limit_s=1.5)
    assert found.bound is not None
    assert found.value is not None
    assert found.value <= found.bound
    assert found.best is not None
    assert found.best.feasible
    if found.status.value == "stopped":
        assert found.gap == pytest.approx((found.bound - found.value) / found.value)
    else:
        assert found.gap == 0.0


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e11])
def test_the_size_of_the_numbers_does_not_matter(unit: float) -> None:
    """The same problem in other units has the same answer, from nano to hundreds of billions."""
    rng = random.Random(8)
    costs = {r: [(rng.uniform(1, 9), rng.uniform(1, 9)) for _ in range(5)] for r in "abcd"}
    roles = {
        r: [{"option": f"o{i}", "c": c * unit, "t": t * unit} for i, (c, t) in enumerate(v)] for r, v in costs.items()
    }
    data: dict[str, Any] = {"roles": roles, "minimize": "c", "limits": [f"t<={14 * unit!r}"]}
    data["edges"], data["aggregate"] = [["a", "b"], ["a", "c"], ["b", "d"]], {"t": "critical_path"}
    best = min(
        sum(costs[r][i][0] for r, i in zip("abcd", ks, strict=True))
        for ks in itertools.product(range(5), repeat=4)
        if max(
            costs["a"][ks[0]][1] + costs["b"][ks[1]][1] + costs["d"][ks[3]][1],
            costs["a"][ks[0]][1] + costs["c"][ks[2]][1],
        )
        <= 14
    )
    assert advisor.select(data).value == pytest.approx(best * unit, rel=1e-9)


def test_a_load_beyond_a_million_units_is_refused() -> None:
    """A throughput that is nearly nothing is bad input, not an endless plan."""
    with pytest.raises(InputError, match="up to 1,000,000 can be planned"):
        advisor.select(pool_of({"u": {"cost": 1.0, "rates": [1e-12]}}, [5.0]))
