"""Components that were not chosen, one a row: what the design with each costs, or what forbids it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.analysis.reasons import Reason
from advisor.analysis.why_not import WhyNot
from advisor.evaluation.result import Evaluation
from advisor.render import change_words as words
from advisor.render.goal_words import goal_difference
from advisor.render.markdown import joined
from advisor.render.neat import neat
from advisor.scenario.requirements import Bound

if TYPE_CHECKING:
    from rich.table import Table


def alternatives_table(found: Sequence[WhyNot], best: Evaluation, *, with_role: bool = True) -> Table:
    """Return components that were not chosen: what each costs, what it does to another goal, or what forbids it."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    if with_role:
        table.add_column("role", no_wrap=True)
    table.add_column("not chosen", no_wrap=True)
    table.add_column("design costs", justify="right", no_wrap=True)
    table.add_column("because", overflow="fold")
    last = ""
    for one in found:
        wish = one.wishes[0]
        price = words.signed_usd(one.extra_usd_per_month or 0.0) if one.kind == "possible" else one.kind
        role = [wish.role if wish.role != last else ""] if with_role else []
        table.add_row(*role, neat(wish.name), price + ("" if one.proved else " ?"), neat(_with_goal(one, best)))
        last = wish.role
    return table


def _with_goal(one: WhyNot, best: Evaluation) -> str:
    goal = goal_difference(best, one.evaluation) if one.kind == "possible" else ""
    return f"{goal}; {because(one)}" if goal else because(one)


def because(one: WhyNot) -> str:
    """Return why a component was not chosen, in short.

    What breaks is said of the swap: the chosen component taken out, this one put in, nothing else changed.
    """
    if one.kind == "capacity":
        more = f"; and {len(one.details) - 2} more options" if len(one.details) > 2 else ""
        return "; ".join(one.details[:2]) + more
    if one.kind in ("refused", "infeasible", "open"):
        return _forbidden(one)
    flips = [change.role for change in one.roles if change.kind in ("replaced", "added", "removed")]
    others = [role for role in flips if role != one.wishes[0].role]
    if not others:
        return "nothing else changes"
    so = f"{joined(others)} change{'s' if len(others) == 1 else ''} too"
    swap = one.in_place
    return f"{swap_text(swap)}, so {so}" if swap and swap.kind == "breaks" and swap.broken else so


def _forbidden(one: WhyNot) -> str:
    if one.kind == "open":
        return "not settled in time"
    if one.kind == "refused":
        return f"refused by {', '.join(words.requirement_text(r) for r in one.conflict or ())}"
    if one.missed:
        return missed_text(one.missed)
    return f"no design with it holds; {swap_text(one.in_place)}" if one.in_place else "no design with it holds"


def missed_text(bounds: Sequence[Bound]) -> str:
    """Return which bounds a component misses beside all that no rule, and no bound by itself, rules out."""
    every = "it misses" if len(bounds) == 1 else "each of its sizes misses one of:"
    return f"whatever else can be chosen {every} {', '.join(words.requirement_text(bound) for bound in bounds)}"


def swap_text(swap: Reason) -> str:
    """Return what breaks when the chosen one is taken out, this one put in, and nothing else changed."""
    if not swap.broken:
        return swap.detail or "swapped in, it does not fit"
    price = words.signed_usd(swap.extra_usd_per_month or 0.0)
    return f"swapped in ({price}) it breaks {', '.join(words.broken_text(check) for check in swap.broken)}"
