"""Designs side by side, and what changes from one to the other, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.analysis.changes import CheckChange, LineChange, RoleChange, check_changes, role_changes
from advisor.analysis.comparison import Comparison, Dominated, RoleRow, Side, usd_per_thousand
from advisor.analysis.differences import Difference
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render.markdown import joined, plural
from advisor.render.neat import neat
from advisor.render.what_if_text import metric_table, status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MARK = {"added": "+", "removed": "-", "replaced": "~", "resized": "~", "recosted": "~", "same": " "}
STYLE = {"+": "green", "-": "red", "~": "yellow", " ": "dim"}


# --- diff -------------------------------------------------------------------------------------------------------------


def diff_page(found: Comparison) -> Iterator[RenderableType]:
    """Yield what changes from the first side to the second, from top to bottom."""
    yield from _heads(found)
    old, new = (side.evaluation for side in found.sides)
    if old is None or new is None:
        yield "Without two designs there is nothing to compare."
        return
    changes = role_changes(old, new)
    yield ""
    yield from role_diff(changes)
    yield total_line(changes)
    yield metric_table(found.metrics, ("before", "after"))
    yield from check_lines(check_changes(old, new))
    yield "[dim]Key: + added, - removed, ~ changed; USD a month; bill and operations[/]"


def _heads(found: Comparison) -> Iterator[str]:
    for name, side in zip(("before", "after"), found.sides, strict=True):
        yield f"{name:7} [bold]{neat(side.label)}[/] · {neat(side.scenario.title)}: {status(side)}"
        yield from _side_notes(found, found.sides.index(side))
    yield from difference_lines(found)


def _side_notes(found: Comparison, index: int) -> Iterator[str]:
    side = found.sides[index]
    if side.evaluation:
        yield from (f"  [red]✗[/] {neat(words.broken_text(c))}" for c in words.broken_checks(side.evaluation))
    yield from (f"  {neat(note)}" for note in side.notes)
    if side.status == "infeasible":
        yield from (f"  {neat(line)}" for line in words.conflict_lines(side))


def difference_lines(found: Comparison) -> Iterator[str]:
    """Yield in what the scenarios differ, and what that means for comparing."""
    if len(found.blueprints) > 1:
        names = ", ".join(found.blueprints)
        yield f"[yellow]Different blueprints ({names}): only what both have is compared.[/]"
    others = [one for one in found.differences if one.path != "blueprint"]
    if others:
        yield "[yellow]The scenarios differ; each design is judged under its own:[/]"
        yield from (f"  {neat(difference_text(one))}" for one in others[:12])
        if len(others) > 12:
            yield f"  and {len(others) - 12} more; --json lists all"
    if loads_differ(found):
        yield f"  {neat(per_thousand_text(found))}"


def loads_differ(found: Comparison) -> bool:
    """Return whether the sides carry different loads, so that totals alone mislead."""
    return any(one.path.startswith("workload.") for one in found.differences)


def per_thousand_text(found: Comparison) -> str:
    """Return what a thousand requests cost on each side."""
    costs = [usd_per_thousand(side.evaluation) for side in found.sides]
    return "cost of 1 000 requests: ".replace(" 000", f"{numbers.NARROW}000") + " | ".join(
        "–" if cost is None else numbers.usd(cost) for cost in costs
    )


def difference_text(one: Difference) -> str:
    """Return a setting in which scenarios differ: before → after, or one value a side."""
    return f"{one.path}: {(' → ' if len(one.values) == 2 else ' | ').join(words.value_text(v) for v in one.values)}"


def role_diff(changes: Sequence[RoleChange]) -> Iterator[str]:
    """Yield each role that changes with its meter lines, in the shape of a diff."""
    for one in changes:
        if one.kind != "same":
            mark = MARK[one.kind]
            yield f"[{STYLE[mark]}]{mark}[/] [bold]{one.role}[/]  {words.signed_usd(one.difference)}"
            yield from (_styled(sign, neat(text)) for sign, text in role_texts(one))
            yield from (_styled(sign, f"  {neat(text)}") for sign, text in line_texts(one))
    same = sum(one.kind == "same" for one in changes)
    if same:
        yield f"[dim]  {same} role{'s' if same > 1 else ''} the same[/]"


def _styled(mark: str, text: str) -> str:
    return f"    [{STYLE[mark]}]{mark} {text}[/]"


def role_texts(one: RoleChange) -> Iterator[tuple[str, str]]:
    """Yield what runs before and after as (mark, text)."""
    if one.kind == "recosted" and one.after is not None:
        yield " ", words.candidate_text(one.after)
        return
    for mark, candidate, usd in zip("-+", (one.before, one.after), one.usd_per_month, strict=True):
        if candidate is not None:
            yield mark, f"{words.candidate_text(candidate)}  {numbers.usd(usd)}"


def line_texts(one: RoleChange) -> Iterator[tuple[str, str]]:
    """Yield the meter lines that change as (mark, text)."""
    for line in one.lines:
        before, after = line.quantities
        if before is not None and after is not None and abs(line.difference) < words.CENT:
            continue
        yield ("+" if before is None else ("-" if after is None else "~")), line_text(line)


def line_text(line: LineChange) -> str:
    """Return a meter line: quantity before → after, what it counts, difference in USD; of a free line, that it is 0."""
    quantities = [numbers.significant(q) for q in line.quantities if q is not None]
    shown = " → ".join(dict.fromkeys(quantities))
    usd = words.signed_usd(line.difference) if any(line.usd_per_month) else numbers.usd(0)
    return f"{shown}{numbers.NARROW}{line.unit} {line.title}, {usd}".replace(f"{numbers.NARROW} ", " ")


def total_line(changes: Sequence[RoleChange]) -> str:
    """Return the total before and after."""
    before, after = (sum(one.usd_per_month[i] for one in changes) for i in (0, 1))
    part = words.share(before, after)
    return (
        f"  [bold]total[/]  {numbers.usd(before)} → {numbers.usd(after)} a month, "
        f"[bold]{words.signed_usd(after - before)}[/]{f' ({part})' if part else ''}"
    )


def check_lines(changes: Sequence[CheckChange]) -> Iterator[str]:
    """Yield the requirements that read or hold differently."""
    if changes:
        yield "requirements"
        yield from (f"  [{STYLE[mark]}]{mark}[/] {neat(text)}" for mark, text in check_texts(changes))


def check_texts(changes: Sequence[CheckChange]) -> Iterator[tuple[str, str]]:
    """Yield each requirement that changes as (mark, text)."""
    for one in changes:
        if one.before is None and one.after is not None:
            yield "+", _check_text(words.requirement_text(one.after.requirement), one.after.holds)
        elif one.after is None and one.before is not None:
            yield "-", _check_text(words.requirement_text(one.before.requirement), one.before.holds)
        elif one.before is not None and one.after is not None:
            texts = [_check_text(words.requirement_text(c.requirement), c.holds) for c in (one.before, one.after)]
            yield "~", " → ".join(texts)


def _check_text(text: str, holds: bool) -> str:
    return f"{text} {'holds' if holds else 'does not hold'}"


# --- compare ----------------------------------------------------------------------------------------------------------


def compare_page(found: Comparison) -> Iterator[RenderableType]:
    """Yield designs side by side, from top to bottom."""
    for index, side in enumerate(found.sides):
        yield f"{letter(index)}  [bold]{neat(side.label)}[/] · {neat(side.scenario.title)}: {status(side)}"
        yield from _side_notes(found, index)
    yield from difference_lines(found)
    if any(row.values for row in found.metrics):
        yield compare_table(found)
    if found.roles:
        yield roles_table(found)
        same = sum(row.same for row in found.roles)
        if same:
            yield f"[dim]{same} role{'s' if same > 1 else ''} the same everywhere[/]"
    yield ""
    yield from (neat(line) for line in verdict_lines(found))


def letter(index: int) -> str:
    """Return the column's name: A, B, C ..."""
    return chr(ord("A") + index)


