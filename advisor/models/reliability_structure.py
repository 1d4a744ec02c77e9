"""What a system needs to be up, as a tree of named parts. The same name is the same part, wherever it stands.

    All("needs every one")   Any("needs any one")   AtLeast(k, "needs k")   Fallback(primary, backup, switch)
    Soft("may be down")

:func:`advisor.models.reliability_report.analyse` works out the availability. A part that is asked three times, or
that two branches share, counts once: multiplying its availability in each time would be wrong, in either direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.models.arguments import probability, whole
from advisor.models.binomial import complement

MOST_PARTS = 500  # names in a tree
MOST_LEVELS = 100  # All in Any in All ...
MOST_PLACES = 10_000  # parts and structures, each counted wherever it stands


@dataclass(frozen=True)
class Part:
    """A part with a name, up a fraction of the time, independently of parts with other names.

    Attributes:
        name: which part it is; the same name is the same part.
        availability: fraction of time up, 0 to 1.
        unavailability: 1 - availability when that is known to more digits than ``availability`` holds; else None.

    Raises:
        ValueError: an argument out of range, or the two do not add up to 1.

    >>> Part("database", 0.9999).down, Part.from_unavailability("quorum", 1e-18).down
    (0.0001, 1e-18)
    """

    name: str
    availability: float
    unavailability: float | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("name of a part must have at least one character, found none")
        probability(**{f"availability of {self.name}": self.availability})
        if self.unavailability is not None:
            probability(**{f"unavailability of {self.name}": self.unavailability})
            if abs(self.availability + self.unavailability - 1) > 1e-9:
                found = f"{self.availability} and {self.unavailability}"
                raise ValueError(f"availability and unavailability of {self.name} must add up to 1, found {found}")

    @classmethod
    def from_unavailability(cls, name: str, unavailability: float) -> Part:
        """Return a part from the fraction of time that it is down, to full precision."""
        probability(**{f"unavailability of {name}": unavailability})
        return cls(name, 1 - unavailability, unavailability)

    @property
    def down(self) -> float:
        """Fraction of time down."""
        return complement(self.availability) if self.unavailability is None else self.unavailability


@dataclass(frozen=True, init=False)
class All:
    """Up when every part is."""

    parts: tuple[Structure, ...]

    def __init__(self, *parts: Structure) -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, init=False)
class Any:
    """Up when any part is."""

    parts: tuple[Structure, ...]

    def __init__(self, *parts: Structure) -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, init=False)
class AtLeast:
    """Up when at least k of the parts are; they need not be alike."""

    k: int
    parts: tuple[Structure, ...]

    def __init__(self, k: int, *parts: Structure) -> None:
        whole(k=k, most=len(parts))
        object.__setattr__(self, "k", k)
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True)
class Fallback:
    """Up when the primary is, or else when the switch works and the backup is up.

    Attributes:
        primary: what serves as long as it is up.
        backup: what takes over.
        switch: probability that the change works, independent of the rest; or a named part, where several share one
            switch.
    """

    primary: Structure
    backup: Structure
    switch: float | Part = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.switch, Part):
            probability(switch=self.switch)


@dataclass(frozen=True)
class Soft:
    """Stands in an :class:`All` and does not count: while it is down the system is degraded, not down."""

    part: Structure


Structure = Part | All | Any | AtLeast | Fallback | Soft
Plain = Part | All | Any | AtLeast  # without fallbacks and soft parts


def plain(structure: Structure, *, soft_counts: bool = False) -> Plain:
    """Return the tree with fallbacks written out as Any and All, and soft parts left out, or counted like others.

    Raises:
        ValueError: the tree is not sound: see :func:`check`.

    >>> found = plain(All(Fallback(Part("a", 0.9), Part("b", 0.8), 0.95), Soft(Part("log", 0.5))))
    >>> [part.name for part in leaves(found)]
    ['a', 'switch from a to b', 'b']
    """
    check(structure)
    return _plain(structure, soft_counts)


def _plain(structure: Structure, soft_counts: bool) -> Plain:
    match structure:
        case Part():
            return structure
        case Soft(part):
            return _plain(part, soft_counts)
        case Fallback(primary, backup, switch):
            after = _plain(backup, soft_counts)
            return Any(_plain(primary, soft_counts), after if switch == 1.0 else All(switch_part(structure), after))
        case AtLeast(k, parts):
            return AtLeast(k, *(_plain(part, soft_counts) for part in parts))
        case Any(parts):
            return Any(*(_plain(part, soft_counts) for part in parts))
        case All(parts):
            return All(*(_plain(part, soft_counts) for part in parts if soft_counts or not isinstance(part, Soft)))


def switch_part(fallback: Fallback) -> Part:
    """Return the part that stands for the change working: the same for fallbacks from and to the same parts."""
    if isinstance(fallback.switch, Part):
        return fallback.switch
    return Part(f"switch from {label(fallback.primary)} to {label(fallback.backup)}", fallback.switch)


def check(structure: Structure) -> None:
    """Refuse a tree that is not sound.

    Raises:
        ValueError: something in it is not a structure, a name has two availabilities, an All, Any is empty, a Soft
            stands outside an All, or the tree is larger than five hundred names or a hundred levels.

    >>> check(All(Part("a", 0.9), Part("a", 0.8)))
    Traceback (most recent call last):
    ValueError: 'a' must have one availability, found 0.9 and 0.8; parts that differ need names that differ
    """
    _check_nodes(structure)
    known: dict[str, Part] = {}
    for part in leaves(_plain(structure, soft_counts=True)):
        other = known.setdefault(part.name, part)
        if (other.availability, other.down) != (part.availability, part.down):
            found = f"{other.availability} and {part.availability}; parts that differ need names that differ"
            raise ValueError(f"{part.name!r} must have one availability, found {found}")
    if len(known) > MOST_PARTS:
        raise ValueError(f"a tree may name at most {MOST_PARTS} parts, found {len(known)}; merge equal units: k_of_n")


def _check_nodes(root: Structure) -> None:
    """Look at every place of the tree; without recursion, as it may be too deep, or share branches many times."""
    places, waiting = 0, [(root, False, 1)]
    while waiting:
        structure, in_all, level = waiting.pop()
        places += 1
        if not isinstance(structure, Structure):
            raise ValueError(f"a structure must be Part, All, Any, AtLeast, Fallback or Soft, found {structure!r}")
        if level > MOST_LEVELS or places > MOST_PLACES:
            raise ValueError(f"a tree may have at most {MOST_LEVELS} levels and {MOST_PLACES} places, found more")
        if isinstance(structure, Soft) and not in_all:
            raise ValueError("a Soft must stand directly in an All, found it elsewhere")
        if isinstance(structure, All | Any) and not structure.parts:
            raise ValueError(f"{type(structure).__name__} must have at least one part, found none")
        waiting += [(child, isinstance(structure, All), level + 1) for child in children(structure)]


def children(structure: Structure) -> tuple[Structure, ...]:
    """Return the structures directly below one."""
    match structure:
        case Part():
            return ()
        case Soft(part):
            return (part,)
        case Fallback(primary, backup, switch):
            return (primary, backup, switch) if isinstance(switch, Part) else (primary, backup)
        case _:
            return structure.parts


def leaves(structure: Structure) -> Iterator[Part]:
    """Yield every part in order, once for each place where it stands.

    >>> [part.name for part in leaves(Any(All(Part("a", 0.9), Part("b", 0.9)), Part("a", 0.9)))]
    ['a', 'b', 'a']
    """
    if isinstance(structure, Part):
        yield structure
    for child in children(structure):
        yield from leaves(child)


def repeated(structure: Structure) -> list[str]:
    """Return the names that stand in more than one place, the most frequent first.

    >>> repeated(Any(All(Part("a", 0.9), Part("b", 0.9)), Part("a", 0.9)))
    ['a']
    """
    return [name for name, places in Counter(part.name for part in leaves(structure)).most_common() if places > 1]


def label(structure: Structure) -> str:
    """Return a short name of a structure: its only part's, or those of its parts.

    >>> label(All(Part("api", 0.9), Part("db", 0.9)))
    '(api, db)'
    """
    names = list(dict.fromkeys(part.name for part in leaves(structure)))
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
