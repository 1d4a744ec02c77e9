"""How far a bound is loosened, relative to what was asked for: as a term to minimise, as a limit, as a number to write.

Of an availability the change is relative to its error budget; beyond a limit of 0 the value itself says by how much.
"""

from __future__ import annotations

import math

from advisor.scenario.goals import Term
from advisor.scenario.requirements import Bound, is_count

DIGITS = 3  # of a new limit, rounded to the side on which it can be met
WHOLE = 1e-9  # a value this close to a round one, relative, is that one: what a bound itself lets pass
ANYTHING = 1e-9  # every design has more than that
NINES_MORE = 2  # digits that an availability is given beyond its nines


def towards(bound: Bound) -> Term:
    """Return the relative change of a bound as a term to minimise: minus its slack, without the constant."""
    if bound.upper:
        return Term(bound.metric, 1 / (bound.limit or 1.0))
    return Term(bound.metric, -1 / (1 - bound.limit if bound.metric.endswith(".availability") else bound.limit))


def looser(bound: Bound, share: float) -> float:
    """Return the limit of a bound after a relative change; what should be at least something stays above 0.

    >>> looser(Bound("", "flows.answer.ttft_ms.p95", True, 2000.0), 0.1)
    2200.0
    >>> looser(Bound("", "quality", False, 0.6), 0.5), looser(Bound("", "quality", False, 0.6), 22.0)
    (0.3, 1e-09)
    """
    if bound.upper:
        return bound.limit + share * (bound.limit or 1.0)
    room = 1 - bound.limit if bound.metric.endswith(".availability") else bound.limit
    return max(bound.limit - share * room, ANYTHING)


def outward(bound: Bound, least: float) -> float:
    """Return a limit that can be met, rounded to three digits; an availability to two more than it has nines.

    >>> outward(Bound("", "flows.answer.ttft_ms.p95", True, 2000.0), 2314.2)
    2320.0
    >>> outward(Bound("", "quality", False, 0.65), 0.60291), outward(Bound("", "clouds", True, 1.0), 2.0)
    (0.602, 2.0)
    >>> outward(Bound("", "flows.answer.availability", False, 0.999), 0.98508218)
    0.985
    """
    if is_count(bound.metric):
        return float(round(least))
    if bound.metric.endswith(".availability"):
        nines = max(2, 1 - math.floor(math.log10(100 * max(1 - least, 1e-9)) + WHOLE))
        places = nines + NINES_MORE
    else:
        places = DIGITS - 1 - math.floor(math.log10(abs(least))) if least else 0
    count = least * 10.0**places
    near = round(count)
    if abs(count - near) > WHOLE * max(1.0, abs(count)):
        near = math.ceil(count) if bound.upper else math.floor(count)
    return round(near * 10.0**-places, max(places, 0))
