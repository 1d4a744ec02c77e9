"""What a front has to be, from all designs: every point of it, and no other."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.analysis.pareto import Front
from advisor.scenario.requirements import Bound
from oracles.enumeration import Judged

CLOSE_TIME, CLOSE = 1.2e-5, 1e-8


def beaten(a: Sequence[float], by: Sequence[float]) -> bool:
    """Return whether one vector dominates another."""
    return all(y <= x for x, y in zip(a, by, strict=True)) and tuple(a) != tuple(by)


def middle(metric: str, found: Sequence[Judged]) -> Bound:
    """Return a bound on a metric that about half of the designs meet."""
    upper = not (metric == "quality" or metric.endswith(".availability"))
    values = sorted({j.metrics[metric] for j in found})
    limit = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    return Bound(f"constraints.{metric}", metric, upper, limit if metric != "clouds" else max(1.0, float(int(limit))))


def losses(judged: Judged, metrics: Sequence[str]) -> list[float]:
    """Return metrics as values to be minimised."""
    more = [m == "quality" or m.endswith(".availability") for m in metrics]
    return [-judged.metrics[m] if up else judged.metrics[m] for m, up in zip(metrics, more, strict=True)]


def slack(metric: str, value: float) -> float:
    """Return by how much two values of a metric may differ and still count as equal."""
    return (CLOSE_TIME if "_ms." in metric or "_s." in metric else CLOSE) * max(abs(value), 1e-12)


def agree(front: Front, designs: Sequence[Judged], metrics: Sequence[str]) -> int:
    """Assert that a front is the one of the designs, within what counts as equal; return how many points it has."""
    points = {tuple(c.id for c in p.evaluation.design.values()): p for p in front.points}
    mine = [losses(j, metrics) for j in designs if tuple(c.id for c in j.design.values()) in points]
    assert len(mine) == len(points), "a point is not among the feasible designs"
    for judged in designs:
        other = losses(judged, metrics)
        room = [slack(m, value) for m, value in zip(metrics, other, strict=True)]
        covered = [all(p <= o + r for p, o, r in zip(point, other, room, strict=True)) for point in mine]
        assert any(covered), f"missing: {other}"
        for point in mine:
            no_worse = all(o <= p for p, o in zip(point, other, strict=True))
            better = any(o < p - 2 * r for p, o, r in zip(point, other, room, strict=True))
            assert not (no_worse and better), f"dominated: {point} by {other}"
    return len(mine)
