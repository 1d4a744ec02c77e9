"""Spot: spare capacity of a cloud, cheap and taken back when the cloud needs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from advisor.candidates.layout import Layout
from advisor.candidates.tactics.registry import Setting, tactic
from advisor.models.cost import HOURS_PER_MONTH
from advisor.scenario.assumption import Assumption

MINUTES_PER_H = 60
SOURCE = "Sharma et al. (2015), SpotCheck: Designing a Derivative IaaS Cloud on the Spot Market"


@tactic("spot", "variant", "run on spare capacity that can be taken back", SOURCE, by_default=False)
def spot(layout: Layout, setting: Setting) -> Iterator[Layout]:
    """Units on spot instances, one more than needed at least, where price and interruptions are known.

        uptime of an instance = 1 / (1 + interruptions a month x time to replace / 730 h)

    For units without state only. The role as a whole is also down while there is no spot capacity to be had.
    """
    instance, unit = setting.instance, setting.option.unit
    figures = setting.catalog.records.clouds.get(setting.option.cloud)
    if instance is None or unit is None or unit.stateful or setting.option.availability.software is None:
        return
    if instance.interruptions_per_month is None or figures is None or layout.purchase != "on_demand":
        return
    there, minutes = figures.spot_availability, figures.spot_replacement_min
    priced = any(price.meter == "unit_hour_spot" for price in instance.purchases)
    if there is None or minutes is None or not priced or layout.units <= layout.needed:
        return
    yield replace(
        layout,
        purchase="spot",
        unit_uptime=uptime(instance.interruptions_per_month.value, minutes.value / MINUTES_PER_H),
        common_uptime=there.value,
        tactics=(*layout.tactics, "spot"),
        notes=(*layout.notes, _note(setting, instance.interruptions_per_month.value, minutes.value)),
    )


def uptime(interruptions_per_month: float, replacement_h: float) -> float:
    """Return the share of time in which an instance is there: mean time between interruptions over that plus repair.

    >>> round(uptime(1.0, 0.5), 6)          # 730 h / (730 h + 0.5 h)
    0.999316
    """
    return 1 / (1 + interruptions_per_month * replacement_h / HOURS_PER_MONTH)


def _note(setting: Setting, interruptions: float, minutes: float) -> Assumption:
    return Assumption(
        f"interruptions of {setting.option.id}",
        f"{interruptions:g} a month for each unit, {minutes:g} min to replace it",
        "units are taken as interrupted independently of each other; spread them over zones and instance types, repeat "
        "the work that was cut off; the price is of one day and changes",
        f"catalog: {setting.option.cloud}",
    )
