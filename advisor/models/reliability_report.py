"""What a tree of named parts comes to: availability, which part causes how much downtime, single points of failure.

Sources: Birnbaum, On the Importance of Different Components in a Multicomponent System (1969); Barlow and Proschan
(1975), chapter 2, for cut sets.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from advisor.models.decision_diagram import chances, cut_sets, diagram, differences
from advisor.models.downtime import Period
from advisor.models.reliability_formula import derivation
from advisor.models.reliability_structure import Part, Plain, Soft, Structure, children, leaves, plain


@dataclass(frozen=True)
class Importance:
    """What one part means for the system.

    Attributes:
        name: which part.
        availability: its own.
        places: in how many places of the tree its name stands; it counts once.
        birnbaum: P(system up | part up) - P(system up | part down): by how much the system's availability rises with
            the part's.
        gain_if_perfect: by how much the system's unavailability falls if the part never failed, birnbaum x (1 -
            availability).
        share_of_downtime: that, over the system's unavailability; shares of redundant parts overlap, so they need not
            add up to 1.
    """

    name: str
    availability: float
    places: int
    birnbaum: float
    gain_if_perfect: float
    share_of_downtime: float

    @property
    def gain_h_per_year(self) -> float:
        """Hours of downtime a year (8 760 h) that a perfect part would save."""
        return self.gain_if_perfect * Period.YEAR


@dataclass(frozen=True)
class Analysis:
    """The availability of a tree of parts, and where its downtime comes from.

    Attributes:
        availability: fraction of time up; at most that of each single point of failure.
        unavailability: 1 - availability, to full precision.
        fully_up: fraction of time in which soft parts are up as well.
        degraded: fraction of time in which the system is up, but some soft part is down.
        single_points: parts whose failure alone takes the system down.
        pairs: pairs of other parts whose failure together does.
        importance: every part that counts, the one with the largest gain first.
        soft: names of parts that only degrade.
        derivation: the formula with the numbers in it.
    """

    availability: float
    unavailability: float
    fully_up: float
    degraded: float
    single_points: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    importance: tuple[Importance, ...]
    soft: tuple[str, ...]
    derivation: str


def analyse(structure: Structure) -> Analysis:
    """Return what a tree of named parts comes to, exactly.

    Parts with different names fail independently; the same name is the same part, in whatever place. Soft parts do
    not count. Some thirty parts of which several are shared take milliseconds; the limit is a hundred thousand
    states.

    Args:
        structure: the tree: :mod:`advisor.models.reliability_structure`.

    Raises:
        ValueError: the tree is not sound, or repeated names make it too large for an exact calculation.

    >>> from advisor.models.reliability_structure import All, Any
    >>> identity = Part("identity", 0.9999)
    >>> region = lambda name: All(Part(name, 0.999), identity)
    >>> found = analyse(Any(region("east"), region("west")))
    >>> round(found.availability, 12), found.single_points, found.pairs      # 0.9999 (1 - 0.001^2)
    (0.9998990001, ('identity',), (('east', 'west'),))
    """
    required, everything = plain(structure), plain(structure, soft_counts=True)
    parts = {part.name: part for part in leaves(everything)}
    found = diagram(required)
    up, down = (side[found.root] for side in chances(found, parts))
    single_points, pairs = cut_sets(found)
    up = min([up, *(parts[name].availability for name in single_points)])  # never above, not even by rounding
    down = max([down, *(parts[name].down for name in single_points)])
    fully_up, not_fully = _all_of(everything, parts)
    return Analysis(
        availability=up,
        unavailability=down,
        fully_up=min(fully_up, up),
        degraded=max(0.0, not_fully - down),
        single_points=tuple(single_points),
        pairs=tuple(pairs),
        importance=_importance(required, differences(found, parts), parts, down),
        soft=_soft_names(structure, required),
        derivation=derivation(required),
    )


def _all_of(everything: Plain, parts: dict[str, Part]) -> tuple[float, float]:
    found = diagram(everything)
    up, down = chances(found, parts)
    return up[found.root], down[found.root]


def _importance(
    required: Plain, birnbaum: dict[str, float], parts: dict[str, Part], system_down: float
) -> tuple[Importance, ...]:
    places = Counter(part.name for part in leaves(required))
    rows = []
    for name, difference in birnbaum.items():
        gain = difference * parts[name].down
        share = gain / system_down if system_down else 0.0
        rows.append(Importance(name, parts[name].availability, places[name], difference, gain, share))
    return tuple(sorted(rows, key=lambda row: (-row.gain_if_perfect, row.name)))


def _soft_names(structure: Structure, required: Plain) -> tuple[str, ...]:
    """Return the names below a Soft that count nowhere else."""
    counted = {part.name for part in leaves(required)}
    waiting, names = [structure], []
    while waiting:
        place = waiting.pop(0)
        if isinstance(place, Soft):
            names += [part.name for part in leaves(place) if part.name not in counted]
        waiting += children(place)
    return tuple(dict.fromkeys(names))
