"""Curveballs: ten times the load, another region, a cloud lost, a model withdrawn."""

from __future__ import annotations

import random
from collections.abc import Mapping

from advisor.analysis.changes import role_changes
from advisor.evaluation.result import Evaluation
from advisor.explanation.derivation import plain
from advisor.optimizer.solver import Status
from advisor.rehearsal import traffic, words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.kinds.cost import minimises_cost
from advisor.rehearsal.question import Choice, Number, Question, Several
from advisor.rehearsal.stability import FACTORS, SHARE, near, steady
from advisor.rehearsal.world import World

TEN = 10.0
SAME = 0.01  # two costs closer than this, relative, are the same
MOST_OPTIONS = 8
FLIPS = ("replaced", "added", "removed")
DEFAULT_REGION = "eu"
BANDS = ((SAME, "nothing: within 1 %"), (0.10, "1-10 % of the cost"), (0.50, "10-50 % of the cost"))
MORE, IMPOSSIBLE = "more than half of the cost", "no design meets everything then"
PRICES = (*(name for _, name in BANDS), MORE, IMPOSSIBLE)


def flips_at_10x(world: World, rng: random.Random) -> Question | None:
    """Ask which roles are filled by something else at ten times the traffic."""
    then = _ten_times(world)
    if then is None:
        return None
    roles = sorted(world.best.design)
    flipped = _flipped(world.best, then)
    return Question(
        "flips_at_10x",
        "adaptability",
        "adapt",
        f"{words.best(world.best)}\nTraffic becomes ten times "
        f"what it is ({_grown(world)}); the budgets for money and hours are lifted, everything else stays required. "
        "In which roles does another component become the best, or does a role come or go?",
        Several(tuple(map(words.role, roles))),
        frozenset(map(words.role, flipped)),
        (
            f"best design then: {_told(then)}; {len(flipped)} roles flip",
            *(
                f"{role}: {words.candidate(world.best.design[role])} -> {words.candidate(then.design[role])}"
                for role in roles
                if role in flipped
            ),
        ),
        words.what_if({**world.grown(TEN), **world.lifted()}),
        "What is billed by use gets dearer in a straight line; machines get cheaper per request as they fill.",
    )


def cost_multiplier_10x(world: World, rng: random.Random) -> Question | None:
    """Ask how many times the cost is at ten times the traffic."""
    then = _ten_times(world)
    if then is None:
        return None
    costs = "; ".join(f"{words.role(r)} {words.short(c.cost_usd_per_month, 3)}" for r, c in world.best.design.items())
    return Question(
        "cost_multiplier_10x",
        "adaptability",
        "adapt",
        f"The best design costs {words.money(world.cost)}, in USD a month by role: {costs}. People's hours are "
        f"{words.money(world.best.operations_usd_per_month)} of it. Traffic becomes ten times what it is "
        f"({_grown(world)}), the budgets are lifted, and the best design is looked for again. How many times the cost "
        "of today does it cost?",
        Number("x", "cost at ten times the traffic"),
        then.cost_usd_per_month / world.cost,
        (
            f"best design then: {_told(then)}",
            f"divided by {words.cents(world.cost)} USD/month = {plain(then.cost_usd_per_month / world.cost)}",
        ),
        words.what_if({**world.grown(TEN), **world.lifted()}),
        "People's hours hardly grow; what is billed by use does.",
    )


def _flipped(now: Evaluation, then: Evaluation) -> set[str]:
    return {c.role for c in role_changes(now, then) if c.kind in FLIPS}


def _flips_stay(world: World, question: Question) -> bool:
    """Return whether the same roles flip with a tenth more or less traffic.

    Against the design of today first: one volume that is ten times as large mostly tells already.
    """

    def same(now: Evaluation | None, then: Evaluation | None) -> bool:
        if now is None or then is None:
            return False
        return frozenset(map(words.role, _flipped(now, then))) == question.truth

    if not all(same(world.best, _ten_times(world, factor)) for factor in FACTORS):
        return False
    return all(same(_optimum(world, factor), _ten_times(world, factor)) for factor in FACTORS)


