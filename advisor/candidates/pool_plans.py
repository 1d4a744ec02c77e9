"""Which numbers of units of unlike types are worth having before the classes of requests of a role."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from advisor.candidates.bill import bill
from advisor.candidates.ground import Ground
from advisor.candidates.layout import Layout
from advisor.candidates.pool import SizeClass, Target, UnitType
from advisor.models.unit_pool import every_count, mixes, served, types_in_one_pool, useful
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import CARDS

MOST_PARTIAL = 4_000  # numbers of units that are looked at where not all of the load can be served
WHOLE = 1e-9  # a share that lacks less than this is served in full


@dataclass(frozen=True)
class Plan:
    """Numbers of units of each type, and the share of each class that each type serves."""

    counts: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class UnitPool:
    """The unit types of one model in one cloud before the classes of requests of a role."""

    scenario: Scenario
    ground: Ground
    found: Sequence[SizeClass]
    types: Sequence[UnitType]
    target: Target

    @cached_property
    def work(self) -> list[list[float]]:
        """For each class the units of each type that all of it takes, at the utilisation to plan for."""
        planned = self.scenario.sizing.target_utilisation
        rows = []
        for one in self.found:
            rates = [type_.throughput_per_s(one, self.target)[0] for type_ in self.types]
            rows.append([one.peak_per_s / (rate * planned) if rate > 0 else math.inf for rate in rates])
        return rows

    @cached_property
    def cost(self) -> list[float]:
        """What a unit of each type costs a month: the hours of its machines."""
        idle, ground = self.ground.demand.scaled(0.0), self.ground
        bills = (bill(type_.option, Layout(1, 1, 1), idle, ground.catalog, ground.date) for type_ in self.types)
        return [math.fsum(line.usd_per_month for line in lines) for lines in bills]

    @property
    def most(self) -> list[int]:
        """The largest number of units of each type that makes sense."""
        return [type_.option.unit.most if type_.option.unit else 0 for type_ in self.types]

    @cached_property
    def scarce(self) -> list[list[float]]:
        """For each type of card that the scenario bounds or minimises, how many a unit of each type has."""
        asked = {bound.metric for bound in self.scenario.bounds}
        asked |= {term.metric for goal in self.scenario.objective for term in goal.terms}
        names = sorted(name.removeprefix(CARDS) for name in asked if name.startswith(CARDS))
        return [[float(type_.cards.get(name, 0)) for type_ in self.types] for name in names]

    def plans(self) -> Iterator[Plan]:
        """Yield the cheapest numbers of units, one for each point of the front of cost and scarce cards."""
        kept = self._unbeaten()
        rows = [[row[u] for u in kept] for row in self.work]
        scarce = [[row[u] for u in kept] for row in self.scarce]
        found = mixes([self.cost[u] for u in kept], rows, [self.most[u] for u in kept], scarce=scarce)
        for one in found:
            counts = dict(zip(kept, one.counts, strict=True))
            shares = (dict(zip(kept, row, strict=True)) for row in one.shares)
            every = range(len(self.types))
            whole = tuple(tuple(row.get(u, 0.0) for u in every) for row in shares)
            yield Plan(tuple(counts.get(u, 0) for u in every), whole)

    @property
    def fewer_types(self) -> int | None:
        """How many unlike types a plan may have, where that is fewer than there are; None where all are looked at."""
        limits = useful(self.work, self.most)
        allowed = types_in_one_pool(limits)
        return allowed if allowed < sum(n > 0 for n in limits) else None

    def partial(self) -> Iterator[Plan]:
        """Yield numbers of units within the limits on cards that serve part of the load, the most important first.

        Of each the division of the load that serves most; those that another one beats in cost, cards and service are
        left out. Classes without a priority are served in full or the numbers are not yielded.
        """
        demand = [one.average_per_s for one in self.found]
        levels = [one.priority or 0 for one in self.found]
        must = math.fsum(rate for rate, level in zip(demand, levels, strict=True) if not level)
        points: list[tuple[float, ...]] = []
        for price, counts in self._within_limits():
            found = served(counts, self.work, demand, levels)
            if must and found.served[0] < must * (1 - WHOLE):
                continue
            uses = (math.fsum(n * each for n, each in zip(counts, row, strict=True)) for row in self.scarce)
            point = (price, *uses, *(-amount for amount in found.served))
            if not any(all(x <= y + WHOLE for x, y in zip(other, point, strict=True)) for other in points):
                points.append(point)
                yield Plan(counts, found.shares)

    def _within_limits(self) -> list[tuple[float, tuple[int, ...]]]:
        """Return (cost, numbers of units) for all that the limits on cards leave room for, the cheapest first."""
        rows = [tuple(row) for row in every_count(self._room, self._types_in_part).tolist() if any(row)]
        return sorted((math.fsum(n * c for n, c in zip(row, self.cost, strict=True)), row) for row in rows)

    @property
    def fewer_in_part(self) -> int | None:
        """How many unlike types a pool for part of the load may have, None where all that fit are looked at."""
        return self._types_in_part if self._types_in_part < sum(n > 0 for n in self._room) else None

    @cached_property
    def _room(self) -> list[int]:
        """The largest number of units of each type that limits on cards leave room for, and the load has use for."""
        limits = {bound.metric.removeprefix(CARDS): bound.limit for bound in self.scenario.bounds}
        most = []
        for type_, n in zip(self.types, useful(self.work, self.most), strict=True):
            rooms = [limits[card] // each for card, each in type_.cards.items() if card in limits and each]
            most.append(int(min([n, *rooms])))
        return most

    @cached_property
    def _types_in_part(self) -> int:
        """So many unlike types that their numbers can all be looked at."""
        types = len(self._room)
        while types > 1 and math.prod(n + 1 for n in sorted(self._room)[-types:]) > MOST_PARTIAL:
            types -= 1
        return types

    def unserved(self, plan: Plan) -> dict[int, float]:
        """Return priority -> requests/s on average that a plan leaves."""
        left: dict[int, float] = {}
        for one, shares in zip(self.found, plan.shares, strict=True):
            missing = 1 - math.fsum(shares)
            if one.priority is not None and missing > WHOLE:
                left[one.priority] = left.get(one.priority, 0.0) + missing * one.average_per_s
        return left

    def _unbeaten(self) -> list[int]:
        """Return the types that no other one beats in cost, cards, work for every class, and how many there may be."""
        values = []
        for u in range(len(self.types)):
            work = [row[u] for row in self.work]
            values.append((self.cost[u], *work, *(row[u] for row in self.scarce), -float(self.most[u])))
        return [
            u
            for u, mine in enumerate(values)
            if not any(
                all(x <= y for x, y in zip(other, mine, strict=True)) and (other != mine or v < u)
                for v, other in enumerate(values)
                if v != u
            )
        ]
