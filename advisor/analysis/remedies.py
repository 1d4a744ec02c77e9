"""What makes an infeasible scenario feasible, as steps: a bound that is moved, a rule that lets more in, a tactic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.analysis.loosening import outward
from advisor.analysis.smallest_fixes import Fixes
from advisor.evaluation.result import Evaluation
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, Filter, Requirement
from advisor.scenario.tactics import BY_DEFAULT


@dataclass(frozen=True)
class Loosened:
    """A bound that is moved.

    Attributes:
        least: the tightest value that can be met, exact. limit: the same rounded outward to three digits.
    """

    bound: Bound
    least: float
    limit: float

    @property
    def share(self) -> float:
        """The change of the bound relative to what was asked for; of an availability, relative to its error budget."""
        return max(0.0, -self.bound.slack(self.least))


@dataclass(frozen=True)
class Admitted:
    """A rule that lets in one name more (``name``), or is dropped (``name`` None)."""

    rule: Filter
    name: str | None = None

    @property
    def rest(self) -> Filter | None:
        """The rule that is left, None when nothing is."""
        if self.name is None:
            return None
        values = self.rule.values | {self.name} if self.rule.allow else self.rule.values - {self.name}
        return replace(self.rule, values=values) if values else None


@dataclass(frozen=True)
class Undenied:
    """A tactic that would be used if the scenario allowed it: one that is denied, or one that has to be asked for."""

    tactic: str

    @property
    def asked_for(self) -> bool:
        """Whether the tactic has to be asked for, instead of not being denied."""
        return self.tactic not in BY_DEFAULT


Step = Loosened | Admitted | Undenied


@dataclass(frozen=True)
class Remedy:
    """Something that makes the scenario feasible.

    Attributes:
        steps: everything that must change, at once.
        evaluation: the best design of the scenario changed so. proved: False when time ended before it was proved best.
    """

    steps: tuple[Step, ...]
    evaluation: Evaluation
    proved: bool

    @property
    def share(self) -> float:
        """The relative changes of its bounds together."""
        return math.fsum(step.share for step in self.steps if isinstance(step, Loosened))

    @property
    def cost_usd_per_month(self) -> float:
        """What its design costs."""
        return self.evaluation.cost_usd_per_month


@dataclass(frozen=True)
class WaysOut:
    """What makes a scenario feasible, the least change first.

    Ranking: what only moves bounds comes first, by the sum of the relative changes; then what changes rules or tactics,
    by the same sum and then by the scenario's goals.

    Attributes:
        fixes: which requirements must change, at least.
        open: what the time limit left open, by path.
    """

    remedies: tuple[Remedy, ...]
    fixes: Fixes
    open: tuple[str, ...] = ()


def place_of(step: Step) -> str:
    """Return where in the scenario a step is made."""
    if isinstance(step, Loosened):
        return step.bound.path
    if isinstance(step, Admitted):
        return step.rule.path
    return "tactics.allow" if step.asked_for else "tactics.deny"


def changed_scenario(scenario: Scenario, steps: Sequence[Step]) -> Scenario:
    """Return a scenario with every step made."""
    moved: dict[Requirement, Requirement | None] = {}
    allowed = scenario.tactics.allowed
    for step in steps:
        if isinstance(step, Loosened):
            moved[step.bound] = replace(step.bound, limit=step.limit)
        elif isinstance(step, Admitted):
            moved[step.rule] = step.rest
        else:
            allowed = allowed | {step.tactic}
    left = [new for r in scenario.requirements if (new := moved.get(r, r)) is not None]
    return replace(scenario, requirements=tuple(left), tactics=replace(scenario.tactics, allowed=allowed))


def loosened(bound: Bound, least: float) -> Loosened:
    """Return a bound moved to where it can just be met."""
    return Loosened(bound, least, outward(bound, least))
