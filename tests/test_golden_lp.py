"""Every constraint kind as a linear program that people can read: a bare model that holds only that constraint.

``UPDATE_GOLDEN=1 pytest tests/test_golden_lp.py`` rewrites the files; read the difference before you keep it.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pulp
import pytest
from oracles.problems import bare, cut_blueprint

from advisor.candidates.candidate import Candidate, CostLine
from advisor.candidates.compatibility import Need
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option, Price
from advisor.models.latency import Lognormal
from advisor.optimizer.formulation import CONSTRAINTS, Model
from advisor.optimizer.tails import Cut, Tail
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.scenario.pairs import Member, Pair
from advisor.scenario.requirements import Bound

GOLDEN = Path(__file__).parent / "golden" / "lp"
SCENARIO = """
title: Three roles
blueprint: rag_assistant
workload:
  {requests_per_month: 1000, input_tokens: 10, output_tokens: 10, documents: 10, documents_changed_per_month: 10}
"""
LATENCY = "flows.answer.latency_ms"


def _candidate(name: str, role: str, usd: float, cloud: str, ms: float, behind: bool | None = None) -> Candidate:
    price = Price.model_construct(meter="month", usd=usd)
    operation = {"semantic_cache": "lookup", "vector_store": "search", "llm": "generate"}[role]
    time = Lognormal.from_mean_cv(ms, 0.5)
    return Candidate(
        name,
        role,
        component=Component.model_construct(id=name, vendor=f"{name} inc"),
        option=Option.model_construct(
            id=name, cloud=cloud, host=None, mode="saas" if cloud == "vendor" else "self_hosted"
        ),
        units=1,
        zones=1,
        behind={} if behind is None else {"semantic_cache": behind},
        cards={"h100": round(usd / 150)} if cloud == "gcp" else {},
        lines=(CostLine("fee", 1, "month", usd, False, price),),
        operations_h_per_month=usd / 50,
        usd_per_hour=10,
        availability=1 - usd / 1e5,
        quality=1 - ms / 1e4,
        latency={operation: (time, time)},
    )


POOL = {
    "semantic_cache": [
        Candidate("none", "semantic_cache", quality=0.95),
        _candidate("cache", "semantic_cache", 50, "aws", 5),
    ],
    "vector_store": [
        _candidate("a", "vector_store", 200, "aws", 40, behind=False),
        _candidate("b", "vector_store", 120, "gcp", 60, behind=True),
    ],
    "llm": [
        _candidate("slow", "llm", 300, "vendor", 900, behind=False),
        _candidate("fast", "llm", 900, "gcp", 300, behind=True),
    ],
}


def _bound(metric: str, limit: float, *, upper: bool = True) -> Bound:
    return Bound(f"constraints.{metric}", metric, upper, limit)


def _with_bound(
    metric: str, limit: float, *, upper: bool = True
) -> Callable[[str, Model], Iterator[pulp.LpConstraint]]:
    return lambda kind, model: CONSTRAINTS[kind](model, _bound(metric, limit, upper=upper))


def _with_pair(kind: str, first: str, second: str) -> Callable[[str, Model], Iterator[pulp.LpConstraint]]:
    members = (Member(first), Member(second, "llm"))
    pair = Pair(f"choices.{kind}[0]", kind, frozenset(map(str, members)), kind == "together", None, members)
    return lambda kind, model: CONSTRAINTS[kind](model, pair)


def _plain(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    return CONSTRAINTS[kind](model)


def _beside(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    """Copies of both stores that count on where the model is."""
    stores = [dataclasses.replace(c, beside={"llm": frozenset(["gcp"])}) for c in POOL["vector_store"]]
    placed = dataclasses.replace(model, pool={**POOL, "vector_store": stores})
    return CONSTRAINTS[kind](placed)


def _shared(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    """The first candidates of two roles are the same units."""
    group = ("vector_store", "llm")
    pool = {
        role: [dataclasses.replace(found[0], shared=group, system="both"), *found[1:]] if role in group else found
        for role, found in POOL.items()
    }
    return CONSTRAINTS[kind](dataclasses.replace(model, pool=pool))


def _works_with(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    """The first store works with the slow model only."""
    first, *others = POOL["vector_store"]
    with_need = dataclasses.replace(first, needs=(Need("a", "llm", ("slow",)),))
    return CONSTRAINTS[kind](dataclasses.replace(model, pool={**POOL, "vector_store": [with_need, *others]}))


def _tail(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    flow = model.scenario.blueprint.flows["answer"]
    return CONSTRAINTS[kind](model, Tail(flow, "complete", 1000.0, 0.95, model.pool, model.scenario), f"{LATENCY}.p95")


def _too_slow(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    return CONSTRAINTS[kind](model, Cut({"vector_store": frozenset(["a", "b"]), "llm": frozenset(["slow"])}), "0")


def _goal_reached(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    return CONSTRAINTS[kind](model, model.total(lambda c: c.cost_usd_per_month), 1500.0, "0")


def _better_than(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    return CONSTRAINTS[kind](model, model.total(lambda c: c.cost_usd_per_month), 1500.0)


def _not_this(kind: str, model: Model) -> Iterator[pulp.LpConstraint]:
    return CONSTRAINTS[kind](model, {role: found[0] for role, found in POOL.items()}, "0")


CASES: dict[str, Callable[[str, Model], Iterator[pulp.LpConstraint]]] = {
    "choose_one": _plain,
    "behind_cache": _plain,
    "beside": _beside,
    "shared": _shared,
    "works_with": _works_with,
    "in_use": _plain,
    "cost": _with_bound("cost_usd_per_month", 2000.0),
    "operations": _with_bound("operations_h_per_month", 25.0),
    "quality": _with_bound("quality", 0.9, upper=False),
    "availability": _with_bound("flows.answer.availability", 0.99, upper=False),
    "mean": _with_bound(f"{LATENCY}.mean", 800.0),
    "count": _with_bound("clouds", 1.0),
    "cards": _with_bound("cards.h100", 8.0),
    "apart": _with_pair("apart", "b", "fast"),
    "together": _with_pair("together", "a", "slow"),
    "tail": _tail,
    "too_slow_together": _too_slow,
    "goal_reached": _goal_reached,
    "better_than": _better_than,
    "not_this_design": _not_this,
}


@pytest.fixture(scope="module")
def tiny(catalog: Catalog) -> Scenario:
    """Return a scenario over a cache and the two roles behind it."""
    from dataclasses import replace

    full = scenario_from_text(SCENARIO, catalog)
    return replace(full, blueprint=cut_blueprint(full.blueprint, list(POOL)))


def _lp(kind: str, scenario: Scenario, folder: Path) -> str:
    """Return the text of a model that holds only the rows of one kind, with six digits a number."""
    model = bare(POOL, scenario)
    for row in CASES[kind](kind, model):
        model.problem.addConstraint(row)
    model.problem.writeLP(str(folder / "model.lp"))
    text = (folder / "model.lp").read_text(encoding="utf-8")
    return re.sub(r"\d+\.\d+(e[-+]?\d+)?", lambda number: f"{float(number[0]):.6g}", text)


@pytest.mark.parametrize("kind", sorted(CONSTRAINTS))
def test_golden_lp(kind: str, tiny: Scenario, tmp_path: Path) -> None:
    """A constraint kind writes exactly the rows that its golden file shows."""
    text = _lp(kind, tiny, tmp_path)
    golden = GOLDEN / f"{kind}.lp"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_kind_has_a_case_and_a_file() -> None:
    """A constraint kind without a case, or a golden file without a kind, is an error."""
    assert set(CASES) == set(CONSTRAINTS)
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(CONSTRAINTS)
