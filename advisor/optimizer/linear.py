"""Metrics that add up over the chosen candidates: what both engines, program and labels, are made of.

A :class:`Linear` holds one number for every candidate of a pool, in the pool's order. Products are sums of logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.shared import counted_once
from advisor.evaluation.evaluate import UNIT_MS, needed_roles
from advisor.optimizer.slots import fixed_mean, mean_coefficients
from advisor.scenario.goals import Goal
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import CARDS, COST, COUNTS, OPERATIONS, QUALITY, UNSERVED, Bound

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

Pool = Mapping[str, Sequence[Candidate]]
LEAST_AVAILABILITY = 1e-9  # stands for 0 in a logarithm


@dataclass(frozen=True)
class Linear:
    """A sum over the chosen candidates.

    Attributes:
        weights: role -> a number for each candidate of the pool; roles that are not in it add nothing.
        per_count: metric -> added for each different one that it counts (a cloud in use). constant: added once.
    """

    weights: Mapping[str, Array]
    per_count: Mapping[str, float] = field(default_factory=dict)
    constant: float = 0.0

    def scaled(self, factor: float) -> Linear:
        """Return a multiple of the sum."""
        weights = {role: values * factor for role, values in self.weights.items()}
        per_count = {metric: value * factor for metric, value in self.per_count.items()}
        return Linear(weights, per_count, self.constant * factor)

    def __add__(self, other: Linear) -> Linear:
        """Return the sum of two sums."""
        weights = dict(self.weights)
        for role, values in other.weights.items():
            weights[role] = weights[role] + values if role in weights else values
        per_count = dict(self.per_count)
        for metric, value in other.per_count.items():
            per_count[metric] = per_count.get(metric, 0.0) + value
        return Linear(weights, per_count, self.constant + other.constant)

    def value(self, positions: Mapping[str, int], counts: Mapping[str, int]) -> float:
        """Return the sum for a design, given as role -> position in the pool, with so many different ones of each."""
        parts = [float(values[positions[role]]) for role, values in self.weights.items()]
        parts += [each * counts[metric] for metric, each in self.per_count.items()]
        return math.fsum([*parts, self.constant])


NOTHING = Linear({})


def total(pool: Pool, weight: Callable[[Candidate], float], roles: Iterable[str] | None = None) -> Linear:
    """Return the sum of a constant of the chosen candidates."""
    import numpy as np

    return Linear({role: np.array([weight(c) for c in pool[role]]) for role in (roles or pool)})


def linear(pool: Pool, scenario: Scenario, metric: str) -> Linear | None:
    """Return a metric as a sum (minus the logarithm of a product), None for percentiles."""
    if metric in COUNTS:
        return Linear({}, {metric: 1.0})
    if metric.endswith(".mean"):
        return mean_time(pool, scenario, metric)
    sums: dict[str, Callable[[Candidate], float]] = {
        COST: lambda c: c.cost_usd_per_month,
        OPERATIONS: lambda c: c.operations_h_per_month,
        QUALITY: lambda c: -math.log(c.quality),
    }
    if metric in sums:
        return total(pool, sums[metric])
    if metric.startswith((CARDS, UNSERVED)):
        return total(pool, lambda c: _amount(c, metric))
    if metric.endswith(".availability"):
        needs = needed_roles(scenario.blueprint.flows[metric.split(".")[1]], scenario)
        return total(
            pool, lambda c: 0.0 if counted_once(c, needs) else -math.log(max(c.availability, LEAST_AVAILABILITY)), needs
        )
    return None


def _amount(candidate: Candidate, metric: str) -> float:
    """Return how many cards of a type a candidate has, or how much of a priority it leaves unserved."""
    if metric.startswith(CARDS):
        return float(candidate.cards.get(metric.removeprefix(CARDS), 0))
    return candidate.unserved.get(int(metric.removeprefix(UNSERVED)), 0.0)


def mean_time(pool: Pool, scenario: Scenario, metric: str) -> Linear:
    """Return the mean of a flow's time, in the unit of its measure: ``flows.answer.latency_ms.mean``."""
    import numpy as np

    _, flow_id, measure, _ = metric.split(".", 3)
    flow = scenario.blueprint.flows[flow_id]
    means = mean_coefficients(flow, flow.measures[measure].at, pool, scenario)  # type: ignore[index]
    unit = UNIT_MS[measure]
    weights = {
        role: np.array([means.get((role, c.id), 0.0) / unit for c in pool[role]])
        for role in dict.fromkeys(role for role, _ in means)
    }
    return Linear(weights, constant=fixed_mean(flow, scenario) / unit)


def room_of(bound: Bound) -> tuple[float, float]:
    """Return what a metric's sum may be at most, and the scale that brings it near 1.

    The room includes the judge's own tolerance for a bound.

    >>> room_of(Bound("", COST, True, 500.0))
    (500.0000005, 500.0)
    """
    slip = 1e-9 * abs(bound.limit)
    if not is_product(bound.metric):
        return bound.limit + slip, max(abs(bound.limit), 1.0 if bound.metric.startswith(CARDS) else 1e-6)
    return -math.log(bound.limit - slip), -math.log(bound.limit) if bound.limit < 1 else 1.0


def is_product(metric: str) -> bool:
    """Return whether a metric is a product over roles, linear only in its logarithm."""
    return metric == QUALITY or metric.endswith(".availability")


def is_log(goal: Goal) -> bool:
    """Return whether a goal is a single product, so that minus its logarithm stands for it."""
    return len(goal.terms) == 1 and is_product(goal.terms[0].metric)
