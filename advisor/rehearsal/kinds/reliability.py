"""Availability of chains, with and without redundancy; what the loss of a zone does; what one unit more costs."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from advisor.candidates.candidate import Candidate
from advisor.errors import InputError
from advisor.evaluation.evaluate import failing
from advisor.explanation.derivation import plain
from advisor.models import availability
from advisor.models.cost import HOURS_PER_MONTH
from advisor.models.failure_domains import even_sizes
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.question import Choice, Number, Question, Several
from advisor.rehearsal.stability import SHARE, clear, steady
from advisor.rehearsal.world import World

MINUTES_PER_MONTH = HOURS_PER_MONTH * 60
OUTAGES_H = (1, 2, 4, 8)
MOST_MACHINES = 5  # roles of which a zone is lost
AS_DESIGNED = 0.5  # how often they are those of the best design, where it has two
LEAST_DOWN = 1e-7  # share of time; less is not worth asking about
WITHIN, MISSED = "still within its target", "target missed"


def chain_availability(world: World, rng: random.Random) -> Question | None:
    """Ask for the downtime of a flow that needs all of its roles."""
    chains = list(_chains(world))
    if not chains:
        return None
    flow, parts = rng.choice(chains)
    truth = _down(availability.series(*parts.values()))
    return Question(
        "chain_availability",
        "reliability",
        "estimate",
        f"{_flow(world, flow)} needs all of these, which fail independently:\n{_told(parts)}\n"
        "How many minutes a month (730 h) is it down on average? An availability in percent is understood too.",
        Number("min/month", f"downtime of {flow}"),
        truth,
        (
            f"availability = {' × '.join(plain(a) for a in parts.values())} = "
            f"{plain(availability.series(*parts.values()))}",
            f"downtime = (1 - availability) × 43 800 min = {plain(truth)} min/month",
        ),
        _series_command(list(parts.values())),
        "Downtimes of a chain nearly add up: add the shares that are missing to 100 %.",
    )


def chain_with_redundancy(world: World, rng: random.Random) -> Question | None:
    """Ask for the downtime of a flow when its weakest role has a second copy."""
    chains = list(_chains(world))
    if not chains:
        return None
    flow, parts = rng.choice(chains)
    weak = min(parts, key=lambda role: parts[role])
    pair = availability.parallel(parts[weak], parts[weak])
    rest = {role: a for role, a in parts.items() if role != weak}
    truth = _down(availability.series(*rest.values(), pair))
    if truth < LEAST_DOWN * MINUTES_PER_MONTH:
        return None
    return Question(
        "chain_with_redundancy",
        "reliability",
        "estimate",
        f"{_flow(world, flow)} needs all of these, which fail independently:\n{_told(parts)}\n"
        f"Now {words.role(weak)} gets a second copy that fails independently of the first, and one of the two is "
        "enough. How many minutes a month (730 h) is the flow down on average?",
        Number("min/month", f"downtime of {flow}"),
        truth,
        (
            f"{weak} twice = 1 - (1 - {plain(parts[weak])})^2 = {plain(pair)}",
            f"downtime = (1 - product of all) × 43 800 min = {plain(truth)} min/month",
        ),
        _series_command([*rest.values(), pair]),
        "The doubled role all but disappears; what is left is the downtime of the others.",
    )


def _flow(world: World, name: str) -> str:
    return f"The flow '{world.scenario.blueprint.flows[name].title}'"


def _chains(world: World) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield flow and role -> availability as the text states it, of what its flows need and can fail."""
    for flow, result in world.best.flows.items():
        one_by_one = {role: [*failing(world.best.design, [role])] for role in result.needs}
        if [*failing(world.best.design, result.needs)] != [a for found in one_by_one.values() for a in found]:
            continue  # some roles run on the same units and fail together
        parts = {role: round(a, 9) for role, found in one_by_one.items() for a in found if a < 1 - LEAST_DOWN}
        if len(parts) >= 2:
            yield flow, parts


def _told(parts: dict[str, float]) -> str:
    return "\n".join(f"- {words.role(role)}: {plain(round(100 * a, 7))} %" for role, a in parts.items())


