"""A front for the terminal: a chart, a row for each point, and what changes from one point to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.analysis.pareto import Front
from advisor.analysis.spread import spread
from advisor.render import numbers
from advisor.render import pareto_words as words
from advisor.render.change_words import requirement_text, unfilled_lines
from advisor.render.neat import neat
from advisor.render.pareto_plot import plot
from advisor.render.step_words import exchange_text, role_texts

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

STYLE = {"optimal": "green", "infeasible": "bold red"}


def page(front: Front, read: Sequence[str] = (), *, every: bool = False) -> Iterator[RenderableType]:
    """Yield a front from top to bottom.

    ``read``: how short names of metrics were understood. ``every``: all points, not only a dozen of a long front.
    """
    scenario, status = front.scenario, front.status.value
    yield f"[bold]{neat(scenario.title)}[/] · {scenario.blueprint.id} · front of {neat(words.title(front))}"
    yield f"[{STYLE.get(status, 'yellow')}]{neat(words.verdict(front))}[/]"
    yield from (f"[dim]{neat(note)}[/]" for note in words.notes(front, read))
    if status == "infeasible":
        yield from _conflict(front)
    if not front.points:
        return
    if len(front.points) > 1:
        for other in range(1, len(front.axes)):
            yield from ("", *_chart(front, other))
    shown = range(len(front.points)) if every else spread(front)
    yield point_table(front, shown)
    if len(shown) < len(front.points):
        yield f"[dim]{neat(words.selection(front, len(shown)))}[/]"
    if front.knee is not None:
        yield f"[dim]{neat(words.KNEE_MEANS)}[/]"


def _chart(front: Front, other: int) -> Iterator[RenderableType]:
    """Yield the lines of a chart; on a terminal that is too narrow they are cut, not wrapped."""
    from rich.text import Text

    yield from (Text(line, no_wrap=True, overflow="crop") for line in plot(front, 0, other))


def _conflict(front: Front) -> Iterator[str]:
    if front.conflict:
        yield "These cannot hold together:"
        yield from (f"  {neat(requirement_text(r))}   ({r.path})" for r in front.conflict)
    elif front.conflict is not None and front.table is not None:
        yield from (neat(line) for line in unfilled_lines(front.table))


def point_table(front: Front, shown: Sequence[int]) -> Table:
    """Return one row for each point shown: number, values, marks, and the step from the one before in words."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    for axis in front.axes:
        table.add_column(neat(numbers.metric_label(axis.metric)), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("from the point before", overflow="fold", ratio=1)
    for before, index in zip([None, *shown], shown, strict=False):
        point = front.points[index]
        values = [numbers.metric(axis.metric, value) for axis, value in zip(front.axes, point.values, strict=True)]
        holds = "[green]✓[/]" if point.within else "[dim]·[/]"
        table.add_row(str(index + 1), *values, holds, _row(front, before, index))
    return table


def _row(front: Front, last: int | None, index: int) -> str:
    named = "; ".join(words.marks(front, index))
    parts = [f"[bold]{neat(named)}[/]"] if named else []
    if last is not None:
        before, after = front.points[last], front.points[index]
        parts.append(neat(exchange_text(front.axes, before.values, after.values)))
        parts += [f"[dim]{neat(text)}[/]" for text in role_texts(before.evaluation, after.evaluation)]
    return "\n".join(parts)
