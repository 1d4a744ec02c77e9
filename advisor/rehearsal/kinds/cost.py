"""What a design costs, what drives it, and where another choice takes over."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping

from advisor.candidates.candidate import Candidate, CostLine
from advisor.explanation.derivation import Derivation, plain
from advisor.rehearsal import words
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.question import Choice, Number, Question
from advisor.rehearsal.stability import clear, near, steady
from advisor.rehearsal.world import World

OPEN = 3  # roles whose bill is left to the reader
MOST_OPTIONS = 5
LEAST_SHARE = 0.003  # of the cost: about the break-even of less nobody would care
LEAST_TOKENS_USD = 1.0  # a month: below it, nobody would care
TOKEN_METERS = ("million_input_tokens", "million_output_tokens")
STRAIGHT = 1e-4  # by how much a cost may be off a straight line in the share of hits, relative
SHARES_OF_SAVING = (0.3, 0.45, 0.6)  # of what the cache could save at the most: where the budget is set


def monthly_cost(world: World, rng: random.Random) -> Question | None:
    """Ask for the cost of the design, with the bill of its dearest roles left to work out."""
    roles = _by_cost(world)
    left = roles[:OPEN]
    rest = world.cost - sum(world.best.design[role].cost_usd_per_month for role in left)
    bills = "\n".join(line for role in left for line in _bill(world, role))
    return Question(
        "monthly_cost",
        "cost",
        "estimate",
        f"A design has {len(roles)} roles in use. All but {_these(left)} cost {words.money(rest)} together, people's "
        f"hours included. The rest is billed so:\n{bills}\nWhat does the whole design cost a month, in USD?",
        Number("USD/month", "cost of the design"),
        world.cost,
        tuple(words.lines(world.explain("cost_usd_per_month"), 3)),
        words.command("propose", words.SCENARIO),
        "Machines run 730 hours a month; the largest line alone is most of it.",
    )


def _by_cost(world: World) -> list[str]:
    """Return the roles in use, the dearest first."""
    used = [role for role, c in world.best.design.items() if not c.is_none]
    return sorted(used, key=lambda role: (-world.best.design[role].cost_usd_per_month, role))


def _these(roles: list[str]) -> str:
    return ", ".join(words.role(role) for role in roles)


def _bill(world: World, role: str) -> Iterator[str]:
    """Yield a role's bill line by line: quantities and prices, no amounts."""
    one = world.best.design[role]
    hours = f"{words.short(one.operations_h_per_month)} h of people at {words.short(one.usd_per_hour)} USD"
    moving = f"; {words.money(one.migration_usd_per_month)} to pay off the move" if one.migration_h else ""
    priced = [f"{title.removeprefix('of ')}: {_price(line)}" for title, line in one.named_lines()]
    yield f"- {words.role(role)} ({words.candidate(one)}): {'; '.join([*priced, hours])}{moving}"


def _price(line: CostLine) -> str:
    """Return quantity and price of a line, with everything that a bill applies to it."""
    price, unit = line.price, _unit(line)
    tiers = [f"{f'up to {words.short(t.up_to)}' if t.up_to else 'beyond'}: {t.usd:g} USD" for t in price.tiers or ()]
    each = f"{price.usd:g} USD" if price.usd is not None else "prices by tier, " + ", ".join(tiers) + ","
    free = f", the first {words.short(price.free)} free" if price.free else ""
    least = f", at least {price.minimum_usd:g} USD" if price.minimum_usd else ""
    return f"{words.short(line.quantity, 6)} {line.unit} at {each} per {unit}{free}{least}"


# --- what drives it ---------------------------------------------------------------------------------------------------


def largest_cost_driver(world: World, rng: random.Random) -> Question | None:
    """Ask which role costs most."""
    roles = _by_cost(world)[:MOST_OPTIONS]
    costs = [world.best.design[role].cost_usd_per_month for role in roles]
    if len(roles) < 3 or not clear(costs[0], costs[1]):
        return None
    shown = sorted(roles)
    bills = "\n".join(line for role in shown for line in _bill(world, role))
    return Question(
        "largest_cost_driver",
        "cost",
        "estimate",
        f"Among the roles of a design are these, billed so:\n{bills}\nWhich of them costs most a month?",
        Choice(tuple(words.role(role) for role in shown)),
        words.role(roles[0]),
        tuple(f"{role}: {words.cents(c)} USD/month" for role, c in zip(roles, costs, strict=True)),
        words.command("propose", words.SCENARIO),
        "Count machines first: one running all month is 730 hours.",
    )


def cost_share(world: World, rng: random.Random) -> Question | None:
    """Ask what share of the cost the dearest role has."""
    role = _by_cost(world)[0]
    share = 100 * world.best.design[role].cost_usd_per_month / world.cost
    bill = next(_bill(world, role))
    return Question(
        "cost_share",
        "cost",
        "estimate",
        f"The design costs {words.money(world.cost)}. Its dearest role is billed so:\n{bill}\nWhat share of the cost "
        "is that, in percent?",
        Number("%", f"share of {words.role(role)}"),
        share,
        (
            f"{role}: {words.cents(world.best.design[role].cost_usd_per_month)} / {words.cents(world.cost)} = "
            f"{words.short(share)} %",
            *words.lines(_of_role(world, role), 2),
        ),
        words.command("propose", words.SCENARIO),
        "Work out the largest line of the bill; the rest of the role hardly matters.",
    )


