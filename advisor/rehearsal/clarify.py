"""What a brief leaves open, and what never learning it would do to the design.

A fact of the scenario is left out, everything else is kept, and the scenario is solved again: by how much the optimum
moves is what asking about that fact is worth. A requirement that is not known is not designed for; a figure of the
workload that is not known is taken to be the blueprint's own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from advisor.analysis.fixed import within_target
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import goal_value
from advisor.optimizer.solver import Status
from advisor.rehearsal import words
from advisor.rehearsal.course import Asking, Fact
from advisor.rehearsal.stability import SHARE, moved_world
from advisor.rehearsal.world import World, possible
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Bound, Requirement

REQUIREMENTS, FIGURES = 3, 1  # that a brief leaves open
LEAST_FACTS = 3
NOTHING = 1e-6  # a relative change below this is none
Changes = dict[str, object]


def left_open(scenario: Scenario, rng: random.Random) -> tuple[Fact, ...]:
    """Return the facts that the brief leaves open, in the order of the file; nothing is solved for this."""
    found = [Fact(_name(one), "not said", words.requirement(one)) for one in _requirements(scenario, rng)]
    parameters = scenario.blueprint.parameters
    figures = [n for n in sorted(scenario.given) if parameters[n].default not in (None, scenario.workload[n])]
    for name in sorted(rng.sample(figures, min(FIGURES, len(figures)))):
        parameter, value = parameters[name], scenario.workload[name]
        assumed = f"taken to be {words.amount(parameter.default or 0.0, parameter.unit)}"
        found.append(Fact(words.parameter(parameter), assumed, words.amount(value, parameter.unit)))
    return tuple({fact.name: fact for fact in found}.values())


def _requirements(scenario: Scenario, rng: random.Random) -> list[Requirement]:
    """Return some requirements, in the order of the file; not the budget, which every brief states."""
    stated = [r for r in scenario.requirements if r.path.startswith("constraints.")]
    open_ = [r for r in stated if not (isinstance(r, Bound) and r.metric == COST)]
    return sorted(rng.sample(open_, min(REQUIREMENTS, len(open_))), key=open_.index)


def asking(world: World, rng: random.Random, rounds: int) -> Iterator[Asking]:
    """Yield the rounds of asking: none where too little is open clearly, one where nothing that is open matters."""
    found = facts(world, left_open(world.scenario, rng))
    clear = [fact for fact in found if fact.clear]
    if len(clear) < LEAST_FACTS:
        return
    most = min(rounds, len(clear) - 1) if clear[0].value > 0 else 1
    for number in range(1, most + 1):
        yield Asking(found, number, most, clear[0].command)


def facts(world: World, open_: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return open facts with what each is worth, the most valuable first.

    A fact is not clear when it cannot be left out, or when it matters here and no longer with all volumes 10 % up or
    down, or the other way round.
    """
    found = [_weighed(world, fact) for fact in open_]
    for factor in (1 - SHARE, 1 + SHARE):
        moved = moved_world(world, factor, solve=True)
        if moved is not None:
            found = [replace(f, clear=f.clear and _alike(world, moved, factor, f)) for f in found]
    return tuple(sorted(found, key=lambda fact: (not fact.clear, -fact.value, fact.name)))


def _alike(world: World, moved: World, factor: float, fact: Fact) -> bool:
    """Return whether a fact matters with other volumes if it matters here, and not if it does not.

    That one matters is proved by a design: the best one without it, kept as it is, beats the optimum there. Only where
    it does not is the scenario solved again.
    """
    if fact.value > 0 and _beats(_kept(world, factor, fact), moved):
        return True
    there = _best_without(moved, fact)
    return there is not None and (_off(moved, there) > 0) == (fact.value > 0)


def _kept(world: World, factor: float, fact: Fact) -> Evaluation | None:
    """Return what the best design without a fact does with other volumes, as it is; None where it cannot be run so."""
    design = _best_without(world, fact)
    assert design is not None, "a fact that is worth something was found by a design"
    changes = {**world.grown(factor), **_without(world.scenario, fact.name)}
    kept = possible(lambda: world.with_design(design).kept(changes))
    return kept.best if kept is not None and within_target(kept.best) else None


def _beats(kept: Evaluation | None, moved: World) -> bool:
    """Return whether a design is better than the optimum of a world whose requirements it need not all meet."""
    goal = moved.scenario.objective[0]
    return kept is not None and goal_value(goal, kept) < goal_value(goal, moved.best) and _off(moved, kept) > 0


def _weighed(world: World, fact: Fact) -> Fact:
    without = _best_without(world, fact)
    if without is None:
        return replace(fact, clear=False)
    command = words.what_if(_without(world.scenario, fact.name))
    return replace(fact, value=_off(world, without), note=_note(world, without), command=command)


def _name(one: Requirement) -> str:
    return words.label(one.metric) if isinstance(one, Bound) else words.requirement(one).partition(":")[0]


def _removed(path: str) -> str:
    """Return the place that has to go with a bound: ``cost_usd_per_month.max`` stands alone in its mapping.

    >>> _removed("constraints.cost_usd_per_month.max"), _removed("constraints.flows.answer.ttft_ms.p95")
    ('constraints.cost_usd_per_month', 'constraints.flows.answer.ttft_ms.p95')
    """
    stem, _, last = path.rpartition(".")
    return stem if last in ("max", "min", "require") and stem != "constraints.clouds" else path


def _best_without(world: World, fact: Fact) -> Evaluation | None:
    """Return the optimum without a fact; None where there is none, or it is not proved."""
    bound = next((b for b in world.scenario.bounds if _name(b) == fact.name), None)
    found = world.without(bound) if bound else world.outcome(_without(world.scenario, fact.name))
    return found.best if found is not None and found.status is Status.OPTIMAL else None


def _off(world: World, without: Evaluation) -> float:
    """Return by how much another design is off the optimum, as a share of the goal."""
    goal = world.scenario.objective[0]
    there, here = goal_value(goal, without), goal_value(goal, world.best)
    off = abs(there - here) / max(abs(here), 1e-12)
    return off if off > NOTHING else 0.0


def _note(world: World, without: Evaluation) -> str:
    """Return what leaving a fact out does, without what the best design costs: that is asked about later."""
    flipped = [r for r, c in world.best.design.items() if c.component_id != without.design[r].component_id]
    other = f"; another component in {', '.join(map(words.role, flipped))}" if flipped else ""
    return f"without it the best design is {words.percent(_off(world, without), 2)} off{other}"


def _without(scenario: Scenario, name: str) -> Changes:
    """Return what leaves a fact out of a scenario."""
    for one in scenario.requirements:
        if _name(one) == name:
            return {_removed(one.path): None}
    parameters = scenario.blueprint.parameters
    return {f"workload.{found}": None for found in scenario.given if words.parameter(parameters[found]) == name}
