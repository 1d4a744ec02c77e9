"""Reserve: instances at a commitment's price, for units that run all the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from advisor.candidates.layout import Layout, Purchase
from advisor.candidates.tactics.registry import Setting, tactic
from advisor.scenario.assumption import Assumption

SOURCE = "AWS Well-Architected Framework, Cost Optimization pillar: select the best pricing model"
TERMS: dict[Purchase, str] = {"reserved_1y": "a year", "reserved_3y": "three years"}


@tactic("reserve", "variant", "commit to instances for one or three years", SOURCE, by_default=False)
def reserve(layout: Layout, setting: Setting) -> Iterator[Layout]:
    """The same units at the price of a term, where the catalog has one for the instance type.

    Without upfront payment: the hourly price is lower, and every hour of the term is paid whether it is used or not.
    """
    if setting.instance is None or layout.purchase != "on_demand":
        return
    known = {price.meter for price in setting.instance.purchases}
    for purchase, term in TERMS.items():
        if f"unit_hour_{purchase}" in known:
            notes = (*layout.notes, _note(setting, term))
            yield replace(layout, purchase=purchase, tactics=(*layout.tactics, "reserve"), notes=notes)


def _note(setting: Setting, term: str) -> Assumption:
    return Assumption(
        f"commitment for {setting.option.id}",
        term,
        f"bound for {term}: unused hours are paid, and a lower price or a smaller machine in the meantime is missed",
        "tactics.deny",
    )
