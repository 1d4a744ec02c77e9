"""What the history says: points over sessions, stated confidence against hits, the weakest kinds first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.rehearsal.history import Row

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of stated confidence; each bin holds its upper end


@dataclass(frozen=True)
class Group:
    """Marks that belong together. ``points``: their mean; 1 is perfect, 0 is silence, below are confident misses."""

    name: str
    count: int
    points: float


@dataclass(frozen=True)
class Bin:
    """Answers of about the same stated confidence. ``stated``: its mean; ``hit``: the share that was right."""

    low: float
    high: float
    count: int
    stated: float
    hit: float


@dataclass(frozen=True)
class Progress:
    """What the history says.

    Attributes:
        sessions: (number, day, title, marks, mean points), the first first.
        kinds, competences: the weakest first.
        calibration: bins that hold an answer, from low confidence to high.
    """

    sessions: tuple[tuple[int, str, str, Group], ...]
    kinds: tuple[Group, ...]
    competences: tuple[Group, ...]
    calibration: tuple[Bin, ...]


def progress(rows: Sequence[Row]) -> Progress:
    """Return what some marks say."""
    titles = {row.session: (row.begun[:10], row.title) for row in rows}
    sessions = sorted(_groups(rows, lambda row: f"{row.session:09d}"), key=lambda group: group.name)
    return Progress(
        tuple((int(group.name), *titles[int(group.name)], group) for group in sessions),
        _groups(rows, lambda row: row.kind),
        _groups(rows, lambda row: row.competence),
        calibration([(row.confidence, row.hit) for row in rows if row.confidence is not None and row.hit is not None]),
    )


def _groups(rows: Sequence[Row], name: Callable[[Row], str]) -> tuple[Group, ...]:
    """Return marks by name, the weakest first."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[name(row)].append(row.points)
    groups = [Group(key, len(points), sum(points) / len(points)) for key, points in found.items()]
    return tuple(sorted(groups, key=lambda group: (group.points, group.name)))


def calibration(answers: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Return stated confidence against hits: whoever is calibrated is right in 80 % of the cases where 80 % is said.

    >>> [(b.count, b.stated, b.hit) for b in calibration([(0.8, True), (0.8, False), (1.0, True)])]
    [(2, 0.8, 0.5), (1, 1.0, 1.0)]
    """
    found = []
    for low, high in pairwise(EDGES):
        inside = [(stated, hit) for stated, hit in answers if low < stated <= high or (low == stated == 0.0)]
        if inside:
            count = len(inside)
            mean, share = sum(stated for stated, _ in inside) / count, sum(hit for _, hit in inside) / count
            found.append(Bin(low, high, count, mean, share))
    return tuple(found)
