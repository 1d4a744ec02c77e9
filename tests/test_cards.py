"""Limits on accelerators: additive over all roles, in the judge, the optimizer, the explanation and the files."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
from typing import Any

import pytest
from oracles.enumeration import INSTANCE_CARDS, enumerate_all, meets
from oracles.problems import cut_blueprint

import advisor
from advisor.candidates.dominance import Relevance, always_no_slower, dominated_by
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.catalog.model import Instance
from advisor.errors import InputError
from advisor.explanation.explain import explain, metrics
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.scenario.load import scenario_from_text
from advisor.scenario.requirements import Bound

ROLES = ["embedding", "reranker", "llm"]
WORKLOAD = {
    "requests_per_month": 20_000_000,
    "input_tokens": 1_500,
    "output_tokens": 250,
    "documents": 100_000,
    "documents_changed_per_month": 10_000,
}


def scenario_text(**parts: Any) -> str:
    """Return a scenario in which everything is run on machines of our own."""
    data = {
        "title": "Own machines",
        "blueprint": "rag_assistant",
        "workload": WORKLOAD,
        "objective": {"minimize": "cost_usd_per_month"},
        "tactics": {"deny": ["replicate"]},
        **parts,
    }
    return json.dumps(data)


@pytest.fixture(scope="module")
def machines(catalog: Catalog) -> Table:
    """Return the candidates of three roles that run on accelerators, a few of each."""
    limits = {card: {"max": 1_000} for card in ("h100", "l4", "a100", "h200")}
    scenario = scenario_from_text(scenario_text(constraints={"cards": limits}), catalog)
    cut = dataclasses.replace(scenario, blueprint=cut_blueprint(scenario.blueprint, ROLES))
    full = table(cut, catalog)
    rng = random.Random(4)
    kept = {}
    for role, found in full.candidates.items():
        with_cards = [c for c in found if c.cards and c.cards.keys() <= limits.keys()]
        without = [c for c in found if not c.cards]
        spare = [] if role == "llm" else sorted(without, key=lambda c: -c.cost_usd_per_month)[:2]
        kept[role] = tuple(rng.sample(with_cards, min(8, len(with_cards))) + spare)
    return dataclasses.replace(full, candidates=kept)


def test_a_candidate_has_the_cards_of_its_machines(machines: Table) -> None:
    """Units times machines times accelerators, from the price files read by hand; nothing without accelerators."""
    seen = set()
    for candidate in itertools.chain(*machines.candidates.values()):
        unit = candidate.option.unit if candidate.option else None
        card, each = INSTANCE_CARDS.get(unit.instance or "", ("", 0)) if unit else ("", 0)
        expected = {card: candidate.units * unit.instances * each} if unit and card else {}
        assert candidate.cards == expected
        seen |= set(expected)
    assert len(seen) >= 3


@pytest.mark.parametrize("program", [False, True], ids=["engine", "program"])
def test_card_limits_against_enumeration(machines: Table, program: bool) -> None:
    """60 random limits on two types, none of one included: the same cost as trying every design, or none."""
    every = enumerate_all(machines)
    rng, infeasible, binding = random.Random(11), 0, 0
    cheapest = min(judged.metrics["cost_usd_per_month"] for judged in every)
    for _ in range(60):
        cards = rng.sample(["h100", "l4", "a100", "h200"], rng.choice([1, 2, 3]))
        limits = {card: float(rng.choice([0, 1, 2, 3, 4, 8, 12, 18, 26])) for card in cards}
        bounds = tuple(Bound(f"constraints.cards.{k}.max", f"cards.{k}", True, most) for k, most in limits.items())
        if rng.random() < 0.4:
            cost = cheapest * rng.uniform(1.0, 1.4)
            bounds += (Bound("constraints.cost_usd_per_month.max", "cost_usd_per_month", True, cost),)
        scenario = dataclasses.replace(machines.scenario, requirements=bounds)
        found = optimise(Search(dataclasses.replace(machines, scenario=scenario)), program=program)
        values = [j.metrics["cost_usd_per_month"] for j in every if meets(j, bounds)]
        if not values:
            infeasible += 1
            assert found.status is Status.INFEASIBLE
            continue
        assert found.status is Status.OPTIMAL
        assert found.value == pytest.approx(min(values), rel=1e-9)
        binding += found.value > cheapest * (1 + 1e-9)
    assert min(infeasible, binding) >= 4


def test_cards_keep_a_dearer_candidate_alive(machines: Table) -> None:
    """A candidate that another one beats in everything but cards is dropped only where cards do not matter."""
    found = machines.candidates["llm"]
    model = next(c for c in found if c.cards)
    (card,) = model.cards
    lean = dataclasses.replace(model, id="lean", cards={card: 0}, lines=(*model.lines, model.lines[0]))
    assert lean.cost_usd_per_month > model.cost_usd_per_month
    assert dominated_by([model, lean], always_no_slower) == {}
    beaten = dominated_by([model, lean], always_no_slower, Relevance(cards=False))
    assert beaten == {"lean": model}


def test_the_judge_explains_where_the_cards_are(catalog: Catalog) -> None:
    """The metric is a sum over roles, each part with its machines; limits without a card in use have one as well."""
    parts = {
        "constraints": {"cards": {"h100": {"max": 99}, "b200": {"max": 0}}},
        "choices": {"pin": {"llm": "llama_3_1_8b_aws_p5_4xlarge_tp1_c64"}},
    }
    scenario = scenario_from_text(scenario_text(**parts), catalog)
    best = advisor.propose(scenario, catalog, explain=False).best
    assert best is not None
    assert {"cards.h100", "cards.b200"} <= set(metrics(best))
    derivation = explain(best, "cards.h100", catalog)
    assert derivation.value == best.metric("cards.h100") == best.design["llm"].units > 0
    assert sum(part.value for part in derivation.parts) == derivation.value
    assert best.metric("cards.b200") == explain(best, "cards.b200", catalog).value == 0.0
    assert [(c.requirement.path, c.value, c.holds) for c in best.checks] == [
        ("constraints.cards.h100.max", derivation.value, True),
        ("constraints.cards.b200.max", 0.0, True),
        ("choices.pin.llm", None, True),
    ]


def test_a_limit_turns_the_choice(catalog: Catalog) -> None:
    """With no H100 to have the design does without; asked for fewest H100, it has none either."""
    pin = {"pin": {"llm": "llama_3_1_8b"}, "exclude": []}
    modes = {"modes": {"deny": ["saas", "managed"]}, "clouds": {"allow": ["aws"]}}
    cut = cut_blueprint(catalog.blueprint("rag_assistant"), ["llm"])

    def best(**parts: Any) -> Any:
        scenario = scenario_from_text(scenario_text(choices=pin, **parts), catalog)
        found = optimise(Search(table(dataclasses.replace(scenario, blueprint=cut), catalog)))
        assert found.best is not None
        return found.best

    free = best(constraints=modes)
    (card,) = free.cards
    without = best(constraints={**modes, "cards": {card: {"max": 0}}})
    assert without.metric(f"cards.{card}") == 0
    assert without.cost_usd_per_month > free.cost_usd_per_month
    fewest = best(constraints=modes, objective={"lexicographic": [{"minimize": f"cards.{card}"}]})
    assert fewest.metric(f"cards.{card}") == 0
    assert fewest.cost_usd_per_month == pytest.approx(without.cost_usd_per_month)


@pytest.mark.parametrize(
    ("parts", "path", "words"),
    [
        ({"constraints": {"cards": {"h10": {"max": 8}}}}, "constraints.cards.h10", "did you mean 'h100'"),
        ({"constraints": {"cards": {"h100": {"max": -1}}}}, "constraints.cards.h100.max", "at least 0"),
        ({"constraints": {"cards": {"h100": {"max": 1.5}}}}, "constraints.cards.h100.max", "a whole number"),
        ({"constraints": {"cards": {"h100": 8}}}, "constraints.cards.h100", "a mapping"),
        ({"objective": {"minimize": "cards.l5"}}, "objective.minimize", "cards: a100, a10g"),
        ({"objective": {"maximize": "cards.l4"}}, "objective.maximize", "use minimize"),
        ({"objective": {"weights": {"cards.x1": 2}}}, "objective.weights.cards.x1", "no instance type has"),
    ],
)
def test_what_is_wrong_with_cards_is_said(parts: Any, path: str, words: str, catalog: Catalog) -> None:
    """Unknown types, numbers that are no count, and goals the wrong way round are named at their place."""
    with pytest.raises(InputError) as error:
        scenario_from_text(scenario_text(**parts), catalog)
    assert any(p.path == path and words in p.message for p in error.value.problems), error.value.problems


def test_an_instance_with_accelerators_says_which(catalog: Catalog) -> None:
    """An instance type whose accelerators have no name could slip past a limit, so the catalog refuses it."""
    data = catalog.records.instances["aws/g6.xlarge"].model_dump(by_alias=True)
    for key in ("card", "card_gb"):
        with pytest.raises(ValueError, match="says which"):
            Instance.model_validate({**data, key: None})
    with pytest.raises(ValueError, match="says which"):
        Instance.model_validate({**data, "gpus": 0})
