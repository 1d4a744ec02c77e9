"""The fast engine where attributes add up: roles are merged one after another, and only labels that matter are kept.

A label is the vector of what some roles add to the goals and to the limits. One that another beats everywhere can
never be needed; one that no completion brings within the limits, or below the best design known, is dropped. Products
are sums of logarithms. Where labels become too many the caller turns to :mod:`advisor.selection.search`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.selection.problem import TOLERANCE, Aggregation, Goal, Limit
from advisor.selection.space import Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MOST_LABELS = {1: 1_000_000, 2: 1_000_000, 3: 200_000, 4: 500_000}  # by number of columns, the last for more as well
MOST_COMPARED = 4_000  # labels of four and more columns that are compared with each other
SHARES = (0.25, 0.5, 0.75, 1.0)
CANDIDATES = 8_000_000  # most labels before dropping
AT_ONCE = 1_000_000  # labels of a front that are made before those which others beat are dropped
BEAM = 400
WIDE_BEAM = 1500  # for a design to start from where merging all labels is too much
MULTIPLIER_STEPS = 80
DECIMALS = 6


class TooManyError(Exception):
    """There are too many labels; another engine has to do it."""


@dataclass(frozen=True)
class Columns:
    """The numbers of a problem whose attributes all add up.

    Attributes:
        names: role -> option names, in the order of names.
        tables: for each role a row an option: goals first, limits after; smaller is better.
        rooms: what each limit leaves room for.
        goals: how many columns are goals.
        units: what the numbers of each goal were multiplied with.
    """

    names: tuple[tuple[str, tuple[str, ...]], ...]
    tables: tuple[Array, ...]
    rooms: Array
    goals: int
    units: tuple[float, ...]


def columns(space: Space, goals: Sequence[Goal]) -> Columns | None:
    """Return the numbers of a problem, None where not everything adds up."""
    import numpy as np

    limits = space.open_limits
    if space.coupled or any(limit.sense == "=" for limit in limits):
        return None
    wanted = [(goal.attribute, -1.0 if goal.maximize else 1.0) for goal in goals]
    wanted += [(limit.attribute, 1.0 if limit.sense == "<=" else -1.0) for limit in limits]
    names = tuple(space.options.items())
    parts, rooms, units = [], [], []
    for number, (attribute, sign) in enumerate(wanted):
        own = [np.array([_number(space, role, o, attribute) for o in options]) for role, options in names]
        power = _power(np.concatenate(own))
        parts.append([sign * (np.round(power * column) if power else column) for column in own])
        if number < len(goals):
            units.append(power or 1.0)
        else:
            room = _room(space, limits[number - len(goals)], sign)
            if room is None:
                return None
            rooms.append(room * (power or 1.0))
    kept = [*range(len(goals))]
    kept += [k for k in range(len(goals), len(wanted)) if sum(c.max() for c in parts[k]) > rooms[k - len(goals)]]
    tables = tuple(np.column_stack([parts[k][r] for k in kept]) for r in range(len(names)))
    return Columns(
        names, tables, np.array([rooms[k - len(goals)] for k in kept[len(goals) :]]), len(goals), tuple(units)
    )


def _number(space: Space, role: str, option: str, attribute: str) -> float:
    value = space.value(role, option, attribute)
    if space.problem.aggregations[attribute] is Aggregation.PRODUCT:
        return math.log(1.0 if value is None else value)
    return value or 0.0


def _room(space: Space, limit: Limit, sign: float) -> float | None:
    if space.problem.aggregations[limit.attribute] is Aggregation.PRODUCT:
        return sign * math.log(limit.bound) + TOLERANCE if limit.bound > 0 else None
    return sign * limit.bound + TOLERANCE * abs(limit.bound)


def _power(values: Array) -> float | None:
    """Return the power of ten that makes decimal numbers whole, so that sums and ties are exact; None without one.

    >>> import numpy as np
    >>> _power(np.array([0.25, 3.0])), _power(np.array([1 / 3]))
    (100.0, None)
    """
    import numpy as np

    for digits in range(DECIMALS + 1):
        scaled = values * 10.0**digits
        near = np.round(scaled)
        if np.abs(scaled).sum() > 2.0**52:
            return None
        if (np.abs(scaled - near) <= 1e-14 * np.abs(near)).all():
            return float(10.0**digits)
    return None


# --- one goal -------------------------------------------------------------------------------------------------------


def best_design(numbers: Columns, deadline: float = math.inf) -> dict[str, str] | None:
    """Return the best design by the single goal, the first by name of several; None when no design is within limits.

    Tried with ever more of the room between the Lagrangian bound and a design found quickly: the first design that
    turns up within a part of it is the best of all.

    Raises:
        TooManyError: there are too many labels, or it takes longer than the deadline (monotonic clock).
    """
    multipliers = _multipliers(numbers)
    quick = _suffixes(numbers, multipliers, math.inf, deadline, beam=BEAM) if len(numbers.rooms) else None
    if quick is None:
        suffixes = _suffixes(numbers, multipliers, math.inf, deadline)
        return None if suffixes is None else _first(numbers, suffixes)
    value, lowest = float(quick[0][:, 0].min()), bound(numbers, multipliers)
    for share in SHARES:
        suffixes = _suffixes(numbers, multipliers, value - (1 - share) * (value - lowest), deadline)
        if suffixes is not None:
            return _first(numbers, suffixes)
    return _first(numbers, quick)


def good_design(numbers: Columns, deadline: float = math.inf) -> dict[str, str] | None:
    """Return a design within the limits that is likely to be good, None where the quick search finds none."""
    try:
        suffixes = _suffixes(numbers, _multipliers(numbers), math.inf, deadline, beam=WIDE_BEAM)
    except TooManyError:
        return None
    return None if suffixes is None else _first(numbers, suffixes)


def bound(numbers: Columns, multipliers: Array | None = None) -> float:
    """Return the Lagrangian bound on the single goal's column: no design within the limits has a smaller one."""
    multipliers = _multipliers(numbers) if multipliers is None else multipliers
    least = sum(float((table[:, 0] + table[:, 1:] @ multipliers).min()) for table in numbers.tables)
    return least - float(numbers.rooms @ multipliers)