def compare_table(found: Comparison) -> Table:
    """Return the metrics by side; the best of each is marked with ★."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("metric (★ best)")
    for index in range(len(found.sides)):
        table.add_column(letter(index), justify="right", no_wrap=True)
    for row in found.metrics:
        cells = ["–" if v is None else numbers.metric(row.metric, v) for v in row.values]
        marked = [f"[green]★ {cell}[/]" if i in row.best else cell for i, cell in enumerate(cells)]
        table.add_row(numbers.metric_label(row.metric), *marked)
    return table


def roles_table(found: Comparison) -> Table:
    """Return the roles that differ, by side."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("role", no_wrap=True)
    for index in range(len(found.sides)):
        table.add_column(letter(index), overflow="fold", ratio=1)
    for row in found.roles:
        if not row.same:
            table.add_row(row.role, *(neat(cell) for cell in role_cells(row)))
    return table


def role_cells(row: RoleRow) -> list[str]:
    """Return what fills a role on each side, with its cost."""
    return [
        "–"
        if c is None
        else (
            words.candidate_text(c) if c.is_none else f"{words.candidate_text(c)}, {numbers.usd(c.cost_usd_per_month)}"
        )
        for c in row.candidates
    ]


def verdict_lines(found: Comparison) -> Iterator[str]:
    """Yield what each is better at, and which are dominated."""
    beaten = {one.side: one for one in found.dominated}
    if sum(side.evaluation is not None for side in found.sides) < 2:
        yield "Without two designs there is nothing to compare."
        return
    for index, side in enumerate(found.sides):
        names = [numbers.metric_label(metric) for metric in found.better_at[index]]
        if index in beaten:
            yield dominated_text(beaten[index], found)
        elif side.evaluation is not None:
            yield f"{letter(index)} alone is the best at {joined(names) if names else 'nothing'}."


def dominated_text(one: Dominated, found: Comparison) -> str:
    """Return why a side is dominated, in a sentence; and another where the one that dominates breaks more."""
    a, b = letter(one.side), letter(one.by)
    more = _broken(found.sides[one.by]) - _broken(found.sides[one.side])
    but = f" But {b} breaks {plural(len(more), 'requirement')} that {a} meets." if more else ""
    if one.equal:
        return f"{a} equals {b} in every metric that is compared.{but}"
    return f"{a} is dominated by {b}: worse or equal in every metric that is compared, and worse in at least one.{but}"


def _broken(side: Side) -> set[str]:
    return {check.requirement.path for check in words.broken_checks(side.evaluation)} if side.evaluation else set()