def _of_role(world: World, role: str) -> Derivation:
    """Return the derivation of a role's bill."""
    every = world.explain("cost_usd_per_month").walk()
    return next(one for one in every if one.name.startswith(f"{role}: "))


def token_cost(world: World, rng: random.Random) -> Question | None:
    """Ask what the tokens of a hosted model cost a month."""
    hosted = sorted(_hosted(world), key=lambda one: (one.role, one.id))
    chosen = [one for one in hosted if world.best.design[one.role].id == one.id]
    if not hosted:
        return None
    one = rng.choice(chosen or hosted)
    lines = [line for line in one.lines if line.price.meter in TOKEN_METERS]
    truth = sum(line.usd_per_month for line in lines)
    uses = [use for use in world.demand[one.role].uses if use.dimension.endswith("put_tokens_per_s")]
    asked = "\n".join(
        f"- {use.flow}, {use.operation}, {use.dimension.removesuffix('_tokens_per_s')}: {use.rate} runs a month"
        f"{f', {words.percent(use.share)} of them past the cache' if use.share != 1 else ''}, {use.work} tokens per run"
        for use in uses
    )
    prices = "; ".join(f"{line.title.removeprefix('of ')}: {_each(line)}" for line in lines)
    return Question(
        "token_cost",
        "cost",
        "estimate",
        f"{words.capital(words.role(one.role))} is {one.name} as a hosted model. It is called so:\n{asked}\n"
        f"Prices: {prices}. What do the tokens cost a month, in USD? Ends a factor of 2 apart are near enough.",
        Number("USD/month", f"tokens of {one.name}"),
        truth,
        (
            *(f"{use.flow}, {use.operation}: {use.monthly}" for use in uses),
            *(f"{x.title}: {plain(x.quantity)} {x.unit} × {_each(x)} = {words.cents(x.usd_per_month)}" for x in lines),
            f"together = {words.cents(truth)} USD/month",
        ),
        words.command("candidates", words.SCENARIO, "--role", one.role),
        "Prompt and answer are priced apart; a million calls of a thousand tokens are a thousand million tokens.",
    )


def _each(line: CostLine) -> str:
    return f"{line.price.usd:g} USD per {_unit(line)}"


def _unit(line: CostLine) -> str:
    """Return what one of a line's quantity is called."""
    return line.unit.removesuffix("s")


def _hosted(world: World) -> Iterator[Candidate]:
    """Yield the cheapest plain candidate of every hosted model that is billed by nothing but fresh tokens."""
    first: dict[tuple[str, str], Candidate] = {}
    for role, found in world.table.candidates.items():
        caches = {name: world.best.design[name] for name in world.scenario.blueprint.cache_roles}
        for one in found:
            fits = all(caches[name].is_none != used for name, used in one.behind.items())
            if world.catalog.role(role).filled_as == "llm" and fits and _by_tokens(one):
                first.setdefault((role, one.component_id), one)
    yield from first.values()


def _by_tokens(one: Candidate) -> bool:
    """Return whether all that vendors bill for a candidate are tokens at one price each."""
    if one.parts or one.option is None or one.tactics:
        return False
    flat = all(x.price.meter in TOKEN_METERS and x.price.usd is not None and not x.price.free for x in one.lines)
    return flat and len(one.lines) == len(TOKEN_METERS) and one.bill_usd_per_month >= LEAST_TOKENS_USD


# --- where another choice takes over ----------------------------------------------------------------------------------


def break_even_price(world: World, rng: random.Random) -> Question | None:
    """Ask by how much a component's bill may rise until the best design without it is no dearer."""
    found = next(_break_evens(world, rng), None)
    if found is None:
        return None
    role, extra, bill = found
    one = world.best.design[role]
    return Question(
        "break_even_price",
        "trade_offs",
        "adapt",
        f"{one.name} fills {words.role(role)} and bills {words.money(bill)} of a design of {words.money(world.cost)}. "
        f"The best design without {one.name} costs {words.money(world.cost + extra)}. By how many percent may "
        f"{one.name} raise all its prices until that one costs no more?",
        _rise_of(one),
        100 * extra / bill,
        (
            f"the best design without it costs {words.cents(extra)} USD/month more",
            f"{words.cents(extra)} / {words.cents(bill)} = {words.short(100 * extra / bill)} % of its bill",
        ),
        words.what_if(_excluded(world, one.component_id)),
        "Only what it bills rises; people's hours and the other roles stay.",
    )


def _break_evens(world: World, rng: random.Random) -> Iterator[tuple[str, float, float]]:
    """Yield role, extra cost without its component, and bill, of the roles in use, in a steady order."""
    for role in steady(rng, _by_cost(world) if minimises_cost(world) else []):
        found = _break_even(world, role)
        if found is not None:
            yield role, *found