def _down(share: float) -> float:
    return (1 - share) * MINUTES_PER_MONTH


def _series_command(parts: list[float]) -> str:
    return words.command("model", "availability.series", f"parts={','.join(f'{a:.12g}' for a in parts)}")


# --- zones and units --------------------------------------------------------------------------------------------------


def loss_of_zone(world: World, rng: random.Random) -> Question | None:
    """Ask which roles can no longer carry the peak when they lose the zone with most of their units."""
    chosen = {role: one for role, one in _machines(world).items() if _sure(one, _target(world))}
    designed = len(chosen) >= 2 and rng.random() < AS_DESIGNED
    machines = chosen if designed else _drawn(world, rng)
    if len(machines) < 2:
        return None
    told = "\n".join(f"- {words.role(role)}: {_spread(one)}" for role, one in machines.items())
    return Question(
        "loss_of_zone",
        "reliability",
        "defend",
        f"In a design these roles run on machines of one's own, spread evenly over zones:\n{told}\nA zone is lost, the "
        "one with most units of each. Which of the roles can then no longer carry the peak at the planned utilisation?",
        Several(tuple(map(words.role, machines))),
        frozenset(words.role(role) for role, one in machines.items() if left(one) < one.needed_units),
        tuple(f"{role}: {_units(left(one))} left, {one.needed_units} needed" for role, one in machines.items()),
        words.command("propose" if designed else "candidates", words.SCENARIO),
        "Units over zones, rounded up, are lost; compare what is left with what the peak needs.",
    )


def _drawn(world: World, rng: random.Random) -> dict[str, Candidate]:
    """Return a few roles on units of our own in several zones, each with a way to run it that the catalog has."""
    own = {role: [c for c in pool if c.zones >= 2 and _own_units(c)] for role, pool in world.table.candidates.items()}
    found = {role: [c for c in pool if _sure(c, _target(world))] for role, pool in own.items()}
    roles = steady(rng, (role for role in world.best.design if found.get(role)))[:MOST_MACHINES]
    return {role: rng.choice(found[role]) for role in world.best.design if role in roles}


def _target(world: World) -> float:
    """Return the utilisation that is planned for."""
    return world.scenario.sizing.target_utilisation


def _sure(one: Candidate, target: float) -> bool:
    """Return whether what the loss of a zone does to a candidate is the same with 10 % more or less load.

    ``target``: the utilisation that is planned for. Only where the units follow from the load alone can that be said.
    """
    most = max((load.utilisation * one.units / target for load in one.loads.values() if load.limit), default=0.0)
    low, now, high = (max(1, math.ceil(round(most * factor, 9))) for factor in (1 - SHARE, 1, 1 + SHARE))
    return now == one.needed_units and (left(one) < low) == (left(one) < high)


def _machines(world: World) -> dict[str, Candidate]:
    """Return the roles of the design that run on units of our own."""
    return {role: c for role, c in world.best.design.items() if _own_units(c)}


def _own_units(one: Candidate) -> bool:
    option = one.option
    own = option is not None and option.unit is not None and option.availability.software is not None
    return own and not one.parts and not one.shared and one.pooled is None


def _spread(one: Candidate) -> str:
    zones = "zone" if one.zones == 1 else "zones"
    return f"{one.name}, {_units(one.units)} in {one.zones} {zones}; the peak needs {one.needed_units}"


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count} units"


def left(one: Candidate) -> int:
    """Return how many units are left without the zone that has most of them."""
    return one.units - max(even_sizes(one.units, one.zones))


