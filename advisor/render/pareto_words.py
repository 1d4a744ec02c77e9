"""A front in sentences: what is proved of it, what holds at every point, and what its marked points are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.analysis.axes import Axis
from advisor.analysis.pareto import Front
from advisor.render import numbers
from advisor.render.change_words import requirement_text
from advisor.render.markdown import joined, plural

KNEE = "knee"
KNEE_MEANS = (
    "knee: the point farthest below the line (with three metrics the plane) of equal exchange between the ends of the "
    "front, each metric scaled to its range on the front"
)


def title(front: Front) -> str:
    """Return what the front is of: ``cost and answer latency p95``."""
    return joined([numbers.metric_label(axis.metric) for axis in front.axes])


def verdict(front: Front) -> str:
    """Return how many designs the front has and how far that is proved."""
    count = plural(len(front.points), "design")
    if front.status.value == "optimal":
        return f"{count} that no other beats; the front is complete (proved)"
    if front.status.value == "infeasible":
        return "no design meets the other requirements (proved)"
    if front.reached is None:
        return "the time limit passed before any point was proved"
    axis = swept(front)
    side = "below" if axis.less_is_better else "above"
    label, value = numbers.metric_label(axis.metric), numbers.metric(axis.metric, front.reached)
    return f"not complete: {count} proved; every one with {label} {side} {value} is there, beyond it time ran out"


def swept(front: Front) -> Axis:
    """Return the metric in whose order points are found."""
    return next(axis for axis in front.axes if axis.metric == front.swept)


def notes(front: Front, read: Sequence[str] = ()) -> Iterator[str]:
    """Yield what a reader has to know; ``read``: how short names of metrics were understood."""
    yield from read
    if front.status.value == "stopped":
        yield "Quicker: --resolution 0.5% leaves out what hardly matters, --near what is far off. Or a longer limit."
    bounds = [requirement_text(bound) for axis in front.axes for bound in axis.bounds]
    if bounds:
        aside = f"{'is' if len(bounds) == 1 else 'are'} set aside for the front and marked"
        yield f"{joined(bounds)} {aside}; all else that is required holds at each point."
    near = [near_text(axis) for axis in front.axes if axis.limit is not None]
    if near:
        yield f"Near the bounds: {joined(near)}."
    if front.resolution:
        share = numbers.percent(front.resolution)
        label = numbers.metric_label(front.swept)
        yield f"Points that better no metric besides {label} by {share} or more are left out."


def selection(front: Front, count: int) -> str:
    """Return which points of a long front are in the table."""
    return (
        f"{count} of {len(front.points)} points: the marked ones and those that differ most from them and each other; "
        "--all shows every one, the chart and --json have them all"
    )


def near_text(axis: Axis) -> str:
    """Return how bad a point may be to count as near."""
    assert axis.limit is not None
    sign = "≤" if axis.less_is_better else "≥"
    return f"{numbers.metric_label(axis.metric)} {sign} {numbers.metric(axis.metric, axis.limit)}"


def chosen(front: Front) -> str:
    """Return what the point to take within the bounds is called."""
    return f"best {numbers.metric_label(front.swept)} within every bound"


def marks(front: Front, index: int) -> list[str]:
    """Return what a point is called, "" parts left out: the best of a metric, the knee, the one to take."""
    found = []
    point = front.points[index]
    for axis, column in zip(front.axes, zip(*(p.values for p in front.points), strict=True), strict=True):
        own = point.values[front.axes.index(axis)]
        best = min(axis.loss(value) for value in column)
        if len(front.points) > 1 and axis.loss(own) == best:
            found.append(f"best {numbers.metric_label(axis.metric)}")
    if index == front.knee:
        found.append(KNEE)
    if index == front.chosen:
        found = [name for name in found if name != f"best {numbers.metric_label(front.swept)}"] + [chosen(front)]
    return found