def _break_even(world: World, role: str) -> tuple[float, float] | None:
    """Return what it costs more to do without a role's component, and its bill; None unless it fills the role alone."""
    one = world.best.design[role]
    bill = sum(c.bill_usd_per_month for c in world.best.design.values() if one.component_id in c.names)
    alone = not one.parts and not one.shared and bill == one.bill_usd_per_month and bill >= LEAST_SHARE * world.cost
    found = world.excluding(one.component_id).best if alone else None
    extra = found.cost_usd_per_month - world.cost if found is not None else 0.0
    return (extra, bill) if 0.01 * bill < extra < 10 * bill else None


def _breaks_even_alike(moved: World, question: Question) -> bool:
    """Return whether the component of a question has about the same break-even in a moved world, in whichever role."""
    assert isinstance(question.form, Number)
    for role, one in moved.best.design.items():
        if question.form == _rise_of(one):
            found = _break_even(moved, role)
            return found is not None and near(100 * found[0] / found[1], float(question.truth))  # type: ignore[arg-type]
    return False


def _rise_of(one: Candidate) -> Number:
    return Number("%", f"rise of the prices of {one.name}")


def minimises_cost(world: World) -> bool:
    """Return whether the first thing that the scenario wants is a low cost."""
    return [(t.metric, t.coefficient) for t in world.scenario.objective[0].terms] == [("cost_usd_per_month", 1.0)]


def _excluded(world: World, name: str) -> Mapping[str, object]:
    """Return the change that excludes one more component."""
    named = sorted(n for rule in world.scenario.filters if rule.kind == "exclude" for n in rule.values)
    return {"choices.exclude": [*named, name]}


def cache_hit_rate(world: World, rng: random.Random) -> Question | None:
    """Ask for the share of hits at which the design with its cache comes down to a budget."""
    case = _cache(world)
    if case is None:
        return None
    path, now, most, costs = case
    budget = costs[0] - rng.choice(SHARES_OF_SAVING) * (costs[0] - costs[1])
    if not budget < costs[0]:
        return None
    slope = (costs[0] - costs[1]) / (most - now)
    truth = now + (costs[0] - budget) / slope
    there = world.kept({path: round(truth, 6)})
    if there is None or not math.isclose(there.cost, budget, rel_tol=STRAIGHT):
        return None  # it is no straight line: what the text states would give another share
    return Question(
        "cache_hit_rate",
        "cost",
        "adapt",
        f"With {words.percent(now)} of hits in its cache the design costs {words.money(costs[0])}; of that, "
        f"{words.money(slope * (1 - now))} is billed for requests that miss the cache. Nothing is sized anew. Which "
        f"share of hits, in percent, brings the cost down to {words.money(budget)}?",
        Number("%", "share of hits"),
        100 * truth,
        (
            f"one request more in a hundred that hits saves {plain(slope / 100)} USD/month",
            f"{plain(now)} + ({plain(costs[0])} - {plain(budget)}) / {plain(slope)} = {plain(truth)}",
        ),
        words.what_if({path: round(truth, 6)}),
        "What misses cost falls in a straight line with the share of misses.",
    )


def _cache(world: World) -> tuple[str, float, float, tuple[float, float]] | None:
    """Return path and value of the hit share of a cache in use, the most it may be, and the cost at both."""
    blueprint = world.catalog.blueprint(world.scenario.blueprint.id)
    steps = [step for flow in world.scenario.blueprint.flows.values() for step in flow.steps() if step.cache]
    used = [step for step in steps if step.cache and not world.best.design[step.cache].is_none and step.hit_share]
    if not used:
        return None
    name = str(used[0].hit_share)
    now, most = world.scenario.workload[name], blueprint.parameters[name].most
    far = world.kept({f"workload.{name}": most}) if 0 < now < most - 0.1 else None
    if far is None or far.cost >= 0.99 * world.cost:
        return None
    return f"workload.{name}", now, most, (world.cost, far.cost)


def self_hosting_volume(world: World, rng: random.Random) -> Question | None:
    """Ask from which volume on machines of one's own are cheaper than a hosted model."""
    from advisor.rehearsal.kinds.self_hosting import crossing

    return crossing(world, rng, sorted(_hosted(world), key=lambda one: (one.role, one.id)))


KINDS = (
    Kind("monthly_cost", "monthly cost", "cost", "estimate", monthly_cost, "figures"),
    Kind("token_cost", "token cost within a factor of 2", "cost", "estimate", token_cost, "figures"),
    Kind("largest_cost_driver", "largest cost driver", "cost", "estimate", largest_cost_driver, "design"),
    Kind("cost_share", "share of the largest cost driver", "cost", "estimate", cost_share, "figures"),
    Kind(
        "break_even_price",
        "break-even of a price",
        "trade_offs",
        "adapt",
        break_even_price,
        "optimum",
        _breaks_even_alike,
    ),
    Kind("cache_hit_rate", "cache hit rate that meets the budget", "cost", "adapt", cache_hit_rate, "figures"),
    Kind("self_hosting_volume", "volume at which self-hosting wins", "cost", "adapt", self_hosting_volume, "figures"),
)
