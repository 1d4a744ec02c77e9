"""The way from today to the proposal as Markdown for a pull request; everything that somebody typed is escaped."""

from __future__ import annotations

from advisor.analysis.way import Way
from advisor.render import numbers
from advisor.render import way_words as words
from advisor.render.change_words import broken_checks, broken_text, status_text
from advisor.render.comparison_markdown import metric_rows
from advisor.render.markdown import escape, table


def page(found: Way) -> str:
    """Return the whole way."""
    broken = [f"  - {escape(broken_text(check))}" for check in broken_checks(found.today)] if found.today else []
    cost = found.best.cost_usd_per_month
    head = [
        f"### The way from today: {escape(found.answer.scenario.title)}",
        "\n".join(
            [
                f"- today: {escape(words.today_text(found))}",
                *broken,
                f"- proposed: {escape(status_text(found.comparison.sides[1]))}, {numbers.usd(cost)}/month",
            ]
        ),
        f"{escape(words.sizing_text(found))} {escape(words.keeps_text(found))}",
        f"**{escape(words.effort_text(found))}**",
    ]
    return (
        "\n\n".join([*head, _roles(found), *_order(found), metric_rows(found.comparison, ("today", "proposed"))]) + "\n"
    )


def _roles(found: Way) -> str:
    rows = [[escape(cell) for cell in words.role_cells(one)] for one in found.roles if one.kind != "unused"]
    heads = [f">{head}" if index > 3 else head for index, head in enumerate(words.ROLE_HEADS)]
    return table(heads, rows)


def _order(found: Way) -> list[str]:
    if not found.stages:
        return []
    lines = [f"{number}. {role}: {escape(after)}" for number, (role, after) in enumerate(words.stage_texts(found), 1)]
    return [escape(words.order_text(found)), "\n".join(lines)]