def _multiplier_stays(world: World, question: Question) -> bool:
    """Return whether the cost is about as many times that of today with a tenth more or less traffic."""
    pairs = ((_optimum(world, factor), _ten_times(world, factor)) for factor in FACTORS)
    costs = ((now.cost_usd_per_month, then.cost_usd_per_month) if now and then else None for now, then in pairs)
    return all(one is not None and near(one[1] / one[0], float(question.truth)) for one in costs)  # type: ignore[arg-type]


def _ten_times(world: World, factor: float = 1.0) -> Evaluation | None:
    """Return the optimum at ten times the traffic, or so many times that, with the budgets lifted; None without one."""
    return _best(world, {**world.grown(TEN * factor), **world.lifted()})


def _optimum(world: World, factor: float) -> Evaluation | None:
    """Return the optimum at a multiple of the traffic, None where there is none."""
    return _best(world, world.grown(factor))


def _best(world: World, changes: Mapping[str, object]) -> Evaluation | None:
    found = world.outcome(changes)
    return found.best if found is not None and found.status is Status.OPTIMAL else None


def _grown(world: World) -> str:
    return ", ".join(traffic.titles(world.scenario, world.grown(TEN)))


# --- where data may be ------------------------------------------------------------------------------------------------


def residency_excluded(world: World, rng: random.Random) -> Question | None:
    """Ask which components of a role cannot keep data where it must be."""
    region = _region(world) or DEFAULT_REGION
    roles = {role: found for role in world.table.candidates if (found := _placed(world, role, region))}
    mixed = sorted(role for role, found in roles.items() if len(found) >= 3 and len(set(found.values())) == 2)
    if not mixed:
        return None
    role = rng.choice(mixed)
    barred, fitting = ([n for n in sorted(roles[role]) if roles[role][n] == fits] for fits in (False, True))
    first = [rng.choice(barred), rng.choice(fitting)]
    rest = sorted(roles[role].keys() - {*first})
    names = sorted([*first, *rng.sample(rest, min(MOST_OPTIONS - len(first), len(rest)))])
    return Question(
        "residency_excluded",
        "requirements",
        "adapt",
        f"Data must be kept in the region '{region}'. Which of these components cannot fill {words.role(role)} then, "
        "in any way of running them that the catalog has?",
        Several(tuple(names)),
        frozenset(name for name in names if not roles[role][name]),
        tuple(f"{name}: {_regions(world, role, name, region)}" for name in names),
        words.command("catalog", "show", first[0]),
        "What runs on a cloud's machines can run in any of its regions; hosted services are where their maker is.",
    )


def _region(world: World) -> str | None:
    """Return where the scenario requires data to be kept."""
    return next((v for rule in world.scenario.filters if rule.kind == "residency" for v in rule.values), None)


def _placed(world: World, role: str, region: str) -> dict[str, bool]:
    """Return component -> whether some option of it for a role can keep data in a region."""
    found: dict[str, bool] = {}
    for component, option in world.catalog.options_for(role):
        found[component.id] = found.get(component.id, False) or region in option.residency
    return found


def _regions(world: World, role: str, name: str, region: str) -> str:
    """Return where some options of a component keep data, those that can in a region first."""
    options = [option for component, option in world.catalog.options_for(role) if component.id == name]
    fitting = [option for option in options if region in option.residency]
    return "; ".join(f"{option.title}: {', '.join(option.residency)}" for option in (fitting or options)[:3])


def price_of_residency(world: World, rng: random.Random) -> Question | None:
    """Ask what keeping data in a region costs."""
    region = _region(world)
    change: dict[str, object] = {"constraints.residency.require": None if region else DEFAULT_REGION}
    other = world.outcome(change)
    if other is None or not minimises_cost(world) or other.status is Status.STOPPED:
        return None
    free, bound = (other.best, world.best) if region else (world.best, other.best)
    price = band(free, bound) if free is not None else None
    if price is None:
        return None
    text = "Data is required to be kept" if region else "From now on data has to be kept"
    return Question(
        "price_of_residency",
        "trade_offs",
        "adapt",
        f"{text} in the region '{region or DEFAULT_REGION}'. {words.best(world.best)}\n"
        "How much dearer does the requirement make the best design than the best one without it?",
        Choice(PRICES[:-1] if region else PRICES),  # a design that keeps data there is shown
        price,
        (
            f"without: {_told(free)}",
            f"with: {_told(bound)}",
        ),
        words.what_if(change),
        "Where the same services are offered in the region at the same price, it costs nothing.",
    )


