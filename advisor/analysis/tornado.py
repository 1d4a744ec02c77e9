"""The tornado: every number that a design stands on, from its low to its high, and what that does to the design."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.fixed import FixedDesign
from advisor.analysis.flipping import BreakEvens
from advisor.analysis.knobs import Knob
from advisor.evaluation.result import Check, Evaluation

STILL = 1e-9  # an effect below this share of the metric is none


@dataclass(frozen=True)
class End:
    """The design with a number at one end of its range.

    Attributes:
        evaluation: None when the design cannot be run there; ``problems`` says why.
        flips: whether another design is the optimum there; None when the number was not followed that far.
    """

    value: float
    evaluation: Evaluation | None
    problems: tuple[str, ...]
    flips: bool | None

    @property
    def broken(self) -> tuple[Check, ...]:
        """The requirements that the design no longer meets."""
        return tuple(check for check in self.evaluation.checks if not check.holds) if self.evaluation else ()


@dataclass(frozen=True)
class Bar:
    """A number and what its range does to the design as it is."""

    knob: Knob
    design: Evaluation
    low: End
    high: End

    def effects(self, metric: str) -> tuple[float | None, float | None]:
        """Return by how much a metric changes at the low and at the high end; None where the design cannot be run."""
        return tuple(
            end.evaluation.metric(metric) - self.design.metric(metric) if end.evaluation else None
            for end in (self.low, self.high)
        )  # type: ignore[return-value]

    def swing(self, metric: str) -> float:
        """Return how far apart the metric is over the range, the design as it is included."""
        found = [0.0, *(effect for effect in self.effects(metric) if effect is not None)]
        return max(found) - min(found)

    @property
    def flips(self) -> bool | None:
        """Whether the optimum is another one at either end; None when that is not known."""
        ends = (self.low.flips, self.high.flips)
        return True if True in ends else None if None in ends else False


def judged(fixed: FixedDesign, knobs: Iterable[Knob]) -> tuple[Bar, ...]:
    """Return a bar for every number that changes something, judged at both ends; nothing is chosen again.

    What flips is not known yet: see :func:`told`.
    """
    bars = (Bar(knob, fixed.evaluation, _end(fixed, knob, knob.low), _end(fixed, knob, knob.high)) for knob in knobs)
    return tuple(bar for bar in bars if _moves(bar))


def told(bars: Iterable[Bar], known: BreakEvens) -> tuple[Bar, ...]:
    """Return bars that know whether the optimum flips at their ends, from the break-evens of their numbers."""
    return tuple(
        replace(bar, low=_told(bar.knob, bar.low, known), high=_told(bar.knob, bar.high, known)) for bar in bars
    )


def _end(fixed: FixedDesign, knob: Knob, value: float) -> End:
    if value == knob.value:
        return End(value, fixed.evaluation, (), flips=False)
    found = fixed.at(knob, value)
    evaluation = found.evaluation
    problems = found.problems or (evaluation.consistent if evaluation else ())
    return End(value, None if problems else evaluation, problems, flips=None)


def _told(knob: Knob, end: End, known: BreakEvens) -> End:
    return end if end.value == knob.value else replace(end, flips=_flips(knob, end.value, known))


def _flips(knob: Knob, value: float, known: BreakEvens) -> bool | None:
    up = value > knob.value
    if any(of == knob and (direction > 0) == up for of, direction in known.open):
        return None
    mine = [one.flips_at for one in known.found if one.knob == knob and (one.flips_at > knob.value) == up]
    if mine:
        return mine[0] <= value if up else mine[0] >= value
    return False if knob in known.followed else None


def _moves(bar: Bar) -> bool:
    return any(end.evaluation is None for end in (bar.low, bar.high)) or any(
        bar.swing(metric) > STILL * abs(bar.design.metric(metric)) for metric in _all_metrics(bar.design)
    )


def _all_metrics(evaluation: Evaluation) -> list[str]:
    names = ["cost_usd_per_month", "operations_h_per_month", "quality"]
    for flow_id, flow in evaluation.flows.items():
        names += [f"flows.{flow_id}.availability", *(f"flows.{flow_id}.{measure}.p95" for measure in flow.measures)]
    return names


def ranked(bars: Sequence[Bar], metric: str) -> list[Bar]:
    """Return the bars that move a metric, the widest first; what cannot be run at one end comes before all."""
    moving = [
        bar for bar in bars if bar.swing(metric) > STILL * abs(bar.design.metric(metric)) or None in bar.effects(metric)
    ]
    return sorted(moving, key=lambda bar: (None not in bar.effects(metric), -bar.swing(metric), bar.knob.path))


def headline_metrics(evaluation: Evaluation) -> tuple[str, ...]:
    """Return cost, then p95 and availability of the first flow: what a reader looks at first."""
    flow_id, flow = next(iter(evaluation.flows.items()))
    last = list(flow.measures)[-1]
    return ("cost_usd_per_month", f"flows.{flow_id}.{last}.p95", f"flows.{flow_id}.availability")
