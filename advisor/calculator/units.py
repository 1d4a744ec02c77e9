"""Units: what the ending of a name says, and numbers that carry a unit of their own.

A name ends in its unit (``service_time_s``, ``bytes_per_s``). A number given for it may carry another unit of the same
kind (``250ms``, ``1.5TB/s``) and is converted exactly; a unit of another kind is refused. A month has 730 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST_NUMBER = 60
LARGEST_EXPONENT = 400
PERCENT = "%"

_HOUR, _DAY, _MONTH = 3600, 86_400, 730 * 3600

# What a number may carry -> (kind, size in the kind's base unit). Exact spelling: Gb is not GB.
UNITS: dict[str, tuple[str, Fraction]] = {
    **{
        name: ("time", Fraction(size))
        for name, size in (
            ("ns", Fraction(1, 10**9)),
            ("us", Fraction(1, 10**6)),
            ("ms", Fraction(1, 1000)),
            ("s", 1),
            ("min", 60),
            ("h", _HOUR),
            ("d", _DAY),
            ("week", 7 * _DAY),
            ("month", _MONTH),
            ("year", 8760 * _HOUR),
        )
    },
    **{
        prefix + "B": ("bytes", Fraction(size))
        for prefix, size in (
            ("", 1),
            *((letter, 1000**power) for power, letter in enumerate("kMGTP", 1)),
            *((letter + "i", 1024**power) for power, letter in enumerate("KMGTP", 1)),
        )
    },
    **{f"{prefix}bit": ("bytes", Fraction(1000**power, 8)) for power, prefix in enumerate(("", "k", "M", "G", "T"))},
    "KB": ("bytes", Fraction(1000)),
    "bytes": ("bytes", Fraction(1)),
    "USD": ("money", Fraction(1)),
    "erlang": ("erlang", Fraction(1)),
    "tokens": ("tokens", Fraction(1)),
    "requests": ("count", Fraction(1)),
    "flops": ("operations", Fraction(1)),
}

# Words of names -> the unit they stand for.
WORDS: dict[str, str] = {
    **{word: word for word in ("us", "ms", "s", "h", "week", "month", "year")},
    **{word: word for word in ("bytes", "erlang", "tokens", "flops", "requests")},
    **dict(zip(("minutes", "minute", "hours", "hour", "days", "day"), ("min", "min", "h", "h", "d", "d"), strict=True)),
    **{unit.lower(): unit for unit in ("kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "USD")},
    **{"token": "tokens", "request": "requests", "byte": "bytes"},
}
_AMBIGUOUS = "min"  # minutes before "per", the least of something at the end of a name

_NUMBER = re.compile(r"([-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE]([-+]?[0-9]+))?)\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Unit:
    """A unit or a ratio of two; ``over`` without ``top`` is a rate: so many a second."""

    top: str = ""
    over: str = ""

    def __str__(self) -> str:
        """Return ``ms``, ``1/s``, ``GB/month`` or "" for a plain number."""
        one = self.over.removesuffix("s") if len(self.over) > 2 else self.over
        return f"{self.top or 1}/{one}" if self.over else self.top


def unit_of(name: str) -> Unit:
    """Return the unit that a name says.

    >>> [str(unit_of(name)) for name in ("service_time_s", "arrival_rate_per_s", "ingress_mb_per_s", "servers")]
    ['s', '1/s', 'MB/s', '']
    >>> str(unit_of("downtime_minutes_per_month")), str(unit_of("shards_per_heap_gib")), str(unit_of("units_min"))
    ('min/month', '1/GiB', '')
    """
    words = name.lower().split("_")
    if "per" in words[1:-1]:
        at = len(words) - 1 - words[::-1].index("per")
        over = next((WORDS[word] for word in words[at + 1 :] if word in WORDS), "")
        above = words[at - 1]
        top = above if above == _AMBIGUOUS else WORDS.get(above, "")
        return Unit(top, over) if over else Unit()
    if "per" in words:
        return Unit()
    last = words[-1]
    return Unit(WORDS[last]) if last in WORDS and (len(words) > 1 or len(last) > 2) else Unit()


@dataclass(frozen=True)
class Number:
    """A number as it was written: exact value in the unit asked for, and the unit it came with, if any."""

    value: Fraction
    unit: str = ""


def number(text: str, unit: Unit) -> Number:
    """Return the number that a text says, in ``unit``.

    Raises:
        ValueError: not a number, or a unit of another kind; the message ends a sentence that begins with the name.

    >>> float(number("250ms", Unit("s")).value), float(number("99.9%", Unit()).value)
    (0.25, 0.999)
    >>> float(number("6_000/min", Unit("", "s")).value), int(number("2GiB", Unit("bytes")).value)
    (100.0, 2147483648)
    >>> number("5GB", Unit("s"))
    Traceback (most recent call last):
    ValueError: is in s; GB is not a unit of time
    """
    found = _NUMBER.fullmatch(text.strip()) if len(text) <= LONGEST_NUMBER else None
    if found is None:
        raise ValueError("is not a number")
    if abs(int(found[2] or 0)) > LARGEST_EXPONENT:
        raise ValueError(f"has an exponent beyond {LARGEST_EXPONENT}")
    value = Fraction(found[1].replace("_", ""))
    return Number(value * _factor(found[3], unit), found[3]) if found[3] else Number(value)


def _factor(given: str, unit: Unit) -> Fraction:
    """Return by what a number in the unit ``given`` is multiplied to be in ``unit``."""
    if given == PERCENT:
        if unit != Unit():
            raise ValueError(f"is in {unit}; % is for plain fractions")
        return Fraction(1, 100)
    if unit == Unit():
        raise ValueError(f"is a plain number; it has no unit, found '{given[:20]}'")
    top, _, over = given.partition("/")
    return _ratio(top, unit.top, unit) / _ratio(over, unit.over, unit)


def _ratio(given: str, wanted: str, unit: Unit) -> Fraction:
    given, wanted = ("" if part in ("1", "requests") else part for part in (given.strip(), wanted))
    found, needed = UNITS.get(_canonical(given), ("count", Fraction(1))), UNITS.get(wanted, ("count", Fraction(1)))
    if (given and _canonical(given) not in UNITS) or found[0] != needed[0]:
        kind = f"a unit of {needed[0]}" if needed[0] in ("time", "bytes", "money") else f"what {unit} asks for"
        raise ValueError(f"is in {unit}; {given[:20] or 'a plain number'} is not {kind}")
    return found[1] / needed[1]


def _canonical(given: str) -> str:
    """Return a unit's usual spelling; ``gb`` as names spell it is taken, ``Gb`` is not."""
    return given if given in UNITS else WORDS.get(given, given)