def band(before: Evaluation, then: Evaluation | None) -> str | None:
    """Return by how much an optimum is dearer than another, as a band; None next to an end of one."""
    return IMPOSSIBLE if then is None else band_of(then.cost_usd_per_month / before.cost_usd_per_month - 1)


def band_of(rise: float) -> str | None:
    """Return the band of a rise, a share of the cost; None where 10 % more or less of it would be another one.

    >>> band_of(0.3), band_of(0.105)
    ('10-50 % of the cost', None)
    """
    low, found = (next((name for most, name in BANDS if rise * f <= most), MORE) for f in (1 - SHARE, 1 + SHARE))
    return found if low == found else None


def cloud_lost(world: World, rng: random.Random) -> Question | None:
    """Ask what it costs to do without one of the clouds that the design is in."""
    if not world.best.clouds or not minimises_cost(world):
        return None
    cloud = steady(rng, world.best.clouds)[0]
    rule = next((rule for rule in world.scenario.filters if rule.kind == "cloud"), None)
    known = rule.values if rule and rule.allow else {*world.catalog.records.clouds, "vendor"}
    change: Mapping[str, object] = {"constraints.clouds.allow": sorted(known - {cloud})}
    other = world.outcome(change) if known - {cloud} else None
    if other is None or other.status is Status.STOPPED:
        return None
    price = band(world.best, other.best)
    if price is None:
        return None
    inside = [role for role, c in world.best.design.items() if cloud in c.clouds]
    return Question(
        "cloud_lost",
        "reliability",
        "adapt",
        f"{words.best(world.best)}\nNothing on {words.cloud(cloud)} may be used "
        f"any more, which fills {len(inside)} of these roles ({', '.join(map(words.role, inside))}). Everything else "
        "stays required. By how much does the cost of the best design rise?",
        Choice(PRICES),
        price,
        (
            f"with {words.cloud(cloud)}: {_told(world.best)}",
            f"without: {_told(other.best)}",
        ),
        words.what_if(change),
        "Most roles have a near twin in another cloud; look for the one that does not.",
    )


# --- a model withdrawn ------------------------------------------------------------------------------------------------


def model_withdrawn(world: World, rng: random.Random) -> Question | None:
    """Ask what replaces a component that is no longer offered."""
    role = _withdrawn(world, rng)
    if role is None:
        return None
    one = world.best.design[role]
    found = world.excluding(one.component_id).best
    assert found is not None
    new = found.design[role].component_id
    others = sorted({c.component_id for c in world.answer.search.pool[role]} - {one.component_id, new})
    shown = sorted({new, *steady(rng, others)[:3]})
    rivals = {name: world.forced(role, name).evaluation for name in shown if name != new}
    near = found.cost_usd_per_month + SHARE * found.design[role].cost_usd_per_month  # its figures may be 10 % off
    others_in = {name: it for name, it in rivals.items() if it and _without(it, one.component_id)}
    as_good = [name for name, it in others_in.items() if it.cost_usd_per_month <= near]
    if len(shown) < 2:
        return None
    return Question(
        "model_withdrawn",
        "adaptability",
        "adapt",
        f"{words.best(world.best)}\n{one.name} is withdrawn and may not be used any more, in any role. {_fills(role)}",
        Choice(tuple(shown)),
        new,
        (
            f"best design then: {_told(found)}, with {words.candidate(found.design[role])}",
            *(f"with {name}: {_told(it)}" for name, it in rivals.items()),
        ),
        words.what_if(_excluded(world, one.component_id)),
        "The next cheapest that still holds every limit, after the other roles have adapted to it.",
        frozenset(as_good),
    )


