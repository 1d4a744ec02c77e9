"""Where a yes-or-no answer changes along a number: sizing asks the models backwards."""

from __future__ import annotations

from collections.abc import Callable

# Two doubles this close, relative to the larger, are as near as a model's own rounding.
TOLERANCE = 1e-15


def boundary(good: Callable[[float], bool], low: float, high: float) -> tuple[float, float]:
    """Return where a predicate that holds up to some number stops: the last that holds, the first that does not.

    Both are within 1e-15 of each other, relative to the larger, or are neighbouring floats. The caller vouches that
    ``low`` is good, ``high`` is not, and that the answer changes once between them; neither end is asked again.

    Args:
        good: true from ``low`` to the boundary, false from there to ``high``.
        low: a number from 0 up that is good.
        high: a larger number that is not.

    >>> inside, outside = boundary(lambda x: x * x <= 2, 0.0, 2.0)
    >>> round(inside, 12), inside < outside
    (1.414213562373, True)
    """
    while high - low > TOLERANCE * high:
        middle = low + (high - low) / 2
        if not low < middle < high:  # neighbours among the smallest floats, where no relative distance is left
            break
        if good(middle):
            low = middle
        else:
            high = middle
    return low, high
