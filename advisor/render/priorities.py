"""What is shown of a design for a smaller demand: what is not served of each class, and what serves the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from advisor.analysis.priorities import ByPriority
from advisor.candidates.pool import NO_TYPE
from advisor.candidates.table import Table as Candidates
from advisor.optimizer.solver import Status
from advisor.render import numbers
from advisor.render.clean import clean

if TYPE_CHECKING:
    from rich.console import RenderableType

LEAST_UNSERVED = 1e-9


def text(found: ByPriority) -> Iterator[RenderableType]:
    """Yield what can be served of the requests, class by class, and the design that does it."""
    from rich.table import Table

    proved = "" if found.status is Status.OPTIMAL else ", not proved: more may be possible"
    yield ""
    yield f"[bold yellow]Not all requests can be served.[/] By priority, the most important first{proved}:"
    shown = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for title in ("role", "requests", "priority"):
        shown.add_column(title)
    for title in ("a second", "not served"):
        shown.add_column(title, justify="right")
    for one in found.classes:
        left = 1 - one.share
        missing = "[dim]–[/]" if left < LEAST_UNSERVED else f"[red]{numbers.percent(left)}[/]"
        priority = "all of them" if one.priority is None else str(one.priority)
        rate = numbers.significant(one.requests_per_s)
        shown.add_row(one.role, f"{one.name} ({one.operation})", priority, rate, missing)
    yield shown
    yield ""
    yield f"The design for what is served costs {numbers.usd(found.best.cost_usd_per_month)} a month:"
    for role, candidate in found.best.design.items():
        if not candidate.is_none:
            yield f"  {role}: {clean(candidate.name)}, {clean(candidate.size)}"


def unserved_lines(table: Candidates) -> Iterator[str]:
    """Yield the classes of requests that no admitted option of our own can serve, and why, model by model."""
    seen: set[tuple[str, str]] = set()
    for one in table.rejections:
        admitted = all(rule.admits(one.role, one.component, one.option) for rule in table.scenario.filters)
        head, _, why = one.reason.partition(": ")
        if admitted and head.startswith(NO_TYPE) and (one.component.id, head) not in seen:
            seen.add((one.component.id, head))
            yield f"{one.role}, {clean(one.component.name)}: {clean(head)} ({clean(why)})"


def data(found: ByPriority) -> dict[str, Any]:
    """Return the same as plain data: status, cost, the design by candidate ids, and each class."""
    return {
        "status": found.status.value,
        "cost_usd_per_month": found.best.cost_usd_per_month,
        "design": {role: candidate.id for role, candidate in found.best.design.items()},
        "cards": dict(found.best.cards),
        "classes": [
            {
                "role": one.role,
                "class": one.name,
                "operation": one.operation,
                "priority": one.priority,
                "requests_per_s": one.requests_per_s,
                "served_share": one.share,
                "unserved_share": 1 - one.share,
            }
            for one in found.classes
        ],
    }
