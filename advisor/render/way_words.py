"""The way from today to the proposal in sentences; plain text, safe in no markup."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.move_order import Stage
from advisor.analysis.way import RoleWay, Way
from advisor.render import numbers
from advisor.render.change_words import broken_checks, broken_text, candidate_text, signed_usd
from advisor.render.markdown import joined, plural

NB = numbers.NARROW


def today_text(found: Way) -> str:
    """Return what is known of today's design."""
    if found.too_small:
        return f"no size of what runs in {joined(found.too_small)} carries this workload; only the proposal is shown"
    if found.today is None:
        return "not sized in time; only the proposal is shown"
    count = len(broken_checks(found.today))
    verdict = f"breaks {plural(count, 'requirement')}" if count else "meets every requirement"
    return f"{numbers.usd(found.today.cost_usd_per_month)}/month, {verdict}"


def sizing_text(found: Way) -> str:
    """Return how today's design was sized."""
    named = len(found.answer.scenario.standing.running)
    others = " Roles that it does not name are as proposed." if named < len(found.roles) else ""
    return f"Today's components are sized for this workload at least cost; their real sizes are not known.{others}"


def keeps_text(found: Way) -> str:
    """Return whether everything that runs could stay."""
    if found.keeps is None:
        return "The time limit passed before it was clear whether everything could stay."
    if found.keeps:
        return "Everything could stay as it is and meet every requirement (proved)."
    return "No design that keeps all of it meets every requirement (proved)."


def effort_text(found: Way) -> str:
    """Return what the moves take, what they save, and when that is paid back."""
    best = found.best
    if not best.migration_h:
        return "No hours of moving."
    rate = numbers.usd(best.scenario.usd_per_hour)
    hours = f"{numbers.significant(best.migration_h)}{NB}h of moving"
    effort = f"{hours} at {rate}/h are {numbers.usd(best.migration_usd)} once"
    saved = found.saves_usd_per_month
    if saved is None:
        return f"{effort}."
    if saved <= 0:
        more = "as much" if saved == 0 else f"{numbers.usd(-saved)} a month more"
        return f"{effort}; running the proposal costs {more}, so cost alone does not pay them back."
    return f"{effort}; running costs {numbers.usd(saved)} a month less, which pays them back in {months(found)}."


def months(one: Way | RoleWay) -> str:
    """Return after how long a move is paid back, with one decimal; "" when it is not."""
    found = one.pay_back_months
    return "" if found is None else f"{numbers.grouped(found, 1)}{NB}months"


def role_cells(one: RoleWay) -> list[str]:
    """Return what happens to a role: today, proposed, what, hours, once, saved a month, pay-back."""
    today = candidate_text(one.today) if one.today else ("–" if one.kind in ("new", "unused") else "not sized")
    moved = one.hours > 0
    return [
        one.role,
        one.kind,
        today,
        candidate_text(one.proposed),
        f"{numbers.significant(one.hours)}{NB}h" if moved else "",
        numbers.usd(one.usd) if moved else "",
        "" if one.saves_usd_per_month is None or one.kind == "stays" else signed_usd(one.saves_usd_per_month),
        months(one) if moved else "",
    ]


ROLE_HEADS = ("role", "", "today", "proposed", "hours", "once", "saves a month", "paid back in")


def stage_texts(found: Way) -> Iterator[tuple[str, str]]:
    """Yield each change in order as (role, what runs after it)."""
    for stage in found.stages:
        yield stage.role, _after(stage)


def _after(stage: Stage) -> str:
    evaluation = stage.then.evaluation
    if evaluation is None:
        return f"cannot be run like this: {'; '.join(stage.then.problems)}"
    running = evaluation.bill_usd_per_month + evaluation.operations_usd_per_month
    broken = [broken_text(check) for check in broken_checks(evaluation)]
    state = f"breaks {', '.join(broken)}" if broken else "every requirement holds"
    return f"running costs {numbers.usd(running)}/month; {state}"


def order_text(found: Way) -> str:
    """Return what the order is and how far it is proved."""
    if found.exact:
        return (
            "One change at a time, in the order in which the designs in between break the fewest requirements, then "
            "cost the least to run (all orders compared)."
        )
    return (
        "One change at a time, each the one after which the fewest requirements are broken, then the cheapest to run; "
        "there are too many changes to compare all orders."
    )