def _replaced_alike(moved: World, question: Question) -> bool:
    """Return whether the component of a question has the same replacement in a moved world, or one that is as right.

    What the others would cost, which the derivation tells, need not be found again for that.
    """
    for role, one in moved.best.design.items():
        asked = f"\n{one.name} is withdrawn" in question.text and _fills(role) in question.text
        if asked and not one.is_none and not one.shared:
            found = moved.excluding(one.component_id).best
            new = None if found is None else found.design[role].component_id
            return new == question.truth or new in question.also
    return False


def _fills(role: str) -> str:
    return f"What fills {words.role(role)} in the best design then?"


def _without(found: Evaluation, name: str) -> bool:
    return all(name not in c.names for c in found.design.values())


def _told(found: Evaluation | None) -> str:
    return "no design meets everything" if found is None else f"{words.cents(found.cost_usd_per_month)} USD/month"


def _withdrawn(world: World, rng: random.Random) -> str | None:
    """Return a role among the dearest whose component can be replaced."""
    used = [role for role, c in world.best.design.items() if not c.is_none and not c.shared]
    dearest = sorted(used, key=lambda role: -world.best.design[role].cost_usd_per_month)[:4]
    order = steady(rng, dearest)
    models = [role for role in order if world.catalog.role(role).filled_as == "llm"]
    for role in [*models, *order]:
        found = world.excluding(world.best.design[role].component_id)
        if found.best is not None and not found.best.design[role].is_none and minimises_cost(world):
            return role
    return None


def withdrawn_regret(world: World, rng: random.Random) -> Question | None:
    """Ask what the withdrawal of a component costs."""
    role = _withdrawn(world, rng)
    if role is None:
        return None
    one = world.best.design[role]
    filled = {r: c for r, c in world.best.design.items() if one.component_id in c.names}
    found = world.excluding(one.component_id).best
    assert found is not None
    extra = found.cost_usd_per_month - world.cost
    if extra <= SAME * world.cost:
        return None
    costs = ", ".join(f"{words.role(r)} costs {words.money(c.cost_usd_per_month)}" for r, c in filled.items())
    return Question(
        "withdrawn_regret",
        "adaptability",
        "adapt",
        f"{words.best(world.best)}\n{one.name} is withdrawn and may not be used any more, in any role. Now "
        f"{costs} with it. By how much does the cost of the best design rise, in USD a month?",
        Number("USD/month", f"price of losing {one.name}"),
        extra,
        (
            f"best design then: {_told(found)}",
            *(f"{r}: {words.candidate(c)} -> {words.candidate(found.design[r])}" for r, c in filled.items()),
            f"{words.cents(found.cost_usd_per_month)} - {words.cents(world.cost)} = {words.cents(extra)} USD/month",
        ),
        words.what_if(_excluded(world, one.component_id)),
        "The replacement's bill, less what goes with the old one.",
    )


def _excluded(world: World, name: str) -> dict[str, object]:
    named = sorted(n for rule in world.scenario.filters if rule.kind == "exclude" for n in rule.values)
    return {"choices.exclude": [*named, name]}


KINDS = (
    Kind(
        "flips_at_10x",
        "what flips at ten times the traffic",
        "adaptability",
        "adapt",
        flips_at_10x,
        "optimum",
        stays=_flips_stay,
    ),
    Kind(
        "cost_multiplier_10x",
        "cost multiplier at 10x",
        "adaptability",
        "adapt",
        cost_multiplier_10x,
        "optimum",
        stays=_multiplier_stays,
    ),
    Kind("residency_excluded", "who is excluded by residency", "requirements", "adapt", residency_excluded, "figures"),
    Kind("price_of_residency", "price of residency", "trade_offs", "adapt", price_of_residency, "optimum"),
    Kind("cloud_lost", "loss of a cloud or region", "reliability", "adapt", cloud_lost, "optimum"),
    Kind(
        "model_withdrawn",
        "replacement of a withdrawn model",
        "adaptability",
        "adapt",
        model_withdrawn,
        "optimum",
        _replaced_alike,
    ),
    Kind("withdrawn_regret", "price of a withdrawal", "adaptability", "adapt", withdrawn_regret, "optimum"),
)
