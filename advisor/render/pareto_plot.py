"""A front as a chart of characters: points, the bounds as dashed lines, axes with figures."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.analysis.axes import Axis
from advisor.analysis.pareto import Front
from advisor.render import numbers
from advisor.render import pareto_words as words

WIDTH, HEIGHT = 64, 14  # characters inside the axes
ROOM = 0.04  # of the range, left free at each end
INSIDE, OUTSIDE, KNEE, CHOSEN = "●", "○", "◆", "★"


@dataclass(frozen=True)
class Scale:
    """Where values of a metric lie: a range and a number of places."""

    axis: Axis
    low: float
    high: float
    places: int

    def place(self, value: float) -> int | None:
        """Return the place of a value, None outside the range."""
        share = (value - self.low) / (self.high - self.low)
        return round(share * (self.places - 1)) if -1e-9 <= share <= 1 + 1e-9 else None

    def text(self, place: int) -> str:
        """Return the value at a place with its unit."""
        value = self.low + (self.high - self.low) * place / (self.places - 1)
        return numbers.metric(self.axis.metric, value).removesuffix("/month")


def scale(front: Front, index: int, places: int) -> Scale:
    """Return a scale that holds every point, and a bound that is not far from them."""
    axis = front.axes[index]
    values = [point.values[index] for point in front.points]
    low, high = min(values), max(values)
    width = (high - low) or abs(high) or 1.0
    near = [b.limit for b in axis.bounds if low - width / 2 <= b.limit <= high + width / 2]
    low, high = min([low, *near]), max([high, *near])
    top = 1.0 if not axis.less_is_better else float("inf")
    return Scale(axis, max(low - ROOM * width, 0.0), min(high + ROOM * width, max(top, high)), places)


def plot(front: Front, across: int, up: int) -> list[str]:
    """Return the lines of a chart of two of the front's metrics.

    ``●`` meets every requirement, ``○`` misses a bound on the front's metrics, ``◆`` is the knee, ``★`` the best of
    those that meet all.
    """
    x, y = scale(front, across, WIDTH), scale(front, up, HEIGHT)
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    _draw_bounds(grid, x, y)
    for index, point in enumerate(front.points):
        column, row = x.place(point.values[across]), y.place(point.values[up])
        assert column is not None
        assert row is not None
        grid[row][column] = _louder(grid[row][column], _mark(front, index))
    return [numbers.metric_label(front.axes[up].metric), *_framed(grid, x, y), _legend(front)]


def _draw_bounds(grid: list[list[str]], x: Scale, y: Scale) -> None:
    for bound in x.axis.bounds:
        column = x.place(bound.limit)
        for row in grid if column is not None else ():
            row[column] = "┊"  # type: ignore[index]
    for bound in y.axis.bounds:
        place = y.place(bound.limit)
        if place is not None:
            grid[place] = ["┄" if cell == " " else "┼" for cell in grid[place]]


def _mark(front: Front, index: int) -> str:
    if index == front.chosen:
        return CHOSEN
    if index == front.knee:
        return KNEE
    return INSIDE if front.points[index].within else OUTSIDE


def _louder(there: str, mark: str) -> str:
    """Return which of two marks in one place is shown: the one that says more."""
    order = [OUTSIDE, INSIDE, KNEE, CHOSEN]
    return there if there in order and order.index(there) > order.index(mark) else mark


def _framed(grid: list[list[str]], x: Scale, y: Scale) -> list[str]:
    """Return the rows from top to bottom with figures at the left, and the axis below with figures of its own."""
    shown = {0, HEIGHT // 2, HEIGHT - 1}
    figures = [y.text(row) if row in shown else "" for row in range(HEIGHT)]
    left = max(len(text) for text in figures)
    rows = [f"{figures[row]:>{left}} {'┤' if row in shown else '│'}{''.join(grid[row])}" for row in range(HEIGHT)]
    ticks = [0, WIDTH // 2, WIDTH - 1]
    axis = "".join("┴" if place in ticks else "─" for place in range(WIDTH))
    first, middle, last = (x.text(place) for place in ticks)
    label = f"{first}{middle:^{WIDTH - len(first) - len(last)}}{last}"
    return [*(row.rstrip() for row in reversed(rows)), f"{'':>{left}} └{axis}", f"{'':>{left + 2}}{label}"]


def _legend(front: Front) -> str:
    across = numbers.metric_label(front.axes[0].metric)
    parts = [f"across: {across}", f"{INSIDE} within every bound"]
    parts += [f"{OUTSIDE} beyond one"] if any(not point.within for point in front.points) else []
    parts += [f"{KNEE} knee"] if front.knee is not None else []
    parts += [f"{CHOSEN} {words.chosen(front)}"] if front.chosen is not None else []
    parts += ["┊ ┄ your bounds"] if any(axis.bounds for axis in front.axes) else []
    return " · ".join(parts)
