"""Whether a number moves a design enough to be followed."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.changes import CarriedOver
from advisor.evaluation.result import Evaluation

MATERIAL = 0.01  # a number is followed when the far end of its reach moves some metric by this share


def moves(before: Evaluation, after: CarriedOver) -> bool:
    """Return whether a number moves some metric by a material share, or makes the design impossible."""
    if after.evaluation is None or after.evaluation.feasible != before.feasible:
        return True
    return any(share >= MATERIAL for share in shares(before, after.evaluation))


def shares(before: Evaluation, after: Evaluation) -> Iterator[float]:
    """Yield by what share the metrics of interest change; an availability by the share of its downtime."""
    for name in metrics_of_interest(before):
        old, new = before.metric(name), after.metric(name)
        if name.endswith(".availability"):
            old, new = 1 - old, 1 - new
        yield abs(new - old) / max(abs(old), 1e-12)


def metrics_of_interest(evaluation: Evaluation) -> tuple[str, ...]:
    """Return cost, quality, hours, and of each flow its availability, its p95s, and what a bound names."""
    names = ["cost_usd_per_month", "quality", "operations_h_per_month"]
    for flow_id, flow in evaluation.flows.items():
        names += [f"flows.{flow_id}.{measure}.p95" for measure in flow.measures]
        names.append(f"flows.{flow_id}.availability")
    names += [bound.metric for bound in evaluation.scenario.bounds]
    return tuple(dict.fromkeys(names))
