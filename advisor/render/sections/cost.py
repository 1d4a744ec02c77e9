"""Section 9: what it costs, by role and by meter."""

from __future__ import annotations

import math

from advisor.candidates.candidate import Candidate, CostLine
from advisor.catalog.model import Price
from advisor.render import charts, numbers
from advisor.render.markdown import escape, joined, table
from advisor.render.page import Figure_
from advisor.render.sections.growing import growing
from advisor.render.sections.trace import metric_link, role_link
from advisor.render.sections.view import NB, View, name, per_run, utilisation
from advisor.render.sections.whole_designs import missing
from advisor.scenario.requirements import COST, OPERATIONS

LEAST_MILLION = 0.1  # fewer are counted one by one


def context(view: View) -> dict[str, object]:
    """Return the tables by role and by meter line, and the cost of a thousand requests of each flow's kind."""
    best = view.best
    usage, fixed = (math.fsum(split(c)[i] for c in view.used.values()) for i in (0, 1))
    return {
        "by_role": by_role(view),
        "by_meter": by_meter(view),
        "total": metric_link(view, COST, numbers.usd(best.cost_usd_per_month)),
        "usage": numbers.usd(usage),
        "fixed": numbers.usd(fixed),
        "operations": numbers.usd(best.operations_usd_per_month),
        "hours": metric_link(view, OPERATIONS, f"{numbers.significant(best.operations_h_per_month)}{NB}h"),
        "rate": numbers.usd(view.scenario.usd_per_hour),
        "per_run": per_run(view, best.cost_usd_per_month),
        "bill_share": numbers.percent(best.bill_usd_per_month / (best.cost_usd_per_month or 1.0)),
        "as_of": view.proposal.table.as_of.isoformat(),
        "migration": migration(view),
        "growing": growing(view),
        "no_growing": missing(view, "growth", "cost at 3 and 10 times the volume", "advisor growth scenario.yml"),
    }


def migration(view: View) -> str:
    """Return the sentence on what leaving today's design costs, "" when nothing is moved."""
    best = view.best
    if not best.migration_h:
        return ""
    moved = joined([f"{view.lower(role)} to {name(c)}" for role, c in view.used.items() if c.migration_h])
    return (
        f"Moving {moved} takes {numbers.significant(best.migration_h)}{NB}h, {numbers.usd(best.migration_usd)} once; "
        f"paid off over {best.scenario.standing.horizon_months:g} months that is "
        f"{numbers.usd(best.migration_usd_per_month)} a month, counted in the total."
    )


def split(candidate: Candidate) -> tuple[float, float]:
    """Return what a candidate's bill costs by use and fixed, USD a month."""
    usage = math.fsum(line.usd_per_month for line in candidate.lines if line.usage_based)
    return usage, math.fsum(line.usd_per_month for line in candidate.lines if not line.usage_based)


def by_role(view: View) -> str:
    """Return the table of costs by role, the dearest first, with the totals."""
    total, rows = view.best.cost_usd_per_month, []
    for role, c in sorted(view.used.items(), key=lambda item: (-item[1].cost_usd_per_month, item[0])):
        amounts = (*split(c), c.operations_usd_per_month, c.cost_usd_per_month)
        share = utilisation(c.cost_usd_per_month / total) if total else "–"
        shown = [role_link(view, role, numbers.usd(a)) if a else "–" for a in amounts]
        rows.append([view.title(role), name(c), *shown, share])
    parts = [split(c) for c in view.used.values()]
    sums = (math.fsum(u for u, _ in parts), math.fsum(f for _, f in parts), view.best.operations_usd_per_month, total)
    rows.append(["**All**", "", *(f"**{numbers.usd(a)}**" for a in sums), ""])
    return table(["role", "component", ">by use", ">fixed", ">operations", ">a month", ">share"], rows)


