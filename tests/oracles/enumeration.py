"""Every design of a small table, one after the other, and what it does, worked out without the optimizer.

Only the times come from the judge's distributions (those have their own oracle, :mod:`oracles.montecarlo`); totals,
products, feasibility and goals are worked out here from the candidates' constants.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

import advisor
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.evaluation.evaluate import judge
from advisor.scenario.goals import Goal
from advisor.scenario.load import Scenario
from advisor.scenario.pairs import Pair
from advisor.scenario.requirements import Bound, Filter, Requirement
from oracles.network import egress_usd

PRICES = Path(advisor.__file__).parent.parent / "catalog" / "prices"
INSTANCE_CARDS = {
    f"{cloud}/{name}": (one["card"], one["gpus"])
    for file in sorted(PRICES.glob("*.yml"))
    for cloud, instances in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    for name, one in instances.items()
    if one.get("gpus")
}
ALL_CARDS = sorted({card for card, _ in INSTANCE_CARDS.values()})

Design = dict[str, Candidate]
SLIP = 1e-9  # a bound counts as met within this, relative: sums of floats


@dataclass(frozen=True)
class Judged:
    """A design and its metrics by path."""

    design: Design
    metrics: Mapping[str, float]

    @property
    def ids(self) -> dict[str, str]:
        """Role -> candidate id."""
        return {role: c.id for role, c in self.design.items()}


def designs(table: Table) -> Iterator[Design]:
    """Yield every combination in which each candidate is sized for the caches that the combination really has."""
    roles = list(table.candidates)
    for combination in itertools.product(*(table.candidates[role] for role in roles)):
        design = dict(zip(roles, combination, strict=True))
        sized = all((design[cache].id != "none") == used for c in combination for cache, used in c.behind.items())
        same = all(_system(design[role]) == _system(c) for c in combination for role in c.shared)
        if sized and same and all(_fits(design, c) for c in combination):
            yield design


def _fits(design: Design, candidate: Candidate) -> bool:
    """Return whether what a candidate runs works beside all that runs in the roles that it needs something of."""
    for need in [need for one in _runs(candidate) for need in one.needs]:
        others = _runs(design[need.role]) if need.role in design else []
        if any(one.option and not {one.component_id, one.option.id} & set(need.components) for one in others):
            return False
    return True


def _system(candidate: Candidate) -> tuple[object, ...]:
    """Return which units of which option serve several roles, for which use of the caches."""
    option = candidate.option.id if candidate.option else ""
    layout = candidate.layout.name if candidate.layout else ""
    return (candidate.shared, option, layout, tuple(sorted(candidate.behind.items())))


def enumerate_all(table: Table) -> list[Judged]:
    """Return every possible design of a table with its metrics."""
    return [Judged(design, metrics(design, table.scenario)) for design in designs(table)]


def metrics(design: Design, scenario: Scenario) -> dict[str, float]:
    """Return every metric of a design by path."""
    used = [c for c in design.values() if c.option is not None]
    hours = sum(c.operations_h_per_month for c in used)
    found = {
        "cost_usd_per_month": sum(line.usd_per_month for c in used for line in c.lines)
        + sum(c.operations_h_per_month * c.usd_per_hour for c in used)
        + (egress_usd(design, scenario) if scenario.clouds else 0.0),
        "operations_h_per_month": hours,
        "quality": math.prod(c.quality for c in design.values()),
        **_counts([one for c in used for one in _runs(c)]),
        **_cards([one for c in used if not c.shared or c.shared[0] == c.role for one in _runs(c)]),
    }
    evaluation = judge(design, scenario)
    for flow_id, flow in scenario.blueprint.flows.items():
        steps = [s for top in flow.path for s in (top, *top.on_miss)]
        needed = {s.role or s.cache for s in steps if (s.role or s.cache) and not s.in_background}
        needed = {role for role in needed if role and not scenario.blueprint.roles[role].soft}
        apart = {_system(design[role]) if design[role].shared else role: role for role in sorted(needed)}
        found[f"flows.{flow_id}.availability"] = math.prod(design[role].availability for role in apart.values())
        for name, measure in evaluation.flows[flow_id].measures.items():
            found[f"flows.{flow_id}.{name}.mean"] = measure.mean
            found |= {f"flows.{flow_id}.{name}.{p}": value for p, value in measure.percentiles.items()}
    return found


def _counts(running: Sequence[Candidate]) -> dict[str, float]:
    """Return how many different clouds, vendors and systems of our own there are."""
    owner = {"aws": "Amazon Web Services", "azure": "Microsoft", "gcp": "Google"}
    clouds, vendors, own = set(), set(), set()
    for one in running:
        assert one.option
        assert one.component
        clouds |= {one.option.cloud} - {"vendor"}
        vendors.add(owner.get(one.option.cloud, one.option.host or one.component.vendor))
        own |= {one.component.id} if one.option.mode == "self_hosted" else set()
    return {"clouds": float(len(clouds)), "vendors": float(len(vendors)), "self_operated": float(len(own))}


def _cards(running: Sequence[Candidate]) -> dict[str, float]:
    """Return how many accelerators of each type run: of bounded types also where there is none."""
    found = dict.fromkeys((f"cards.{card}" for card in ALL_CARDS), 0.0)
    for one in running:
        unit = one.option.unit if one.option else None
        card, each = INSTANCE_CARDS.get(unit.instance or "", ("", 0)) if unit else ("", 0)
        if unit and card:
            found[f"cards.{card}"] += one.units * unit.instances * each
    return found


def meets(judged: Judged, requirements: Sequence[Requirement]) -> bool:
    """Return whether a design meets every requirement."""
    return all(_meets(judged, requirement) for requirement in requirements)


def _meets(judged: Judged, requirement: Requirement) -> bool:
    if isinstance(requirement, Bound):
        return _meets_bound(judged, requirement)
    if isinstance(requirement, Pair):
        return _keeps(judged, requirement)
    return _meets_filter(judged, requirement)


def _keeps(judged: Judged, pair: Pair) -> bool:
    """Return whether both or neither (``together``), or at most one (``apart``) of two things is used."""
    used = [
        any(
            side.name in {one.component_id, one.option.id if one.option else ""}
            for role, c in judged.design.items()
            if side.role in (None, role)
            for one in _runs(c)
        )
        for side in pair.members
    ]
    return used[0] == used[1] if pair.kind == "together" else not all(used)


def _meets_bound(judged: Judged, bound: Bound) -> bool:
    value = judged.metrics[bound.metric]
    excess = value - bound.limit if bound.upper else bound.limit - value
    return excess <= SLIP * abs(bound.limit)


def _meets_filter(judged: Judged, rule: Filter) -> bool:
    return all(_admits(rule, role, one) for role, c in judged.design.items() for one in _runs(c))


def _runs(candidate: Candidate) -> list[Candidate]:
    """Return what a candidate runs: itself, or of a combination everything that its parts run."""
    return [one for part in candidate.parts for one in _runs(part)] or [candidate]


def _admits(rule: Filter, role: str, candidate: Candidate) -> bool:
    if rule.kind == "pin":
        names = {candidate.component_id, candidate.option.id if candidate.option else "none"}
        return rule.role != role or bool(names & rule.values)
    if candidate.option is None or candidate.component is None:
        return True
    option, component = candidate.option, candidate.component
    has: dict[str, Callable[[str], bool]] = {
        "cloud": lambda name: option.cloud == name,
        "residency": lambda name: name in option.residency,
        "licence": lambda name: component.licence == name,
        "mode": lambda name: option.mode == name,
        "exclude": lambda name: name in (option.id, component.id),
    }
    return any(has[rule.kind](name) for name in rule.values) == rule.allow


def value(goal: Goal, judged: Judged) -> float:
    """Return a goal's value, to be minimised."""
    return sum(term.coefficient * judged.metrics[term.metric] for term in goal.terms)


def optimum(found: Sequence[Judged], requirements: Sequence[Requirement], goals: Sequence[Goal]) -> list[Judged]:
    """Return all designs that are optimal for goals in order of importance; [] when none is feasible."""
    best = [j for j in found if meets(j, requirements)]
    for goal in goals:
        if best:
            least = min(value(goal, j) for j in best)
            best = [j for j in best if value(goal, j) <= least + 1e-12 * abs(least)]
    return best
