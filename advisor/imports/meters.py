"""Prices of an estimate as prices of our meters: which cost component is which, in whose unit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.catalog.role import Meter
from advisor.errors import listing, nearest
from advisor.imports.measurement import Priced

MAGNITUDES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}
COUNTED = {"million": 1e6, "thousand": 1e3}
UNITS = {  # our unit -> theirs
    "h": ("hours", "hour"),
    "month": ("months", "month"),
    "GB": ("GB",),
    "TB": ("TB",),
    "GB-month": ("GB", "GB-months", "GB-month"),
    "vCPU-hour": ("vCPU-hours", "vCPU hours"),
    "GPU-hour": ("GPU-hours", "GPU hours"),
}
_COUNT = re.compile(r"(\d+)?([kKMB]?) (.+)")


def charged(
    name: str, meter: Meter, prices: Sequence[Priced], component: str | None
) -> tuple[tuple[Priced, float] | None, str]:
    """Return (the price that a meter has, USD per unit of the meter), or None and why there is none.

    Args:
        component: name of the cost component, if the user named it; else the only one in the meter's unit is taken.

    >>> meter = Meter(title="requests", unit="million", counts="dimension")
    >>> charged("million_requests", meter, [Priced("Requests", "10k requests", 0.004, "aws_api.x")], None)[0][1]
    0.4
    """
    fitting = [(one, usd) for one in prices if (usd := _per_unit(one, meter)) is not None]
    if component is not None:
        named = [(one, usd) for one, usd in fitting if one.name == component]
        if len(named) == 1:
            return named[0], ""
        every = [one.name for one in prices]
        wrong = "is not in the meter's unit" if component in every else f"is not there{nearest(component, every)}"
        return None, f"'{component}' {'stands for several' if named else wrong}"
    if len(fitting) == 1:
        return fitting[0], ""
    if not fitting:
        return None, f"no cost component is in {meter.unit}"
    names = listing(one.name for one, _ in fitting)
    return None, f"several cost components are in {meter.unit}; choose with --price {name}='NAME': {names}"


def _per_unit(one: Priced, meter: Meter) -> float | None:
    """Return USD per unit of the meter, None when the component counts something else."""
    if meter.unit in COUNTED:
        match = _COUNT.fullmatch(one.unit)
        if match is None or not (match[1] or match[2]):
            return None
        lot = float(match[1] or 1) * MAGNITUDES[match[2]]
        return float(f"{one.usd * COUNTED[meter.unit] / lot:.12g}")
    return one.usd if one.unit in UNITS.get(meter.unit, ()) else None
