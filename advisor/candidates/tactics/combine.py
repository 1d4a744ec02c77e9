"""What combinations are made of: the plain candidates of a role, sized again for a share of its demand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from advisor.candidates.candidate import Candidate, Load
from advisor.candidates.ground import Ground
from advisor.catalog.model import Component, Option
from advisor.models.latency import Distribution, mixture
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

Times = Mapping[str, tuple[Distribution, Distribution]]
TIMES = frozenset({"ttft_ms", "latency_ms", "freshness_s"})


@dataclass(frozen=True)
class Site:
    """What a combination needs that builds its parts itself.

    Attributes:
        options: those that the scenario's rules and tactics admit, also such as one of them alone cannot carry.
        reject: notes why none of a component's options can be part of a combination.
    """

    ground: Ground
    options: Sequence[tuple[Component, Option]]
    reject: Callable[[Component, Option, str], None]


@dataclass(frozen=True)
class Bench:
    """The candidates that a combination may use, all sized for the same use of the caches.

    Attributes:
        role: whose candidates these are.
        plain: one candidate an option and layout, each admitted by the scenario's rules.
        resized: (candidate, share of the demand to carry, share to be billed for) -> the same option sized again, None
            where that cannot be done.
        site: for combinations that build their parts themselves.
    """

    role: str
    scenario: Scenario
    plain: Sequence[Candidate]
    resized: Callable[[Candidate, float, float], Candidate | None]
    site: Site | None = None

    def leanest(self) -> list[Candidate]:
        """Return the cheapest candidate of each option: what a part of a combination starts from."""
        best: dict[str, Candidate] = {}
        for one in self.plain:
            assert one.option is not None
            known = best.get(one.option.id)
            if known is None or one.cost_usd_per_month < known.cost_usd_per_month:
                best[one.option.id] = one
        return list(best.values())

    def better_and_cheaper(self) -> list[tuple[Candidate, Candidate]]:
        """Return the pairs of a better and a cheaper candidate, of those that nothing beats on all counts.

        The counts are cost, quality, availability and mean times, within the same clouds. A pair in which one is both
        better and cheaper has nothing to share out.
        """
        lean = self.leanest()
        values = {one.id: _counts(one) for one in lean}
        found = [one for one in lean if not any(_beats(values[o.id], values[one.id], o, one) for o in lean)]
        return [
            (a, b)
            for a, b in product(found, found)
            if a.quality > b.quality and a.cost_usd_per_month > b.cost_usd_per_month
        ]

    def matters(self, *metrics: str) -> bool:
        """Return whether the scenario bounds or optimises a metric that ends so."""
        named = [bound.metric for bound in self.scenario.bounds]
        named += [term.metric for goal in self.scenario.objective for term in goal.terms]
        return any(name == metric or name.endswith(f".{metric}") for name in named for metric in metrics)

    def times_matter(self) -> bool:
        """Return whether the scenario bounds or optimises a time of a flow."""
        named = [bound.metric for bound in self.scenario.bounds]
        named += [term.metric for goal in self.scenario.objective for term in goal.terms]
        return any(name.split(".")[2:3] and name.split(".")[2] in TIMES for name in named)


def _counts(one: Candidate) -> tuple[float, ...]:
    times = [time.mean() for pair in one.latency.values() for time in pair]
    return (one.cost_usd_per_month, -one.quality, -one.availability, *times)


def _beats(a: tuple[float, ...], b: tuple[float, ...], one: Candidate, other: Candidate) -> bool:
    return a != b and one.clouds == other.clouds and all(x <= y for x, y in zip(a, b, strict=True))


def combined(
    tactic: str,
    link: str,
    parts: tuple[Candidate, ...],
    *,
    shares: tuple[float, ...],
    availability: float,
    quality: float,
    latency: Times,
    notes: Sequence[Assumption] = (),
    loads: Mapping[str, Load] | None = None,
) -> Candidate:
    """Return the candidate that runs others; bills, operations hours and cards add up.

    Args:
        link: what stands after the first part's id and before those of the others.
        shares: the weight of each part's answers.
        loads: how full it is, where that is not how full its first part is.
    """
    first, *others = parts
    return replace(
        first,
        id="~".join([first.id, link, *(part.id for part in others)]),
        tactics=tuple(dict.fromkeys((*(name for part in parts for name in part.tactics), tactic))),
        lines=tuple(line for part in parts for line in part.lines),
        operations_h_per_month=math.fsum(part.operations_h_per_month for part in parts),
        availability=availability,
        quality=quality,
        latency=latency,
        assumptions=tuple(dict.fromkeys((*(note for part in parts for note in part.assumptions), *notes))),
        parts=parts,
        combined_by=tactic,
        shares=shares,
        cards=dict(sum((Counter(part.cards) for part in parts), Counter())),
        loads=first.loads if loads is None else loads,
    )


def mixed(shares: tuple[float, float], first: Times, second: Times) -> Times:
    """Return the times when a share of the requests goes one way and the rest the other."""
    return {
        name: (
            mixture(shares, [first[name][0], second[name][0]]),
            mixture(shares, [first[name][1], second[name][1]]),
        )
        for name in first
    }


def note(scenario: Scenario, setting: str, subject: str, value: str, reason: str) -> tuple[Assumption, ...]:
    """Return the assumption that a figure of a tactic is when the scenario does not state it, else nothing."""
    if setting in scenario.tactics.given:
        return ()
    return (Assumption(subject, value, reason, f"tactics.{setting}"),)
