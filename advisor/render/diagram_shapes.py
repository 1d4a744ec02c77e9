"""The shapes of a drawing and the curves of its arrows. Lengths are points, y grows downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle by its top left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return the x of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Return the y of the lower side."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Return the centre."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Arrow:
    """A drawn edge: Bézier points (3 n + 1), the tip, and where its number and its text stand."""

    points: tuple[Point, ...]
    tip: Point
    badge: Point
    label: Point


@dataclass(frozen=True)
class Plan:
    """The places of everything in a drawing of ``width`` × ``height``."""

    width: float
    height: float
    cards: dict[str, Box]
    frames: dict[str, Box]
    arrows: tuple[Arrow, ...]


def lower(box: Box, by: float) -> Box:
    """Return the box moved down."""
    return Box(box.x, box.y + by, box.width, box.height)


def lower_arrow(arrow: Arrow, by: float) -> Arrow:
    """Return the arrow moved down."""
    points = tuple((x, y + by) for x, y in arrow.points)
    tip, badge, label = ((x, y + by) for x, y in (arrow.tip, arrow.badge, arrow.label))
    return Arrow(points, tip, badge, label)


def bend(start: Point, end: Point) -> list[Point]:
    """Return the rest of a curve that leaves and arrives horizontally.

    >>> bend((0, 0), (10, 8))
    [(5.0, 0), (5.0, 8), (10, 8)]
    """
    half = (end[0] - start[0]) / 2
    return [(start[0] + half, start[1]), (end[0] - half, end[1]), end]


def loop(start: Point, end: Point, room: float) -> list[Point]:
    """Return a curve on the right side of a column from one card to another; ``room``: how far it stands off."""
    out = max(start[0], end[0]) + room + min(70.0, 0.12 * abs(end[1] - start[1]))
    return [start, (out, start[1]), (out, end[1]), end]


def before_end(points: Sequence[Point], distance: float) -> Point:
    """Return the point on the curve this far before its end (its start when the curve is shorter).

    >>> before_end([(0, 0), (3, 0), (7, 0), (10, 0)], 4)
    (6.0, 0.0)
    """
    path = sampled(points)
    here = path[-1]
    for point in reversed(path):
        step = math.dist(point, here)
        if step >= distance and step > 0:
            share = distance / step
            return here[0] + (point[0] - here[0]) * share, here[1] + (point[1] - here[1]) * share
        distance -= step
        here = point
    return here


def sampled(points: Sequence[Point]) -> list[Point]:
    """Return points close together on a curve."""
    return [point for i in range(0, len(points) - 3, 3) for point in _sampled(points[i : i + 4])]


def _sampled(curve: Sequence[Point]) -> list[Point]:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    return [
        (
            ax * (1 - t) ** 3 + 3 * bx * t * (1 - t) ** 2 + 3 * cx * t * t * (1 - t) + dx * t**3,
            ay * (1 - t) ** 3 + 3 * by * t * (1 - t) ** 2 + 3 * cy * t * t * (1 - t) + dy * t**3,
        )
        for t in (n / 40 for n in range(41))
    ]
