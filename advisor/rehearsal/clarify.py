"""What a brief leaves open, and what never learning it would do to the design.

A fact of the scenario is left out, everything else is kept, and the scenario is solved again: by how much the optimum
moves is what asking about that fact is worth. A requirement that is not known is not designed for; a figure of the
workload that is not known is taken to be the blueprint's own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from advisor.optimizer.run import goal_value
from advisor.rehearsal import words
from advisor.rehearsal.course import Asking, Fact
from advisor.rehearsal.stability import moved_world
from advisor.rehearsal.world import World, possible
from advisor.scenario.requirements import Bound, Requirement

TIGHTEST, OTHERS, FIGURES = 2, 1, 1  # requirements with the least slack, other requirements, figures of the workload
LEAST_FACTS = 3
NOTHING = 1e-6  # a relative change below this is none
UP, DOWN = 1.1, 0.9
Changes = dict[str, object]


def asking(world: World, rng: random.Random, rounds: int) -> Iterator[Asking]:
    """Yield the rounds of asking; none where the scenario leaves too little to be asked about, or nothing matters.

    A round is only asked when what is worth asking about first stays so with all volumes 10 % up and down.
    """
    found = facts(world, rng)
    if len(found) < LEAST_FACTS or max(fact.value for fact in found) <= 0:
        return
    for number in range(1, min(rounds, len(found) - 1) + 1):
        left_out = _left_out(world, found[0].name)
        yield Asking(tuple(found), number, min(rounds, len(found) - 1), left_out)


def facts(world: World, rng: random.Random) -> list[Fact]:
    """Return the facts that the brief leaves open, with what each is worth, the most valuable first.

    Facts whose worth changes its place when all volumes are 10 % off are not among them.
    """
    chosen = _candidates(world, rng)
    worths = {name: _worth(world, changes) for name, (changes, *_) in chosen.items()}
    kept = {name: worth for name, worth in worths.items() if worth is not None}
    found = [Fact(name, *chosen[name][1:], *kept[name]) for name in kept]
    if not any(fact.value > 0 for fact in found):
        return found
    for moved in (moved_world(world, factor, solve=True) for factor in (DOWN, UP)):
        if moved is not None:
            found = _as_clear(found, moved, {name: chosen[name][0] for name in kept})
    return sorted(found, key=lambda fact: (-fact.value, fact.name))


def _as_clear(found: list[Fact], moved: World, changes: dict[str, Changes]) -> list[Fact]:
    """Return the facts that matter here if and only if they do elsewhere."""
    there = {fact.name: _worth(moved, changes[fact.name]) for fact in found}
    return [fact for fact in found if (w := there[fact.name]) is not None and (w[0] > 0) == (fact.value > 0)]


def _candidates(world: World, rng: random.Random) -> dict[str, tuple[Changes, str, str]]:
    """Return name -> (what leaves it out, what the brief then says, what the interviewer answers)."""
    found: dict[str, tuple[Changes, str, str]] = {}
    for one in _requirements(world, rng):
        found[_name(one)] = ({_removed(one.path): None}, "not said", words.requirement(one))
    parameters = world.scenario.blueprint.parameters
    open_ = [n for n in sorted(world.scenario.given) if parameters[n].default not in (None, world.scenario.workload[n])]
    for name in sorted(rng.sample(open_, min(FIGURES, len(open_)))):
        parameter, value = parameters[name], world.scenario.workload[name]
        assumed = f"taken to be {words.short(parameter.default or 0.0, 6)} {parameter.unit}"
        found[parameter.title] = ({f"workload.{name}": None}, assumed, f"{words.short(value, 6)} {parameter.unit}")
    return found


def _requirements(world: World, rng: random.Random) -> list[Requirement]:
    """Return the tightest requirements and some others, in the order of the file."""
    slack = {check.requirement.path: check.slack for check in world.best.checks}
    stated = [r for r in world.scenario.requirements if r.path.startswith("constraints.")]
    tightest = sorted(stated, key=lambda r: -1.0 if (s := slack.get(r.path)) is None else s)[:TIGHTEST]
    others = [r for r in stated if r not in tightest]
    kept = [*tightest, *rng.sample(others, min(OTHERS, len(others)))]
    return sorted(kept, key=stated.index)


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


def _left_out(world: World, name: str) -> str:
    """Return the command that leaves the most valuable fact out."""
    for one in world.scenario.requirements:
        if _name(one) == name:
            return words.what_if({_removed(one.path): None})
    parameters = world.scenario.blueprint.parameters
    found = next((n for n, parameter in parameters.items() if parameter.title == name), "")
    return words.what_if({f"workload.{found}": None})
