"""What must hold, as values: bounds on metrics, and filters on options.

Each knows the path in the scenario it is from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.catalog.blueprint import Blueprint
    from advisor.catalog.model import Component, Option

COST, OPERATIONS, QUALITY, CLOUDS = "cost_usd_per_month", "operations_h_per_month", "quality", "clouds"
VENDORS, SELF_OPERATED = "vendors", "self_operated"
COUNTS = (CLOUDS, VENDORS, SELF_OPERATED)  # how many distinct ones a design has
CARDS = "cards."  # with the type of an accelerator: how many of them a design has
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,2})?)")
LEAST_LEVEL, MOST_LEVEL = 1.0, 99.99


@dataclass(frozen=True)
class Bound:
    """A bound on a metric.

    Attributes:
        path: place in the scenario, ``constraints.flows.answer.ttft_ms.p95``.
        metric: what is bounded, ``flows.answer.ttft_ms.p95``.
        upper: True for at most, False for at least.
        limit: in the metric's unit.
    """

    path: str
    metric: str
    upper: bool
    limit: float

    def holds(self, value: float) -> bool:
        """Return whether a value meets the bound (to 1e-9 relative, for sums of many terms)."""
        slip = 1e-9 * max(abs(self.limit), 1e-300)
        return value <= self.limit + slip if self.upper else value >= self.limit - slip

    def slack(self, value: float) -> float:
        """Return how much room is left relative to the limit: positive inside, negative outside.

        For availability it is the share of the error budget that is left; a limit of 1 has no budget to have left.

        >>> Bound("", "flows.answer.availability", False, 0.999).slack(0.9995)  # half of it
        0.5...
        >>> Bound("", "flows.answer.availability", False, 1.0).slack(0.9995)
        -inf
        """
        if self.metric.endswith(".availability"):
            missing, budget = 1 - value, 1 - self.limit
            if not budget:
                return 0.0 if missing <= 0 else -math.inf
            return 1 - missing / budget
        return (self.limit - value if self.upper else value - self.limit) / (self.limit or 1.0)


@dataclass(frozen=True)
class Filter:
    """A rule on single options: which may be used at all.

    Attributes:
        path: place in the scenario.
        kind: cloud, residency, licence, mode, exclude or pin.
        values: the allowed (``allow`` True) or refused names; for residency and pins the required one.
        allow: whether ``values`` are allowed or refused.
        role: for a pin, the role it speaks about.
    """

    path: str
    kind: str
    values: frozenset[str]
    allow: bool
    role: str | None = None

    @property
    def words(self) -> str:
        """What it asks, without its path: names, with a ``not`` before them where they are refused."""
        names = ", ".join(sorted(self.values))
        return names if self.allow else f"not {names}"

    def admits(self, role: str, component: Component | None, option: Option | None) -> bool:
        """Return whether an option (None: leaving the role out) may fill a role."""
        if self.role is not None and self.role != role:
            return True
        if option is None or component is None:
            return self.kind != "pin" or "none" in self.values
        return any(trait in self.values for trait in _TRAITS[self.kind](component, option)) == self.allow


_TRAITS: Mapping[str, Callable[[Component, Option], Sequence[str]]] = {
    "cloud": lambda component, option: (option.cloud,),
    "residency": lambda component, option: option.residency,
    "licence": lambda component, option: (component.licence,),
    "mode": lambda component, option: (option.mode,),
    "exclude": lambda component, option: (option.id, component.id),
    "pin": lambda component, option: (option.id, component.id),
}

Requirement = Bound | Filter


def metrics(blueprint: Blueprint) -> dict[str, bool]:
    """Return the metrics of a blueprint (percentiles as ``.p*``) and whether less is better."""
    found = {COST: True, OPERATIONS: True, QUALITY: False, **dict.fromkeys(COUNTS, True)}
    for flow_id, flow in blueprint.flows.items():
        for measure in flow.measures:
            found[f"flows.{flow_id}.{measure}.p*"] = True
            found[f"flows.{flow_id}.{measure}.mean"] = True
        found[f"flows.{flow_id}.availability"] = False
    return found


UNSERVED = "unserved."  # with a priority: requests/s of that priority that are not served


def is_count(metric: str) -> bool:
    """Return whether a metric is a whole number of things: clouds, vendors, systems of our own, cards.

    >>> is_count("clouds"), is_count("cards.h100"), is_count("quality")
    (True, True, False)
    """
    return metric in COUNTS or metric.startswith(CARDS)


def metric_direction(blueprint: Blueprint, metric: str) -> bool | None:
    """Return whether less of a metric is better, or None when the blueprint has no such metric."""
    if metric.startswith((CARDS, UNSERVED)):
        return True
    known = metrics(blueprint)
    if metric in known and "*" not in metric:
        return known[metric]
    *stem, last = metric.split(".", 3)  # the last part may hold a point itself: p99.9
    return known.get(".".join([*stem, "p*"])) if level(last) is not None else None


def level(name: str) -> float | None:
    """Return the probability that a percentile's name stands for, or None when it is not one that can be computed.

    >>> level("p99.9"), level("p100"), level("p95")
    (0.999, None, 0.95)
    """
    match = PERCENTILE.fullmatch(name)
    if not match or not LEAST_LEVEL <= float(match[1]) <= MOST_LEVEL:
        return None
    return round(float(match[1]) / 100, 6)


def split_percentile(metric: str) -> tuple[str, str, float] | None:
    """Return (flow, measure, level) of a percentile metric, None for others.

    >>> split_percentile("flows.answer.ttft_ms.p95")
    ('answer', 'ttft_ms', 0.95)
    """
    parts = metric.split(".", 3)
    if len(parts) != 4 or parts[0] != "flows" or (p := level(parts[3])) is None:
        return None
    return parts[1], parts[2], p
