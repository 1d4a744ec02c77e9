"""Section 17: what nobody said, ranked by how much this design moves with it, and which figures are least certain."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from advisor.candidates.candidate import Candidate
from advisor.candidates.demand import demands
from advisor.catalog.model import Figure
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.render import numbers
from advisor.render.markdown import escape, joined, table
from advisor.render.sections.chances import measure_first
from advisor.render.sections.figures import Used, used_figures
from advisor.render.sections.view import View, capital, label, where
from advisor.render.sections.workload import amount
from advisor.scenario.load import Scenario

STEP = 1.1  # a default is tried 10 % higher
LEAST = 0.0005  # a smaller change is none
WIDE = 2.0  # high over low
MOST_INPUTS = 12


class Moved(NamedTuple):
    """What 10 % more of a parameter does: relative cost, and change and name of the bounded value that loses most."""

    cost: float
    worst: float
    worst_label: str
    overloaded: str


def context(view: View) -> dict[str, object] | None:
    """Return defaults and uncertain figures, None when there are neither."""
    moved = {key: _moved(view, key) for key in view.blueprint.parameters if key not in view.scenario.given}
    still = [escape(view.blueprint.parameters[key].title) for key, m in moved.items() if _weight(m) < LEAST]
    shown, inputs = defaults(view, moved), uncertain(view)
    first = measure_first(view)
    if not moved and not inputs and not first:
        return None
    return {"measure_first": first, "defaults": shown, "still": "; ".join(still), "inputs": inputs, "most": MOST_INPUTS}


def defaults(view: View, moved: Mapping[str, Moved]) -> str:
    """Return the table of the defaulted parameters that move this design, the one that moves it most first."""
    scenario, names = view.scenario, list(moved)
    ranked = sorted(names, key=lambda key: (-_weight(moved[key]), key))
    rows = []
    for key in ranked:
        if _weight(moved[key]) < LEAST:
            continue
        parameter = view.blueprint.parameters[key]
        rows.append(
            [
                escape(parameter.title),
                amount(scenario.workload[key], parameter.unit),
                *_cells(moved[key]),
                where(f"workload.{key}"),
            ]
        )
    return (
        table(["not stated", ">assumed", ">cost if 10 % higher", "bounded value that suffers most", "set it at"], rows)
        if rows
        else ""
    )


def _weight(moved: Moved) -> float:
    return float("inf") if moved.overloaded else max(abs(moved.cost), abs(moved.worst))


def _cells(moved: Moved) -> tuple[str, str]:
    if moved.overloaded:
        return "–", f"✗ {moved.overloaded} no longer carries the peak"
    worst = f"{moved.worst_label} {_signed(moved.worst)}" if abs(moved.worst) >= LEAST else "none moves"
    return _signed(moved.cost), worst


def _signed(share: float) -> str:
    if abs(share) < LEAST:
        return "unchanged"
    return f"{'+' if share > 0 else '−'}{numbers.percent(abs(share))}"


def _moved(view: View, key: str) -> Moved:
    """Size the same units again for a workload with 10 % more of one parameter, and judge."""
    parameter, values = view.blueprint.parameters[key], view.scenario.workload
    raised = min(values[key] * STEP, parameter.most)
    scenario = dataclasses.replace(view.scenario, workload={**values, key: raised})
    design, overloaded = _again(view, scenario)
    if overloaded:
        return Moved(0.0, 0.0, "", overloaded)
    return _difference(view, judge(design, scenario))


def _again(view: View, scenario: Scenario) -> tuple[Mapping[str, Candidate], str]:
    """Return the same design for another workload, or the title of the first role that cannot carry it."""
    table_ = dataclasses.replace(
        view.proposal.table, scenario=scenario, demand={view.caches: demands(scenario, view.caches)}
    )
    design = dict(view.best.design)
    for role, c in view.used.items():
        assert c.option is not None
        try:
            design[role] = table_.resized(c, c.units, c.zones, view.caches)
        except ValueError:
            return design, view.lower(role)
    return design, ""


def _difference(view: View, other: Evaluation) -> Moved:
    before = view.best
    cost = other.cost_usd_per_month / before.cost_usd_per_month - 1 if before.cost_usd_per_month else 0.0
    worst, worst_label = 0.0, ""
    for old, new in zip(before.checks, other.checks, strict=True):
        if old.slack is None or new.slack is None or old.value in (None, 0.0) or "cost" in old.requirement.path:
            continue
        assert old.value is not None
        assert new.value is not None
        change = new.value / old.value - 1
        if new.slack < old.slack and abs(change) > abs(worst):
            worst, worst_label = change, label(old.requirement)
    return Moved(cost, worst, worst_label, "")


def uncertain(view: View) -> str:
    """Return the table of figures in use with the widest stated range, the widest first, equal ones together."""
    alike: dict[tuple[float, str, float, str], list[Used]] = defaultdict(list)
    for used in used_figures(view):
        figure = used.figure
        if isinstance(figure, Figure) and used.range_ratio >= WIDE:
            alike[-used.range_ratio, used.key, figure.value, f"{figure.low:g} to {figure.high:g}"].append(used)
    rows = [
        [
            where(key),
            capital(joined(list(dict.fromkeys(view.lower(u.role) for u in some)))),
            f"{value:g}",
            span,
            escape(some[0].figure.reasoning or some[0].figure.conditions or ""),
        ]
        for (_, key, value, span), some in sorted(alike.items(), key=lambda item: item[0])[:MOST_INPUTS]
    ]
    return table(["figure", "of", ">value", ">range", "reasoned (the first one's)"], rows) if rows else ""
