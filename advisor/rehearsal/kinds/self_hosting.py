"""Hosted or on machines of one's own: the monthly volume from which the machines are cheaper.

Per million requests the hosted model costs s, in a straight line. u machines cost u m, whatever the volume, and carry
V(u) = u × (what one carries at the planned utilisation) / peak factor. The machines win first at

    the smallest V with s V + o_h >= u m + o_s  and  V(u - 1) < V <= V(u)

with o the cost of people's hours on either side, which does not depend on the volume.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.candidates.candidate import Candidate
from advisor.explanation.derivation import plain
from advisor.models.cost import SECONDS_PER_MONTH
from advisor.rehearsal import words
from advisor.rehearsal.question import Number, Question
from advisor.rehearsal.world import World

MOST_UNITS = 64
MILLION = 1e6


@dataclass(frozen=True)
class Crossing:
    """A hosted candidate against machines, at the volume of today.

    Attributes:
        calls: requests to the model a month today.
        usd_per_call: what the hosted one bills for one. usd_per_unit: what a machine bills a month.
        hours: cost of people's hours a month, hosted and on machines.
        calls_per_unit: what a machine carries a month at its share of the peak.
    """

    hosted: Candidate
    owned: Candidate
    calls: float
    usd_per_call: float
    usd_per_unit: float
    hours: tuple[float, float]
    calls_per_unit: float

    @property
    def most_units(self) -> int:
        """How many machines there may be."""
        assert self.owned.option is not None
        assert self.owned.option.unit is not None
        return min(self.owned.option.unit.most, MOST_UNITS)

    def cost(self, calls: float) -> tuple[float, float]:
        """Return what the hosted one and the fewest machines cost at a volume, USD a month."""
        units = max(1, -int(-calls // self.calls_per_unit))
        return calls * self.usd_per_call + self.hours[0], units * self.usd_per_unit + self.hours[1]

    @property
    def volume(self) -> tuple[float, int] | None:
        """Return the calls a month from which machines are cheaper, and how many machines; None when they never are."""
        for units in range(1, self.most_units + 1):
            even = (units * self.usd_per_unit + self.hours[1] - self.hours[0]) / self.usd_per_call
            if even <= units * self.calls_per_unit:
                return max(even, (units - 1) * self.calls_per_unit), units
        return None

    @property
    def clear(self) -> bool:
        """Return whether figures rounded as the text has them give the same number of machines."""
        others = (replace(self, calls_per_unit=self.calls_per_unit * factor) for factor in (0.99, 1.01))
        volumes = [one.volume for one in (self, *others)]
        return len({volume[1] for volume in volumes if volume}) == 1 and None not in volumes


def crossing(world: World, rng: random.Random, hosted: Sequence[Candidate]) -> Question | None:
    """Ask for the volume at which some machines beat one of some hosted models."""
    cases = [one for model in hosted for one in _cases(world, model)]
    if not cases:
        return None
    case = rng.choice(cases)
    assert case.volume is not None
    calls, units = case.volume
    return Question(
        "self_hosting_volume",
        "cost",
        "adapt",
        f"{words.capital(words.role(case.hosted.role))}: {case.hosted.name} as a hosted model costs "
        f"{words.short(case.usd_per_call * MILLION)} USD per million requests of this workload and "
        f"{words.money(case.hours[0])} of people's hours. {case.owned.name} on machines of one's own "
        f"({case.owned.option.title if case.owned.option else ''}) costs {words.money(case.usd_per_unit)} a machine, "
        f"which carries {words.short(case.calls_per_unit / MILLION)} million requests a month with the peak, and "
        f"{words.money(case.hours[1])} of people's hours whatever their number. From how many million requests a "
        "month on are the machines first cheaper, both without redundancy?",
        Number("million requests/month", "volume"),
        calls / MILLION,
        (
            f"{units} of these machines: ({units} × {plain(case.usd_per_unit)} + {plain(case.hours[1])} - "
            f"{plain(case.hours[0])}) / {plain(case.usd_per_call)} USD = {plain(calls)} requests",
            f"they carry {units} × {plain(case.calls_per_unit)} requests a month",
        ),
        words.command("candidates", words.SCENARIO, "--role", case.hosted.role),
        "Set the two costs equal for one machine; when one cannot carry that, try two.",
    )


def _cases(world: World, hosted: Candidate) -> Iterator[Crossing]:
    """Yield hosted against machines, for every way to run the role on machines that wins at some volume."""
    demand = world.demand[hosted.role]
    calls = demand.average.get("requests_per_s", 0.0) * SECONDS_PER_MONTH
    seen: set[str] = set()
    for one in world.table.candidates[hosted.role]:
        if one.option is None or one.option.id in seen or not _plain(one) or one.behind != hosted.behind:
            continue
        seen.add(one.option.id)
        case = Crossing(
            hosted,
            one,
            calls,
            hosted.bill_usd_per_month / calls,
            one.bill_usd_per_month / one.units,
            (hosted.operations_usd_per_month, one.operations_usd_per_month),
            _carried(world, one, calls),
        )
        if case.volume is not None and case.clear:
            yield case


def _plain(one: Candidate) -> bool:
    """Return whether a candidate is machines of one's own at their list price, and nothing else."""
    assert one.option is not None
    own = one.option.mode == "self_hosted" and one.option.unit is not None and one.bill_usd_per_month > 0
    return own and not one.parts and not one.shared and one.pooled is None and not {*one.tactics} - {"replicate"}


def _carried(world: World, one: Candidate, calls: float) -> float:
    """Return how many of these calls a month one machine carries, peak and planned utilisation considered."""
    target = world.scenario.sizing.target_utilisation
    full = max(load.peak / (load.limit / one.units * target) for load in one.loads.values() if load.limit)
    return calls / full