def by_meter(view: View) -> str:
    """Return the table of meter lines; operations hours are lines of their own at the end."""
    rows = [
        [
            view.title(role),
            escape(title.removeprefix("of ")),
            role_link(view, role, quantity(line)),
            role_link(view, role, unit_price(line.price, line.unit)),
            role_link(view, role, numbers.usd(line.usd_per_month)),
            "by use" if line.usage_based else "fixed",
        ]
        for role, c in view.used.items()
        for title, line in c.named_lines()
    ]
    hours, rate = view.best.operations_h_per_month, view.scenario.usd_per_hour
    rows.append(
        [
            "**Operations**",
            "hours of people",
            metric_link(view, OPERATIONS, f"{numbers.significant(hours)}{NB}h"),
            f"{numbers.usd(rate)} per{NB}h",
            metric_link(view, COST, numbers.usd(view.best.operations_usd_per_month)),
            "fixed",
        ]
    )
    return table(["role", "meter", ">quantity a month", ">unit price", ">a month", ""], rows)


def quantity(line: CostLine) -> str:
    """Return a line's quantity with its unit; what is little in millions is counted.

    >>> from types import SimpleNamespace as Line
    >>> [quantity(Line(quantity=q, unit="million")).replace(NB, " ") for q in (50.0, 0.06, 0.0)]
    ['50.0 million', '60 000', '0']
    """
    if line.unit == "million" and line.quantity < LEAST_MILLION:
        return numbers.significant(line.quantity * 1e6)
    return f"{numbers.significant(line.quantity)}{NB}{escape(line.unit)}"


def unit_price(price: Price, unit: str) -> str:
    """Return the price of one meter unit: tiers, free allowance and minimum included.

    The unit is said, because a small quantity in millions is counted one by one beside it.

    >>> import datetime
    >>> known = {"meter": "gb_month", "basis": "list_price", "source": "s", "checked": datetime.date(2026, 1, 1)}
    >>> unit_price(Price(usd=0.4, free=2, **known), "million").replace(NB, " ")
    '0.40 USD per million, first 2 million free'
    >>> tiers = [{"up_to": 50, "usd": 0.025}, {"up_to": None, "usd": 0.02}]
    >>> unit_price(Price(tiers=tiers, **known), "GB-month").replace(NB, " ")
    '0.025 USD per GB-month up to 50, then 0.02 USD'
    """
    per = f" per{NB}{escape(unit)}"
    if price.tiers:
        first, *others = [(_usd(t.usd), "" if t.up_to is None else f" up to {t.up_to:g}") for t in price.tiers]
        text = ", then ".join([f"{first[0]}{per}{first[1]}", *(usd + most for usd, most in others)])
    else:
        text = f"{_usd(price.usd or 0.0)}{per}"
    text += f", first {price.free:g}{f'{NB}million' if unit == 'million' else ''} free" if price.free else ""
    text += f", per started {price.started_kb:g}{NB}KB" if price.started_kb else ""
    return text + (f", at least {numbers.usd(price.minimum_usd)}" if price.minimum_usd else "")


def _usd(value: float) -> str:
    """Return a unit price with all digits that matter."""
    text = f"{value:.6g}" if 0.0001 <= abs(value) < 1000 else numbers.significant(value)
    whole, dot, digits = text.partition(".")
    return f"{whole}{dot}{digits.ljust(2, '0') if dot else ''}{NB}USD"


def figure(view: View) -> Figure_:
    """Return the chart of costs by role."""
    rows = [
        charts.CostRow(view.catalog.role(role).title, *split(c), c.operations_usd_per_month)
        for role, c in view.used.items()
    ]
    total = numbers.usd(view.best.cost_usd_per_month - view.best.migration_usd_per_month)
    beside = ", migration not included" if view.best.migration_h else ""
    return Figure_(
        "cost.svg",
        charts.cost_bars(rows, title="Monthly cost by role"),
        f"Monthly cost by component, {total} in all{beside}",
    )
