"""Checks of arguments that all model functions share: one wording, and always the range that would be valid.

Each takes arguments by name, so that the message can name them, and raises ``ValueError`` for the first that is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

# Between these, no product or ratio of two arguments leaves the range of a float.
SMALLEST, LARGEST = 1e-100, 1e100


def positive(**values: float) -> None:
    """Refuse what is not a number above 0, or is beyond every physical scale.

    >>> positive(service_time_s=-1.0)
    Traceback (most recent call last):
    ValueError: service_time_s must be greater than 0 and finite, found -1.0
    """
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be greater than 0 and finite, found {value}")
        if not SMALLEST <= value <= LARGEST:
            raise ValueError(f"{name} must lie between {SMALLEST:g} and {LARGEST:g}, found {value}")


def not_negative(**values: float) -> None:
    """Refuse what is not a number from 0 up, or is larger than every physical scale.

    >>> not_negative(think_time_s=float("nan"))
    Traceback (most recent call last):
    ValueError: think_time_s must be at least 0 and finite, found nan
    """
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be at least 0 and finite, found {value}")
        if value > LARGEST:
            raise ValueError(f"{name} must be at most {LARGEST:g}, found {value}")


def whole(*, least: int = 1, most: int | None = None, **values: int) -> None:
    """Refuse what is not a whole number from ``least`` to ``most``.

    >>> whole(servers=0)
    Traceback (most recent call last):
    ValueError: servers must be a whole number of at least 1, found 0
    >>> whole(most=16, bits=17)
    Traceback (most recent call last):
    ValueError: bits must be a whole number from 1 to 16, found 17
    """
    for name, value in values.items():
        valid = isinstance(value, int) and not isinstance(value, bool) and value >= least
        if not valid or (most is not None and value > most):
            reach = f"of at least {least}" if most is None else f"from {least} to {most}"
            raise ValueError(f"{name} must be a whole number {reach}, found {value}")


def probability(**values: float) -> None:
    """Refuse what is not a number from 0 to 1.

    >>> probability(availability=99.9)
    Traceback (most recent call last):
    ValueError: availability must lie in [0, 1], found 99.9
    """
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1], found {value}")


def share(**values: float) -> None:
    """Refuse what is not a number above 0 and at most 1: a share of something that there is.

    >>> share(usable_fraction=0)
    Traceback (most recent call last):
    ValueError: usable_fraction must lie in (0, 1], found 0
    """
    for name, value in values.items():
        if not 0 < value <= 1:
            raise ValueError(f"{name} must lie in (0, 1], found {value}")


def below_one(**values: float) -> None:
    """Refuse what is not a number from 0 up and below 1: a percentile's level, a share that is taken away.

    >>> below_one(level=1)
    Traceback (most recent call last):
    ValueError: level must be at least 0 and below 1, found 1
    """
    for name, value in values.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, found {value}")


def one_of(known: Sequence[str], **values: str) -> None:
    """Refuse a name that is not known, with the nearest that is.

    >>> one_of(["fp16", "int8"], weight_format="fp61")
    Traceback (most recent call last):
    ValueError: weight_format must be one of fp16, int8, found 'fp61'; did you mean 'fp16'?
    """
    from advisor.errors import nearest

    for name, value in values.items():
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, found {value!r}{nearest(value, known)}")
