"""What a change does, for the terminal: what was changed, metrics before and after, what flips, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.analysis.changes import RoleChange
from advisor.analysis.comparison import MetricRow, Side
from advisor.analysis.what_if import WhatIf
from advisor.render import change_words as words
from advisor.render import numbers, ways_out_text
from advisor.render.neat import neat

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

STATUS_STYLE = {"optimal": "green", "feasible": "green", "infeasible": "bold red", "requirements_broken": "red"}
BETTER = {"better": "green", "worse": "red", "": "dim"}


def page(found: WhatIf) -> Iterator[RenderableType]:
    """Yield everything about one set of changes, from top to bottom."""
    yield head(found)
    for name, answer in zip(("before", "after"), found.comparison.sides, strict=True):
        yield f"{name:7} {status(answer)}"
        if answer.status == "infeasible":
            yield from (neat(line) for line in words.conflict_lines(answer))
            yield from (neat(line) for line in (ways_out_text.lines(answer.ways_out) if answer.ways_out else ()))
    if found.before.best and found.after.best:
        yield ""
        yield metric_table(found.comparison.metrics, ("before", "after"))
        yield from role_lines(found.roles)
    if found.kept and (found.flips or found.kept.evaluation is None or not found.kept.evaluation.feasible):
        yield ""
        yield from (neat(line) for line in words.kept_lines(found.kept))


def head(found: WhatIf) -> str:
    """Return title, blueprint and, after an empty line, the changes."""
    scenario = found.before.scenario
    title = f"[bold]{neat(scenario.title)}[/] · {scenario.blueprint.id}"
    return "\n".join([title, "", *(f"change  {neat(words.change_text(change))}" for change in found.changes)])


def status(side: Side) -> str:
    """Return a side's status in words and colour, with its cost."""
    style = STATUS_STYLE.get(side.status, "yellow")
    cost = f", {numbers.usd(side.evaluation.cost_usd_per_month)}/month" if side.evaluation else ""
    return f"[{style}]{words.status_text(side)}[/]{cost}"


def metric_table(rows: Sequence[MetricRow], heads: tuple[str, str]) -> Table:
    """Return the metrics of two designs with difference and share."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("metric")
    for title in (*(neat(one) for one in heads), "difference", "%"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("")
    for row in rows:
        table.add_row(numbers.metric_label(row.metric), *metric_cells(row))
    return table


def metric_cells(row: MetricRow) -> tuple[str, ...]:
    """Return before, after, difference, share and verdict of a metric, with colour."""
    shown = ["–" if value is None else numbers.metric(row.metric, value) for value in row.values]
    before, after = row.values
    if before is None or after is None:
        return (*shown, "", "", "[dim]not on both sides[/]")
    verdict = words.direction(row)
    plain = words.metric_difference(row.metric, before, after)
    part = "" if not verdict or row.metric.endswith(".availability") else words.share(before, after)
    style = BETTER[verdict]
    return (*shown, f"[{style}]{plain}[/]", part, f"[{style}]{verdict}[/]")


def role_lines(changes: Sequence[RoleChange]) -> Iterator[RenderableType]:
    """Yield the roles that flip as a table, then what the others do."""
    flips = [one for one in changes if one.flips]
    if flips:
        yield role_table(flips)
    yield rest_line([one for one in changes if not one.flips], any_flip=bool(flips))


def role_table(flips: Sequence[RoleChange]) -> Table:
    """Return roles that change: before → after, and by how much the role's cost changes."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("role", no_wrap=True)
    for title in ("before", "after"):
        table.add_column(title, overflow="fold")
    table.add_column("role costs", justify="right", no_wrap=True)
    for one in flips:
        table.add_row(
            one.role,
            neat(words.candidate_text(one.before)),
            neat(words.candidate_text(one.after)),
            words.signed_usd(one.difference),
        )
    return table


def rest_line(rest: Sequence[RoleChange], *, any_flip: bool) -> str:
    """Return what the roles that stay do."""
    moved = [one for one in rest if one.kind == "recosted"]
    count = f"{len(rest)} role{'s' if len(rest) != 1 else ''}"
    stay = f"{'The other ' if any_flip else 'All '}{count} {'stay' if len(rest) != 1 else 'stays'} as before"
    if not moved:
        return f"{stay}." if any_flip else f"{stay}: the same design is the best."
    by = ", ".join(f"{one.role} {words.signed_usd(one.difference)}" for one in _largest(moved)[:4])
    more = f" and {len(moved) - 4} more" if len(moved) > 4 else ""
    return f"{stay}; {len(moved)} of them cost differently under the other load: {by}{more}."


def _largest(changes: Sequence[RoleChange]) -> list[RoleChange]:
    return sorted(changes, key=lambda one: (-abs(one.difference), one.role))


def each_table(found: Sequence[WhatIf]) -> Table:
    """Return one row for each change alone: status, cost, difference, what flips or cannot hold."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("change alone", overflow="fold", ratio=2)
    for title in ("cost/month", "difference"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("what flips", overflow="fold", ratio=3)
    for one in found:
        table.add_row(neat(", ".join(words.change_text(change) for change in one.changes)), *_each_cells(one))
    return table


def _each_cells(one: WhatIf) -> tuple[str, str, str]:
    before, after = one.before.best, one.after.best
    if after is None:
        side = one.comparison.sides[1]
        reasons = ", ".join(words.requirement_text(r) for r in one.after.conflict or ())
        return "–", "", f"{status(side)}{neat(f': {reasons}') if reasons else ''}"
    difference = words.signed_usd(after.cost_usd_per_month - before.cost_usd_per_month) if before else ""
    flips = list(words.flips_text(one.roles)) or ["nothing"]
    unproved = "" if one.after.status.value == "optimal" else f"{status(one.comparison.sides[1])}; "
    return numbers.usd(after.cost_usd_per_month), difference, unproved + "\n".join(neat(flip) for flip in flips)
