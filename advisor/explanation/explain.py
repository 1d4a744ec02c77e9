"""``explain(evaluation, metric)``: the derivation of any metric of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.candidates.demand import demands
from advisor.catalog.load import Catalog
from advisor.errors import InputError, Problem, bad_input, listing, nearest
from advisor.evaluation.result import Evaluation
from advisor.explanation import availability, cost, quality, times
from advisor.explanation.derivation import Derivation
from advisor.scenario.requirements import CARDS, CLOUDS, COST, COUNTS, OPERATIONS, QUALITY, SELF_OPERATED, VENDORS


def metrics(result: Evaluation) -> tuple[str, ...]:
    """Return the path of every metric that an evaluation has, in the order in which it is reported."""
    found = [COST, OPERATIONS, QUALITY, *COUNTS]
    named = {bound.metric for bound in result.scenario.bounds if bound.metric.startswith(CARDS)}
    found += sorted(named | {f"{CARDS}{card}" for card in result.cards})
    for flow_id, flow in result.flows.items():
        for measure, values in flow.measures.items():
            found += [f"flows.{flow_id}.{measure}.{what}" for what in ("mean", *values.percentiles)]
        found.append(f"flows.{flow_id}.availability")
    return tuple(found)


def find(result: Evaluation, name: str) -> str:
    """Return the path of the metric that a name means: the path itself, or an end of exactly one path.

    Raises:
        InputError: no metric or several fit; the message lists them.
    """
    known = metrics(result)
    if name in known:
        return name
    ends = [path for path in known if path.endswith(f".{name}")] or [p for p in known if p.startswith(f"{name}_")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise bad_input(f"found '{name}', which could be any of {listing(ends, 20)}", path="metric")
    raise bad_input(
        f"found '{name}', which is not a metric of this design; metrics: {listing(known, 12)}{nearest(name, known)}",
        path="metric",
    )


def explain_all(result: Evaluation, names: Sequence[str], catalog: Catalog) -> list[Derivation]:
    """Return the derivation of each metric named, ``all`` for every one.

    Raises:
        InputError: every name that is no metric or fits several.
    """
    problems: list[Problem] = []
    paths: list[str] = []
    for name in names:
        try:
            paths += metrics(result) if name == "all" else [find(result, name)]
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return [explain(result, path, catalog) for path in dict.fromkeys(paths)]


def explain(result: Evaluation, metric: str, catalog: Catalog) -> Derivation:
    """Return how a metric of an evaluation comes about, down to the catalog's figures.

    Args:
        metric: a path such as ``flows.answer.ttft_ms.p95``, or an end of it that is enough to tell.
        catalog: the one that the design was evaluated with.

    Raises:
        InputError: an unknown or ambiguous metric.

    >>> import advisor
    >>> catalog = advisor.load_catalog()
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"), catalog)
    >>> best = advisor.propose(scenario, catalog, explain=False).best
    >>> found = explain(best, "operations", catalog)
    >>> found.name, found.value == best.operations_h_per_month
    ('operations_h_per_month', True)
    """
    path = find(result, metric)
    if path == COST:
        used = frozenset(r for r in result.scenario.blueprint.cache_roles if not result.design[r].is_none)
        return cost.monthly_cost(result, catalog, demands(result.scenario, used))
    if path in (OPERATIONS, QUALITY):
        return cost.operations(result) if path == OPERATIONS else quality.of_design(result, catalog)
    if path in COUNTS:
        return _count(path, result)
    if path.startswith(CARDS):
        return _cards(path, result)
    _, flow, what, *rest = path.split(".", 3)
    if what == "availability":
        return availability.of_flow(result, flow, catalog)
    return times.of_measure(result, flow, what, rest[0], catalog)


def _cards(metric: str, result: Evaluation) -> Derivation:
    """Return the derivation of a number of accelerators: those of each role's units."""
    card = metric.removeprefix(CARDS)
    parts = []
    for role, c in result.design.items():
        for one in c.members:
            if count := one.cards.get(card, 0):
                formula = f"{one.units} × {count // one.units} in each unit"
                note = "accelerators of its instance type, as the price list has them"
                parts.append(Derivation(f"{role}: {one.name}", float(count), "cards", formula, note=note))
    return Derivation(metric, result.metric(metric), "cards", "sum over all roles", parts=tuple(parts))


_COUNTED = {
    CLOUDS: "distinct clouds in use",
    VENDORS: "distinct vendors that bill for something: owners of the clouds, hosts of services",
    SELF_OPERATED: "distinct components that we run ourselves",
}


def _count(metric: str, result: Evaluation) -> Derivation:
    """Return the derivation of a number of different clouds, vendors or systems, and where each is used."""
    parts = []
    for one in result.distinct[metric]:
        roles = [role for role, c in result.design.items() if one in c.distinct(metric)]
        parts.append(Derivation(one, 1.0, "", note=f"in {', '.join(roles)}"))
    numbers = " + ".join("1" for _ in parts) or "0"
    unit = {SELF_OPERATED: "systems"}.get(metric, metric)
    return Derivation(metric, float(len(parts)), unit, _COUNTED[metric], numbers, parts=tuple(parts))