def _suffixes(numbers: Columns, multipliers: Array, most: float, deadline: float, beam: int = 0) -> list[Array] | None:
    """Return for each role the labels of that role and all later ones; None when the limits leave none.

    The price of an option is its goal and what it takes of the limits at the multipliers, above the lowest of its
    role. A design within the limits has a goal of at least the bound plus its prices, so the prices of a label may
    not exceed what lies between the bound and ``most``.

    Args:
        most: no label that leads above this value of the goal is of interest.
        beam: keep only so many labels a role, those with the lowest prices; 0 keeps all.
    """
    import numpy as np

    least = np.array([table.min(axis=0) for table in numbers.tables])
    rooms = np.concatenate(([most], numbers.rooms))
    budget = most - bound(numbers, multipliers)
    budget += 1e-9 * max(1.0, abs(most)) if math.isfinite(most) else 0.0
    labels, prices = np.zeros((1, numbers.tables[0].shape[1])), np.zeros(1)
    found = [labels]
    for index in range(len(numbers.tables) - 1, -1, -1):
        if time.monotonic() > deadline:
            raise TooManyError
        table = numbers.tables[index]
        own = table[:, 0] + table[:, 1:] @ multipliers
        labels, prices = _joined(labels, prices, table, own - own.min(), budget)
        fits = (labels <= rooms - least[:index].sum(axis=0) + _noise(labels)).all(axis=1)
        labels, prices = labels[fits], prices[fits]
        if not len(labels):
            return None
        if beam:
            kept: Any = np.argsort(prices, kind="stable")[:beam]
        else:
            kept = _needed(labels)
        labels, prices = labels[kept], prices[kept]
        found.append(labels)
    return found[::-1]


def _noise(labels: Array) -> float:
    """Return what rounding may have added to a label's numbers."""
    import numpy as np

    return 1e-13 * float(np.abs(labels).max(initial=1.0))


def _joined(labels: Array, prices: Array, table: Array, own: Array, budget: float) -> tuple[Array, Array]:
    """Return each label with each option added, and their prices, where these are within the budget."""
    import numpy as np

    order = np.argsort(prices, kind="stable")
    labels, prices = labels[order], prices[order]
    counts = np.searchsorted(prices, budget - own, side="right")
    if counts.sum() > CANDIDATES:
        raise TooManyError
    rows = [labels[:count] + row for count, row in zip(counts, table, strict=True)]
    return np.concatenate(rows), np.concatenate([prices[:count] + p for count, p in zip(counts, own, strict=True)])


def _needed(labels: Array) -> Any:
    """Return a mask of the labels that no other beats; of many wide ones all, since finding out takes too long."""
    import numpy as np

    from advisor.models.undominated import undominated_mask

    columns_ = labels.shape[1]
    if len(labels) > MOST_LABELS[min(columns_, 4)]:
        raise TooManyError
    if columns_ > 3 and len(labels) > MOST_COMPARED:
        return np.ones(len(labels), dtype=bool)
    return undominated_mask(labels)


