"""Batch: the provider's asynchronous API, at about half the price, for answers that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from advisor.candidates.layout import Layout
from advisor.candidates.tactics.registry import Setting, tactic
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

INTERACTIVE = frozenset({"ttft_ms", "latency_ms"})  # measures of flows in which somebody waits
SOURCE = "Dean and Ghemawat (2004), MapReduce; Bass, Clements, Kazman (2021), chapter 9: schedule resources"


def waited_for(role: str, scenario: Scenario) -> bool:
    """Return whether somebody waits for a role's answers: an interactive flow asks it in the foreground."""
    return any(
        step.asks == role and not step.in_background
        for flow in scenario.blueprint.flows.values()
        if INTERACTIVE & flow.measures.keys()
        for step in flow.steps()
    )


@tactic("batch", "variant", "ask through the asynchronous API", SOURCE, by_default=False, reads=waited_for)
def batch(layout: Layout, setting: Setting) -> Iterator[Layout]:
    """The same option at its batch prices, in a role that no interactive flow asks in the foreground.

    Every answer is taken to come at the end of the promised time. Prices that are not of tokens stay as they are.
    """
    within = setting.option.batch_within_h
    asked = {setting.catalog.records.meters[price.meter].asked for price in setting.option.prices}
    if within is None or "batch" not in asked or layout.prompt_cache or waited_for(setting.role, setting.scenario):
        return
    assumed = Assumption(
        f"batch answers of {setting.option.id}",
        f"after {within.value:g} h",
        "the end of the promised time; most come earlier, and how much earlier is not promised",
        f"catalog: {setting.option.id}",
    )
    yield replace(layout, batch=True, tactics=(*layout.tactics, "batch"), notes=(*layout.notes, assumed))
