"""Which unknown is worth asking about first."""

from __future__ import annotations

import random
from dataclasses import dataclass

from advisor.analysis.knobs import Knob, workload_knobs
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.question import Choice, Question
from advisor.rehearsal.stability import steady
from advisor.rehearsal.world import World, possible

OPTIONS = 4
AS_MUCH = 0.8  # of the largest effect: as worth asking about
LITTLE = 0.5  # of the largest effect: clearly less
LEAST = 0.02  # of the cost: an unknown with less is not worth a question
BREAKS = 1.0  # counts as much as the whole cost: the design no longer does what is required


@dataclass(frozen=True)
class Effect:
    """What an unknown does to the design as it is, from its low to its high end.

    Attributes:
        size: the largest change of the cost as a share of it, and 1 more where a requirement breaks.
        end: at which that is. told: in words.
    """

    knob: Knob
    size: float
    end: float
    told: str


def unknown_first(world: World, rng: random.Random) -> Question | None:
    """Ask which of some figures that nobody stated is worth asking about first."""
    found = sorted(_effects(world), key=lambda one: (-one.size, one.knob.path))
    if not found or found[0].size < LEAST:
        return None
    first = found[0]
    less = [one for one in found if one.size <= LITTLE * first.size]
    if len(less) < OPTIONS - 1:
        return None
    order = steady(rng, (one.knob.path for one in less))
    shown = [first, *sorted(less, key=lambda one: order.index(one.knob.path))[: OPTIONS - 1]]
    names = sorted(one.knob.title for one in shown)
    told = "\n".join(f"- {one.knob.title}: taken to be {_value(one.knob)}" for one in sorted(shown, key=_title))
    return Question(
        "unknown_first",
        "requirements",
        "clarify",
        "The scenario leaves these figures open; each may be two thirds to one and a half times of what is taken:\n"
        f"{told}\n{words.best(world.best)}\nIt is left as it is. Which figure is worth asking about first: the one at "
        "whose ends the design breaks a requirement, or else its cost moves most?",
        Choice(tuple(names)),
        first.knob.title,
        tuple(f"{one.knob.title}: {one.told}" for one in shown),
        words.what_if({first.knob.path: first.end}),
        "Follow each figure into the dearest role and into the tightest requirement.",
    )


def _title(one: Effect) -> str:
    return one.knob.title


def _value(knob: Knob) -> str:
    return words.amount(knob.value, knob.unit)


def _effects(world: World) -> list[Effect]:
    """Return what each parameter that nobody stated does to the design."""
    knobs = [k for k in workload_knobs(world.scenario, world.catalog) if k.basis == "default" and not k.stated]
    return world.remembered("effects", lambda: [_effect(world, k) for k in knobs if k.path.startswith("workload.")])


def _effect(world: World, knob: Knob) -> Effect:
    sizes, told = [], []
    for value in (knob.low, knob.high):
        found = possible(lambda value=value: world.kept({knob.path: value}))  # type: ignore[misc]
        if found is None:
            sizes.append(BREAKS)
            told.append(f"at {words.short(value)} it cannot be run as it is")
            continue
        broken = [words.requirement(c.requirement) for c in found.best.checks if not c.holds]
        sizes.append(abs(found.cost / world.cost - 1) + (BREAKS if broken else 0.0))
        breaks = f", breaks {' and '.join(broken)}" if broken else ""
        told.append(f"at {words.short(value)} it costs {words.cents(found.cost)} USD/month{breaks}")
    size, end = max(zip(sizes, (knob.low, knob.high), strict=True))
    return Effect(knob, size, end, "; ".join(told))


KINDS = (
    Kind(
        "unknown_first",
        "which unknown to ask about first",
        "requirements",
        "clarify",
        unknown_first,
        "design",
        slow=True,
    ),
)