def zone_within_target(world: World, rng: random.Random) -> Question | None:
    """Ask whether a flow stays within its availability target in a month in which a zone is lost for some hours."""
    bounds = [b for b in world.scenario.bounds if b.metric.endswith(".availability") and b.limit < 1]
    machines = _machines(world)
    if not bounds or not machines:
        return None
    bound, hours = rng.choice(bounds), rng.choice(OUTAGES_H)
    flow = bound.metric.split(".")[1]
    needed = {role: one for role, one in machines.items() if role in world.best.flows[flow].needs}
    stopped = [role for role, one in needed.items() if left(one) < one.needed_units]
    usual, budget = _down(world.best.flows[flow].availability), _down(bound.limit)
    down = usual + (hours * 60 if stopped else 0.0)
    if not needed or not clear(down, budget):
        return None
    return Question(
        "zone_within_target",
        "reliability",
        "defend",
        f"{_flow(world, flow)} has an availability target of {words.percent(bound.limit, 6)} a "
        f"month (730 h) and is down {words.short(usual)} minutes in a usual one. It needs, on machines of one's own:\n"
        + "\n".join(f"- {words.role(role)}: {_spread(one)}" for role, one in needed.items())
        + f"\nThis month a zone is lost for {hours} h, the one with most units of each; services that providers run "
        "are not hit, and what cannot carry the peak counts as down. Is the flow still within its target?",
        Choice((WITHIN, MISSED)),
        WITHIN if down <= budget else MISSED,
        (
            f"error budget = (1 - {plain(bound.limit)}) × 43 800 = {plain(budget)} min",
            f"stopped by the loss: {', '.join(stopped) or 'nothing'}",
            f"downtime = {plain(usual)} + {hours * 60 if stopped else 0} = {plain(down)} min",
        ),
        words.command("propose", words.SCENARIO),
        "Turn the target into minutes first; then see whether any role has too few units left.",
    )


def price_of_n_plus_1(world: World, rng: random.Random) -> Question | None:
    """Ask what one more unit of a role costs a month."""
    found = [(role, bigger) for role, one in _machines(world).items() if (bigger := _one_more(world, role, one))]
    if not found:
        return None
    role, bigger = rng.choice(found)
    one = world.best.design[role]
    then = world.judged({role: bigger})
    bigger, extra = then.design[role], then.cost_usd_per_month - world.cost  # with what it moves between clouds
    meters = world.catalog.records.meters
    counted = [x for x in one.lines if not x.derivation and meters[x.price.meter].counts == "units"]
    if extra <= 0 or not counted:
        return None
    bills = "; ".join(f"{words.short(x.quantity, 6)} {x.unit} at {x.price.usd:g} USD per {x.unit}" for x in counted)
    return Question(
        "price_of_n_plus_1",
        "reliability",
        "defend",
        f"{words.capital(words.role(role))} runs on {words.candidate(one)}. For {_units(one.units)} the bill is: "
        f"{bills}. What does one unit more cost a month (N+1), people's hours unchanged?",
        Number("USD/month", "one unit more"),
        extra,
        (
            f"{one.size}: {words.cents(one.cost_usd_per_month)} USD/month",
            f"{bigger.size}: {words.cents(bigger.cost_usd_per_month)} USD/month; difference {words.cents(extra)}",
        ),
        words.command("candidates", words.SCENARIO, "--role", role),
        "A month has 730 hours.",
    )


def _one_more(world: World, role: str, one: Candidate) -> Candidate | None:
    """Return a candidate with one unit more; None where units come in whole copies, or there may be no more."""
    unit = one.option.unit if one.option else None
    if unit is None or unit.stateful or one.units + 1 > unit.most or any(x.price.usd is None for x in one.lines):
        return None
    caches = frozenset(r for r in world.scenario.blueprint.cache_roles if not world.best.design[r].is_none)
    try:
        return world.table.resized(one, one.units + 1, one.zones, caches)
    except (InputError, ValueError):
        return None


KINDS = (
    Kind(
        "chain_availability",
        "availability of a chain",
        "reliability",
        "estimate",
        chain_availability,
        "figures",
    ),
    Kind(
        "chain_with_redundancy",
        "availability of a chain with redundancy",
        "reliability",
        "estimate",
        chain_with_redundancy,
        "figures",
    ),
    Kind("loss_of_zone", "loss of a zone", "reliability", "defend", loss_of_zone, "figures"),
    Kind("zone_within_target", "target after a loss", "reliability", "defend", zone_within_target, "design"),
    Kind("price_of_n_plus_1", "price of N+1", "reliability", "defend", price_of_n_plus_1, "figures"),
)
