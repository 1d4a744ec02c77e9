"""What a brief leaves open, and what never learning it would do to the design.

A fact of the scenario is left out, everything else is kept, and the scenario is solved again: by how much the optimum
moves is what asking about that fact is worth. A requirement that is not known is not designed for; a figure of the
workload that is not known is taken to be the blueprint's own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from advisor.optimizer.run import goal_value
from advisor.rehearsal import words
from advisor.rehearsal.course import Asking, Fact
from advisor.rehearsal.stability import moved_world
from advisor.rehearsal.world import World, possible
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Bound, Requirement

REQUIREMENTS, FIGURES = 3, 1  # that a brief leaves open
LEAST_FACTS = 3
NOTHING = 1e-6  # a relative change below this is none
UP, DOWN = 1.1, 0.9
Changes = dict[str, object]


def left_open(scenario: Scenario, rng: random.Random) -> tuple[Fact, ...]:
    """Return the facts that the brief leaves open, in the order of the file; nothing is solved for this."""
    found = [Fact(_name(one), "not said", words.requirement(one)) for one in _requirements(scenario, rng)]
    parameters = scenario.blueprint.parameters
    figures = [n for n in sorted(scenario.given) if parameters[n].default not in (None, scenario.workload[n])]
    for name in sorted(rng.sample(figures, min(FIGURES, len(figures)))):
        parameter, value = parameters[name], scenario.workload[name]
        assumed = f"taken to be {words.short(parameter.default or 0.0, 6)} {parameter.unit}"
        found.append(Fact(parameter.title, assumed, f"{words.short(value, 6)} {parameter.unit}"))
    return tuple({fact.name: fact for fact in found}.values())


def _requirements(scenario: Scenario, rng: random.Random) -> list[Requirement]:
    """Return some requirements, in the order of the file; not the budget, which every brief states."""
    stated = [r for r in scenario.requirements if r.path.startswith("constraints.")]
    open_ = [r for r in stated if not (isinstance(r, Bound) and r.metric == COST)]
    return sorted(rng.sample(open_, min(REQUIREMENTS, len(open_))), key=open_.index)


def asking(world: World, rng: random.Random, rounds: int) -> Iterator[Asking]:
    """Yield the rounds of asking; none where too little is open, or nothing that is open matters clearly."""
    found = facts(world, left_open(world.scenario, rng))
    clear = [fact for fact in found if fact.clear]
    if len(clear) < LEAST_FACTS or max(fact.value for fact in clear) <= 0:
        return
    most = min(rounds, len(clear) - 1)
    command = words.what_if(_without(world.scenario, clear[0].name))
    for number in range(1, most + 1):
        yield Asking(found, number, most, command)


def facts(world: World, open_: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return open facts with what each is worth, the most valuable first.

    A fact is not clear when it cannot be left out, or when it matters here and no longer with all volumes 10 % up or
    down, or the other way round.
    """
    found = [_weighed(world, fact) for fact in open_]
    if any(fact.value > 0 for fact in found):
        for moved in (moved_world(world, factor, solve=True) for factor in (DOWN, UP)):
            if moved is not None:
                found = [fact if _alike(fact, _weighed(moved, fact)) else replace(fact, clear=False) for fact in found]
    return tuple(sorted(found, key=lambda fact: (not fact.clear, -fact.value, fact.name)))


def _alike(here: Fact, there: Fact) -> bool:
    return here.clear and there.clear and (here.value > 0) == (there.value > 0)


def _weighed(world: World, fact: Fact) -> Fact:
    worth = _worth(world, _without(world.scenario, fact.name))
    return replace(fact, clear=False) if worth is None else replace(fact, value=worth[0], note=worth[1])


def _name(one: Requirement) -> str:
    return words.label(one.metric) if isinstance(one, Bound) else words.requirement(one).partition(":")[0]


def _removed(path: str) -> str:
    """Return the place that has to go with a bound: ``cost_usd_per_month.max`` stands alone in its mapping.

    >>> _removed("constraints.cost_usd_per_month.max"), _removed("constraints.flows.answer.ttft_ms.p95")
    ('constraints.cost_usd_per_month', 'constraints.flows.answer.ttft_ms.p95')
    """
    stem, _, last = path.rpartition(".")
    return stem if last in ("max", "min", "require") and stem != "constraints.clouds" else path


def _worth(world: World, changes: Changes) -> tuple[float, str] | None:
    """Return by how much the optimum is off without a fact, and how that was found; None where it is not solved."""
    without = possible(lambda: world.what_if(changes))
    if without is None or not without.feasible:
        return None
    goal = world.scenario.objective[0]
    there, here = goal_value(goal, without.best), goal_value(goal, world.best)
    off = abs(there - here) / max(abs(here), 1e-12)
    words_ = f"without it the best design costs {words.money(without.cost)} instead of {words.money(world.cost)}"
    flipped = [r for r, c in world.best.design.items() if c.component_id != without.best.design[r].component_id]
    other = f"; another component in {', '.join(flipped)}" if flipped else ""
    return (off if off > NOTHING else 0.0), f"{words_}, {100 * off:.1f} % off{other}"


def _without(scenario: Scenario, name: str) -> Changes:
    """Return what leaves a fact out of a scenario."""
    for one in scenario.requirements:
        if _name(one) == name:
            return {_removed(one.path): None}
    parameters = scenario.blueprint.parameters
    return {f"workload.{found}": None for found in scenario.given if parameters[found].title == name}
