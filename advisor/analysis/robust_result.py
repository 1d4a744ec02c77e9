"""What trying a design on samples says: how often it holds, how its metrics spread, and what hindsight would save."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.analysis.confident import Confident
from advisor.analysis.draws import Draws
from advisor.analysis.hindsight import Best
from advisor.analysis.in_samples import Design, Outcome, goal_of, metrics_of
from advisor.analysis.intervals import sample_quantile, wilson
from advisor.analysis.knobs import Knob
from advisor.analysis.value_of_information import Worth
from advisor.evaluation.result import Evaluation
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound

LOW, HIGH = 0.05, 0.95  # ends of the spread that is shown


@dataclass(frozen=True)
class Chance:
    """In how many samples something holds, and between which values the probability lies (Wilson, 95 %)."""

    held: int
    samples: int

    @property
    def share(self) -> float:
        """The share of the samples."""
        return self.held / self.samples

    @property
    def interval(self) -> tuple[float, float]:
        """The confidence interval of the probability."""
        return wilson(self.held, self.samples)


@dataclass(frozen=True)
class Spread:
    """A metric over the samples in which the load is carried.

    Attributes:
        stated: with every number at its value. low, median, high: 5 %, half and 95 % of the samples are at most there.
    """

    metric: str
    stated: float
    mean: float
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Regret:
    """What the design costs more than the best one with hindsight, over some samples.

    Attributes:
        samples: in how many the best design was worked out and proved.
        extra: how much worse the first goal is, for each sample in which the design meets everything.
        avoidable: in how many the design breaks a requirement although another one would not.
        hopeless: in how many no design meets every requirement.
        rivals: the designs that are best, with in how many samples; the most frequent first.
    """

    samples: int
    extra: tuple[float, ...]
    avoidable: int
    hopeless: int
    rivals: tuple[tuple[tuple[tuple[str, str], ...], int], ...]

    @property
    def mean(self) -> float | None:
        """The mean regret; None when the design meets everything in none of the samples."""
        return math.fsum(self.extra) / len(self.extra) if self.extra else None

    @property
    def most(self) -> float | None:
        """The largest regret."""
        return max(self.extra, default=None)


@dataclass(frozen=True)
class Input:
    """A number, or several that move together, and what it would be worth to know it.

    Attributes:
        group: what moves together; knobs: the numbers in it that the designs stand on.
        doubt: in which share of the cases knowing it would correct the belief that the design holds.
        usd_per_month: what it is worth for the choice among the designs; None where cost is not the goal.
    """

    group: str
    knobs: tuple[Knob, ...]
    doubt: Worth
    usd_per_month: Worth | None


@dataclass(frozen=True)
class Robust:
    """How a scenario's answer holds.

    Attributes:
        design: the scenario's optimum. outcomes: what it does in each sample.
        together: how often every requirement holds; chances: each bound; carried: how often the load is carried at all.
        inputs: what to measure, the most worth first.
        rivals: the designs among which the worth is computed, the scenario's own first; ``breach_usd`` is what a month
            in which a requirement is broken counts as.
        everything: what it would be worth to know all numbers, USD a month; None where cost is not the goal.
        unsettled: of the samples that were to be looked at with hindsight, for how many the time did not suffice.
    """

    design: Evaluation
    draws: Draws
    outcomes: tuple[Outcome, ...] = field(repr=False)
    carried: Chance
    together: Chance
    chances: tuple[tuple[Bound, Chance], ...]
    spreads: tuple[Spread, ...]
    regret: Regret | None
    inputs: tuple[Input, ...]
    rivals: tuple[Design, ...]
    breach_usd: float
    everything: float | None
    confident: Confident | None
    unsettled: int = 0

    @property
    def scenario(self) -> Scenario:
        """The scenario as it is."""
        return self.design.scenario


def regret_of(scenario: Scenario, outcomes: Sequence[Outcome], known: Mapping[int, Best]) -> Regret:
    """Return what a design loses against the best one of each sample that is worked out and proved."""
    proved = {sample: best for sample, best in known.items() if best.proved}
    held = {sample for sample in proved if outcomes[sample].holds(scenario.bounds)}
    extra = tuple(max(0.0, goal_of(scenario, outcomes[s]) - proved[s].value) for s in sorted(held))
    best = Counter(one.ids for one in proved.values() if one.ids is not None)
    return Regret(
        len(proved),
        extra,
        sum(one.ids is not None for sample, one in proved.items() if sample not in held),
        sum(one.ids is None for one in proved.values()),
        tuple(sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def spreads(design: Evaluation, outcomes: Sequence[Outcome]) -> Iterator[Spread]:
    """Yield how far each metric spreads over the samples in which the load is carried."""
    carried = [one for one in outcomes if not one.trouble]
    for metric in metrics_of(design.scenario) if carried else ():
        found = [one.metrics[metric] for one in carried]
        low, median, high = (sample_quantile(found, share) for share in (LOW, 0.5, HIGH))
        yield Spread(metric, design.metric(metric), math.fsum(found) / len(found), low, median, high)
