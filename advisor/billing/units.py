"""Units of quantities on a bill, and the conversions between them that are exact.

A unit is an optional scale and one or more parts joined by hyphens: ``GB-month``, ``million requests``, ``vCPU-hour``,
``10_000 operations``. Sizes are decimal (GB = 10^9 bytes) or binary (GiB = 2^30 bytes) as their names say; a month has
as many hours as the bill says. Everything else is a name that only converts to itself. Nothing is guessed: what does
not convert is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from advisor.errors import bad_input
from advisor.models.cost import HOURS_PER_MONTH

COUNT = "count"  # the unit of a bare number of things: it fits every unit that counts things
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "hundred": 1e2}
_SIZES = {f"{prefix}B": 1000.0**power for power, prefix in enumerate(("", "K", "M", "G", "T", "P"))}
_SIZES["kB"] = _SIZES["KB"]
_SIZES |= {f"{prefix}iB": 1024.0**power for power, prefix in enumerate(("K", "M", "G", "T", "P"), 1)}
_TIMES = {"ms": 0.001, "s": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0}
_TIMES |= {"day": 86_400.0}
_MONTHS = {"month": 1.0, "year": 12.0}
_NUMBER = re.compile(r"[0-9][0-9_]*(\.[0-9]+)?")
_DECIMAL = re.compile(r"\b([kKMGTP])B\b")
MAX_UNIT_TEXT = 60


@dataclass(frozen=True)
class Unit:
    """A unit taken apart.

    Attributes:
        kinds: what it measures, sorted: "size", "time" or the name of what is counted, in the singular.
        factor: how many bytes, seconds and single things one unit is, with months left out.
        months: how many times a month (or twelfth of a year) is a factor of it.
    """

    kinds: tuple[str, ...]
    factor: float
    months: int

    def amount(self, hours_per_month: float) -> float:
        """Return the unit in bytes, seconds and single things."""
        return self.factor * (hours_per_month * 3600) ** self.months

    @property
    def counts(self) -> bool:
        """Whether it is a number of things: neither a size nor a time is part of it."""
        return not {"size", "time"} & set(self.kinds)


@lru_cache(maxsize=1024)
def parse(text: str) -> Unit:
    """Return a unit taken apart.

    Raises:
        InputError: an empty or overlong text, a scale of 0.

    >>> parse("million requests")
    Unit(kinds=('request',), factor=1000000.0, months=0)
    >>> parse("GB-month").kinds
    ('size', 'time')
    """
    words = text.replace("\u00a0", " ").split()
    if not words or len(text) > MAX_UNIT_TEXT:
        raise bad_input(f"a unit of 1 to {MAX_UNIT_TEXT} characters is expected, such as GB-month or million requests")
    scale = 1.0
    while len(words) > 1 and (words[0] in _SCALES or _NUMBER.fullmatch(words[0])):
        word = words.pop(0)
        scale *= _SCALES.get(word) or float(word.replace("_", ""))
    if not 0 < scale < 1e30:
        raise bad_input(f"found the unit '{text}'; its scale must be greater than 0 and below 1e30")
    return _compose(" ".join(words).split("-"), scale)


def _compose(parts: list[str], scale: float) -> Unit:
    kinds, months = [], 0
    for raw in parts:
        name = _singular(raw.strip())
        if name in _MONTHS:
            scale, months = scale * _MONTHS[name], months + 1
        scale *= _SIZES.get(name) or _TIMES.get(name) or 1.0
        kinds.append("size" if name in _SIZES else "time" if name in (*_TIMES, *_MONTHS) else name)
    return Unit(tuple(sorted(kinds)), scale, months)


def _singular(name: str) -> str:
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith("ss") else name


def factor(found: str, wanted: str, hours_per_month: float = HOURS_PER_MONTH, *, binary: bool = False) -> float:
    """Return what a quantity in one unit is multiplied by to be in another.

    Args:
        binary: KB, MB, GB, TB and PB stand for powers of 1024 here, as some providers use them.

    Raises:
        InputError: the two do not measure the same thing.

    >>> factor("requests", "million requests"), factor("TB", "GB"), factor("GiB", "GB")
    (1e-06, 1000.0, 1.073741824)
    >>> factor("TB", "GB", binary=True), factor("GiB", "GB", binary=True)
    (1024.0, 1.0)
    >>> factor("GB-hour", "GB-month", 730) == 1 / 730
    True
    >>> factor("GB", "GB-month")
    Traceback (most recent call last):
    advisor.errors.InputError: a quantity in GB cannot be turned into GB-month
    """
    if found == wanted:
        return 1.0
    one, other = (parse(_DECIMAL.sub(_binary, text) if binary else text) for text in (found, wanted))
    bare = COUNT in one.kinds and one.counts and other.counts
    if one.kinds != other.kinds and not bare:
        hint = "; capitals count" if found.casefold() == wanted.casefold() else ""
        raise bad_input(f"a quantity in {found} cannot be turned into {wanted}{hint}")
    return one.amount(hours_per_month) / other.amount(hours_per_month)


def _binary(found: re.Match[str]) -> str:
    return f"{found[1].upper()}iB"


def is_time(text: str) -> bool:
    """Return whether a unit is a bare length of time, such as h or month: what is paid whether used or not.

    >>> is_time("h"), is_time("month"), is_time("GB-month")
    (True, True, False)
    """
    return parse(text).kinds == ("time",)


def without_time(text: str) -> str | None:
    """Return the unit that is left of ``vCPU-hour`` when the hours are counted apart, None when no time is in it.

    >>> without_time("ACU-hour"), without_time("h"), without_time("GB")
    ('ACU', 'count', None)
    """
    words = text.split()
    parts = words[-1].split("-")
    kept = [part for part in parts if _singular(part) not in (*_TIMES, *_MONTHS)]
    if len(kept) == len(parts):
        return None
    return " ".join([*words[:-1], "-".join(kept)]) if kept else COUNT