def _multipliers(numbers: Columns) -> Array:
    """Return a price for each limit that makes the Lagrangian bound large: projected subgradient steps.

    Any prices of at least 0 give a valid bound; good ones only make it sharper.
    """
    import numpy as np

    count = len(numbers.rooms)
    prices = np.zeros(count)
    if not count:
        return prices
    scale = np.maximum(np.abs(numbers.rooms), 1e-12)
    best, best_value = prices, -math.inf
    spread = sum(float(np.ptp(table[:, 0])) for table in numbers.tables) or 1.0
    step = spread / scale
    for number in range(MULTIPLIER_STEPS):
        rows = [table[np.argmin(table[:, 0] + table[:, 1:] @ prices)] for table in numbers.tables]
        total = np.sum(rows, axis=0)
        excess = total[1:] - numbers.rooms
        value = float(total[0] + excess @ prices)
        if value > best_value:
            best, best_value = prices, value
        prices = np.maximum(0.0, prices + step * 0.9**number * excess / scale)
    return best


def _first(numbers: Columns, suffixes: Sequence[Array]) -> dict[str, str]:
    """Walk through the roles by name, each at its first option from which an optimal design can be completed."""
    import numpy as np

    value = float(suffixes[0][:, 0].min())
    rooms = np.concatenate(([value + TOLERANCE * abs(value)], numbers.rooms))
    spent = np.zeros(len(rooms))
    chosen = {}
    for index, (role, options) in enumerate(numbers.names):
        table, after = numbers.tables[index], suffixes[index + 1]
        for name, row in zip(options, table, strict=True):
            if ((after + (spent + row)) <= rooms + _noise(after)).all(axis=1).any():
                chosen[role], spent = name, spent + row
                break
    return chosen


# --- a front --------------------------------------------------------------------------------------------------------


def front(numbers: Columns, deadline: float = math.inf) -> list[dict[str, str]]:
    """Return a design for each point that no other beats in the goals: of equal ones the first by name.

    Raises:
        TooManyError: there are too many labels, or it takes longer than the deadline (monotonic clock).
    """
    import numpy as np

    from advisor.models.undominated import undominated_mask

    labels, steps = np.zeros((1, numbers.tables[0].shape[1])), []
    least = np.array([table.min(axis=0) for table in numbers.tables])
    for index, table in enumerate(numbers.tables):
        rooms = numbers.rooms - least[index + 1 :].sum(axis=0)[numbers.goals :]
        labels, kept = _extended(labels, table, rooms, deadline)
        steps.append(np.stack((kept // len(table), kept % len(table))))
    last = np.flatnonzero(undominated_mask(labels[:, : numbers.goals])) if len(labels) else np.zeros(0, dtype=int)
    return _designs(numbers, steps, last)


def _extended(labels: Array, table: Array, rooms: Array, deadline: float) -> tuple[Array, Any]:
    """Return each label with each option added that fits and that no other beats, and where it comes from.

    Of many some are made at a time, with those that are left of the ones before. The place of a label in the full
    table, label by label and option by option, says where it comes from.
    """
    import numpy as np

    from advisor.models.undominated import undominated_mask

    kept, places = np.zeros((0, labels.shape[1])), np.zeros(0, dtype=np.intp)
    at_once = max(AT_ONCE // len(table), 1)
    for begin in range(0, len(labels), at_once):
        joined = (labels[begin : begin + at_once, None, :] + table[None, :, :]).reshape(-1, table.shape[1])
        fits = np.flatnonzero((joined[:, table.shape[1] - len(rooms) :] <= rooms + _noise(joined)).all(axis=1))
        kept = np.concatenate((kept, joined[fits]))
        places = np.concatenate((places, fits + begin * len(table)))
        needed = undominated_mask(kept) if len(kept) else slice(0)
        kept, places = kept[needed], places[needed]
        if len(kept) > MOST_LABELS[min(labels.shape[1], 4)] or time.monotonic() > deadline:
            raise TooManyError
    return kept, places


def _designs(numbers: Columns, steps: Sequence[Any], last: Any) -> list[dict[str, str]]:
    """Follow labels back to the options they were made from."""
    picked: list[tuple[str, tuple[str, ...], Any]] = []
    at = last
    for (role, options), step in zip(reversed(numbers.names), reversed(steps), strict=True):
        picked.append((role, options, step[1][at]))
        at = step[0][at]
    picked.reverse()
    return [{role: options[int(index[k])] for role, options, index in picked} for k in range(len(last))]
