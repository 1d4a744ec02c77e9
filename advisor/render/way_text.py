"""The way from today to the proposal, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.analysis.way import Way
from advisor.render import way_words as words
from advisor.render.change_words import broken_checks, broken_text
from advisor.render.neat import neat
from advisor.render.what_if_text import metric_table, status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def page(found: Way) -> Iterator[RenderableType]:
    """Yield the way from top to bottom: both designs, roles, effort, order, metrics."""
    scenario = found.answer.scenario
    yield f"[bold]{neat(scenario.title)}[/] · {scenario.blueprint.id} · the way from today"
    yield f"today     {neat(words.today_text(found))}"
    if found.today:
        yield from (f"  [red]✗[/] {neat(broken_text(check))}" for check in broken_checks(found.today))
    yield f"proposed  {status(found.comparison.sides[1])}"
    yield f"[dim]{neat(words.sizing_text(found))} {neat(words.keeps_text(found))}[/]"
    yield role_table(found)
    yield neat(words.effort_text(found))
    if found.stages:
        yield ""
        yield f"[dim]{neat(words.order_text(found))}[/]"
        for number, (role, after) in enumerate(words.stage_texts(found), 1):
            yield f"{number:3}  [bold]{role}[/]: {neat(after)}"
    yield metric_table(found.comparison.metrics, ("today", "proposed"))


def role_table(found: Way) -> Table:
    """Return one row for each role that is used today or proposed."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for index, head in enumerate(words.ROLE_HEADS):
        figure = index > 3
        wide = index in (2, 3)
        table.add_column(head, justify="right" if figure else "left", no_wrap=not wide, overflow="fold")
    for one in found.roles:
        if one.kind != "unused":
            table.add_row(*(neat(cell) for cell in words.role_cells(one)))
    return table
