"""Limits, goals and aggregations as people type them: ``latency_ms<=900``, ``cost``, ``availability=product``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.errors import bad_input, listing, nearest
from advisor.selection.draft import RANGE, from_text, in_range
from advisor.selection.problem import Aggregation, Goal, Limit

_LIMIT = re.compile(r"\s*(.*?)\s*(<=|>=|==|=<|=>|≤|≥|=|<|>)\s*(.*?)\s*")
_SENSES = {"==": "=", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}


def parse_limit(text: object) -> Limit:
    """Return the limit that a text states.

    Raises:
        ValueError: the text is none, and what is allowed.

    >>> parse_limit("latency_ms <= 900")
    Limit(attribute='latency_ms', sense='<=', bound=900.0)
    >>> parse_limit("latency_ms<900")
    Traceback (most recent call last):
    ValueError: found 'latency_ms<900'; write 'latency_ms<=900': limits hold with equality
    """
    match = _LIMIT.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match[1]:
        raise ValueError(f"found {text!r}; a limit such as 'latency_ms<=900' is expected (<=, >= or =)")
    attribute, sense, number = match.groups()
    if sense in ("<", ">"):
        raise ValueError(f"found {text!r}; write '{attribute}{sense}={number}': limits hold with equality")
    bound = from_text(number)
    if isinstance(bound, str):
        raise ValueError(f"found {text!r}; '{number}' is not a finite number")
    if not in_range(bound):
        raise ValueError(f"found {text!r}; the bound {RANGE}")
    return Limit(attribute, _SENSES.get(sense, sense), bound)


def parse_aggregate(text: str) -> tuple[str, str]:
    """Return (attribute, aggregation) of ``availability=product``.

    >>> parse_aggregate("availability=product")
    ('availability', 'product')
    """
    attribute, separator, aggregation = text.rpartition("=")
    if not separator or not attribute.strip():
        raise ValueError(f"found {text!r}; ATTRIBUTE=AGGREGATION is expected, for example availability=product")
    return attribute.strip(), aggregation.strip()


def aggregation(name: object) -> Aggregation:
    """Return an aggregation by name. Raises ``ValueError`` that names the nearest.

    >>> aggregation("prod")
    Traceback (most recent call last):
    ValueError: found 'prod'; allowed: critical_path, max, min, product, sum; did you mean 'product'?
    """
    names = [known.value for known in Aggregation]
    if name not in names:
        raise ValueError(f"found {name!r}; allowed: {listing(names)}{nearest(name, names)}")
    return Aggregation(name)


def metrics(text: str | Iterable[str], problem_goal: Goal | None, known: dict[str, Aggregation]) -> tuple[Goal, ...]:
    """Return the goals of a front: ``cost,availability`` or ``cost,quality:max``.

    Without a direction an attribute is taken in the direction of the problem's goal where it is that goal's; products
    and smallest values are maximized; everything else is minimized.

    Raises:
        InputError: fewer than two or more than three metrics, one given twice, unknown ones.

    >>> [str(g) for g in metrics("cost,quality:max", None, {"cost": Aggregation.SUM, "quality": Aggregation.SUM})]
    ['minimize cost', 'maximize quality']
    """
    parts = [part.strip() for part in text.split(",")] if isinstance(text, str) else [str(part) for part in text]
    goals = [_metric(part, problem_goal, known) for part in parts]
    if not 2 <= len(goals) <= 3:
        raise bad_input(f"found {len(goals)}; a front has two or three metrics, such as cost,latency_ms", path="pareto")
    if len({goal.attribute for goal in goals}) < len(goals):
        raise bad_input("a metric is given twice", path="pareto")
    return tuple(goals)


def _metric(part: str, problem_goal: Goal | None, known: dict[str, Aggregation]) -> Goal:
    attribute, separator, direction = part.rpartition(":")
    if not separator or part in known:
        attribute, direction = part, ""
    if attribute not in known:
        found = f"found '{attribute}'; attributes: {listing(known)}{nearest(attribute, known)}"
        raise bad_input(found, path="pareto")
    if direction not in ("", "min", "max"):
        raise bad_input(f"found '{part}'; the direction is min or max, as in {attribute}:max", path="pareto")
    if not direction and problem_goal is not None and problem_goal.attribute == attribute:
        return problem_goal
    upward = known[attribute] in (Aggregation.PRODUCT, Aggregation.MIN)
    return Goal(attribute, direction == "max" or (not direction and upward))
