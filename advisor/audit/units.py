"""Units as people write them: "GB-month", "/hr", "per 1M tokens", "req/s", "ms"."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Bytes in a unit. "GB" is 1000³ or 1024³ depending on who writes it; "GiB" is 1024³ for everybody.
STEPS = {"B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5}
BITS_PER_BYTE = 8
_SIZES = {
    **{name.lower(): name for name in STEPS if name != "B"},
    **{f"{letter}ib".lower(): f"{letter.upper()}iB" for letter in "kmgtp"},
    **{f"{letter}bit".lower(): f"{letter.upper()}bit" for letter in "kmgt"},
    **{"gigabyte": "GB", "gigabytes": "GB", "terabyte": "TB", "terabytes": "TB", "megabyte": "MB", "gbs": "GB"},
    **{"byte": "B", "bytes": "B", "gigabits": "Gbit", "gigabit": "Gbit"},
}
_BIT_CASES = {"Kb": "Kbit", "Mb": "Mbit", "Gb": "Gbit", "Tb": "Tbit", "Mbps": "Mbit", "Gbps": "Gbit"}
_TIMES = {
    **dict.fromkeys(("ns",), "ns"),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds", "millis"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "hourly", "stunde", "std"), "h"),
    **dict.fromkeys(("d", "day", "days", "daily", "tag", "jour"), "day"),
    **dict.fromkeys(("week", "weeks", "wk", "weekly"), "week"),
    **dict.fromkeys(("mo", "mon", "mth", "month", "months", "monthly", "pm", "monat", "mois", "mes"), "month"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "annual", "annually", "annum", "yearly", "jahr", "an"), "year"),
}
SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0, "week": 604800.0}
_SCALES = {
    **dict.fromkeys(("k", "thousand", "thousands"), 1e3),
    **dict.fromkeys(("m", "mm", "million", "millions", "mio"), 1e6),
    **dict.fromkeys(("b", "bn", "billion", "billions"), 1e9),
}
_SCALED = re.compile(r"(\d[\d,.]*)(k|m|mm|b|bn)?")
_FILLER = {"", "each", "of", "a", "an", "the", "usd", "eur", "gbp", "us", "provisioned", "used", "total", "avg"}


@dataclass(frozen=True)
class Unit:
    """What a number counts.

    Attributes:
        scale: how many make one: 1e6 in "per 1M tokens".
        size: "GB", "TiB", "Mbit" and the like, or "".
        times: units of time that multiply: ("month",) in "GB-month".
        per: units of time that divide: ("day",) in "requests/day".
        noun: anything else, in the singular.
    """

    scale: float = 1.0
    size: str = ""
    times: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    noun: str = ""

    def __bool__(self) -> bool:
        return self != Unit()


def parse(text: str) -> Unit:
    """Read a unit.

    >>> parse("GB-month"), parse("requests/day")
    (Unit(scale=1.0, size='GB', times=('month',), per=(), noun=''),
     Unit(scale=1.0, size='', times=(), per=('day',), noun='request'))
    >>> parse("1M tokens").scale, parse("1K requests").noun, parse("Gbps")
    (1000000.0, 'request', Unit(scale=1.0, size='Gbit', times=(), per=('s',), noun=''))
    """
    body = re.sub(r"\(.*?\)|\$|€|£", " ", text)
    head, *tail = re.split(r"/|\bper\b", body)
    found = _factors(head)
    per = found.per + tuple(time for part in tail for time in _factors(part).times)
    noun = found.noun or next((n for part in tail if (n := _factors(part).noun) and not found.size), "")
    return Unit(found.scale, found.size, found.times, per, noun)


def denominators(text: str) -> Unit:
    """Read what a price is per: everything after the first "/" or "per" multiplies.

    >>> denominators("/GB/mo") == denominators("per GB-month") == Unit(size="GB", times=("month",))
    True
    >>> denominators("/ 1,000"), denominators("/10K").scale, denominators("per million input tokens").noun
    (Unit(scale=1000.0, size='', times=(), per=(), noun=''), 10000.0, 'input token')
    """
    parts = re.split(r"/|\bper\b", re.sub(r"\(.*?\)", " ", text))
    units = [_factors(part) for part in (parts[1:] if len(parts) > 1 else parts)]
    scale = 1.0
    for unit in units:
        scale *= unit.scale
    size = next((unit.size for unit in units if unit.size), "")
    noun = next((unit.noun for unit in units if unit.noun), "")
    return Unit(scale, size, tuple(time for unit in units for time in unit.times), noun=noun)


def _factors(text: str) -> Unit:
    """Read words that multiply: "1M GB-month", "vCPU hour"."""
    scale, size, times, per, nouns = 1.0, "", [], [], []
    for word in re.split(r"[\s·×*_-]+", text.strip()):
        bare = word.strip(".,;:()[]~≈+")
        low = bare.lower()
        number = _SCALED.fullmatch(low.replace(" ", ""))
        if bare in _BIT_CASES or low in _SIZES:
            size = _BIT_CASES.get(bare) or _SIZES[low]
            per += ["s"] if low.endswith("bps") else []
        elif low in _TIMES:
            times.append(_TIMES[low])
        elif low in _SCALES:
            scale *= _SCALES[low]
        elif number and re.sub(r"[,.]", "", number[1]).isdigit():
            scale *= float(number[1].replace(",", "")) * _SCALES.get(number[2] or "", 1.0)
        elif low not in _FILLER and not bare.isdigit():
            nouns.append(singular(low))
    return Unit(scale, size, tuple(times), tuple(per), " ".join(nouns))


def singular(word: str) -> str:
    """Return a noun without its plural s.

    >>> singular("requests"), singular("queries"), singular("dns")
    ('request', 'query', 'dns')
    """
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and len(word) > 3 and not word.endswith("ss") else word


def seconds(unit: str) -> float | None:
    """Return the seconds of a unit of time as it is written, None when it is none or its length is a convention.

    >>> seconds("ms"), seconds("hours"), seconds("month"), seconds("µs")
    (0.001, 3600.0, None, 1e-06)
    """
    return SECONDS.get(_TIMES.get(unit.strip().strip(".").lower(), ""))


def step(size: str) -> int:
    """Return the power of 1000 (or 1024) that a size stands for.

    >>> step("GB"), step("GiB"), step("Mbit")
    (3, 3, 2)
    """
    return STEPS[size[0] + "B"] if size != "B" else 0


def is_binary(size: str) -> bool:
    """Return whether a size is a power of 1024 for everybody."""
    return "i" in size and not size.endswith("bit")


def is_bits(size: str) -> bool:
    """Return whether a size counts bits."""
    return size.endswith("bit")
