"""What the terminal shows of a selection: the verdict first, then limits, the choice, the pools, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.optimizer.solver import Status
from advisor.render import numbers
from advisor.render.clean import clean
from advisor.render.selection_json import slack
from advisor.selection.judge import Judged
from advisor.selection.priorities import ByPriority
from advisor.selection.problem import Aggregation, Limit, SelectionProblem
from advisor.selection.result import Conflict, Front, Selection

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MOST_COLUMNS = 8
DIGITS = 6
LEAST_UNSERVED = 1e-9
SIGNS = {"<=": "≤", ">=": "≥", "=": "="}
STYLES = {Status.OPTIMAL: "green", Status.INFEASIBLE: "bold red", Status.STOPPED: "bold yellow"}


def figure(value: float | None) -> str:
    """Return a number of unknown unit with six significant digits, thousands apart; "none" for no value.

    >>> [figure(v).replace("\\u00a0", " ") for v in (1234567.0, 0.999871234, 12.0, 0.0, 1e-9, 4.2e20, None)]
    ['1 234 570', '0.999871', '12', '0', '1e-09', '4.2e+20', 'none']
    """
    if value is None:
        return "none"
    if value and not 1e-4 <= abs(value) < 1e15:
        return f"{value:.{DIGITS}g}"
    text = numbers.significant(value, DIGITS)
    return text.rstrip("0").rstrip(".") if "." in text else text


def answer(result: Selection | Front, name: str) -> Iterator[RenderableType]:
    """Yield everything that is printed about a selection or a front of the problem in a file."""
    yield headline(result, name)
    yield ""
    if isinstance(result, Front):
        yield from _front(result)
    elif result.best is not None:
        yield from _selection(result, result.best)
    if result.conflict is not None:
        yield from conflict_lines(result.conflict)
    elif result.status is Status.INFEASIBLE:
        yield "Which of the conditions cannot hold together was not found in time."
    if isinstance(result, Selection) and result.by_priority is not None:
        yield from _by_priority(result, result.by_priority)
    for text in result.problem.assumptions:
        yield f"[dim]assumed: {clean(text)}[/]"
    yield f"[dim]next: {clean(next_step(result, name))}[/]"


def headline(result: Selection | Front, name: str) -> str:
    """Return file, goal, what is proved and the time on one line, as rich markup."""
    if isinstance(result, Front):
        what = "front of " + ", ".join(f"{g.attribute} ({'max' if g.maximize else 'min'})" for g in result.metrics)
    else:
        what = str(result.goal)
    words = f"{status_words(result)}, {result.seconds:.2f} s"
    return f"[bold]{clean(name)}[/] · {clean(what)} · [{STYLES[result.status]}]{words}[/]"


def status_words(result: Selection | Front) -> str:
    """Return what is proved, in words."""
    if result.status is Status.INFEASIBLE:
        return "infeasible (proved)"
    if isinstance(result, Front):
        count = f"{len(result.points)} point{'s' if len(result.points) != 1 else ''}"
        return f"complete (proved), {count}" if result.status is Status.OPTIMAL else f"not complete, {count} so far"
    if result.status is Status.OPTIMAL:
        return "optimal (proved)"
    if result.best is None:
        return "no design found in time, nothing proved"
    gap = "no bound known" if result.gap is None else f"within {100 * result.gap:.2g} %"
    return f"not proved optimal, {gap}"


def _selection(result: Selection, best: Judged) -> Iterator[RenderableType]:
    yield verdict(result, best)
    yield ""
    if best.chosen:
        yield choice(result.problem, best)
    yield from pools(result.problem, best)
    for attribute, path in best.paths.items():
        if path:
            yield f"critical path of {clean(attribute)}: {clean(' → '.join(path))}"


def _by_priority(result: Selection, found: ByPriority) -> Iterator[RenderableType]:
    """Yield what can be served of the demand, class by class, and the plan that does it."""
    from rich.table import Table

    proved = "" if found.status is Status.OPTIMAL else ", not proved: more may be possible"
    yield ""
    yield f"[bold yellow]Not all of the demand can be served.[/] By priority, the most important first{proved}:"
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for title in ("pool", "class", "priority"):
        table.add_column(title)
    for title in ("demand", "served", "not served"):
        table.add_column(title, justify="right")
    for one in found.classes:
        left = "[dim]–[/]" if one.unserved < LEAST_UNSERVED else f"[red]{numbers.percent(one.unserved)}[/]"
        priority = "all of it" if one.priority is None else str(one.priority)
        amount = figure(one.share * one.demand)
        table.add_row(clean(one.pool), clean(one.name), priority, figure(one.demand), amount, left)
    yield table
    yield ""
    yield "The plan for what is served:"
    yield from _selection(replace(result, status=found.status), found.best)


def verdict(result: Selection, best: Judged) -> Table:
    """Return a line for the goal and one for each limit: value, bound, what is left; then the other totals."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    goal = result.goal
    bound = "" if result.status is Status.OPTIMAL else f"no design is better than {figure(result.bound)}"
    table.add_row(
        "[bold]→[/]", clean(goal.attribute), figure(best.totals[goal.attribute]), _direction(goal.maximize), bound
    )
    for limit in result.problem.limits:
        value = best.totals[limit.attribute]
        mark = "[green]✓[/]" if limit not in best.broken else "[red]✗[/]"
        words = f"{SIGNS[limit.sense]} {figure(limit.bound)}"
        table.add_row(mark, clean(limit.attribute), figure(value), words, _slack(limit, value))
    named = {goal.attribute, *(limit.attribute for limit in result.problem.limits)}
    for attribute, value in best.totals.items():
        if attribute not in named:
            table.add_row("[dim]·[/]", clean(attribute), figure(value), "[dim]no limit[/]", "")
    return table


def _direction(maximize: bool) -> str:
    return "largest" if maximize else "smallest"


def _slack(limit: Limit, value: float | None) -> str:
    if value is None or limit.sense == "=":
        return ""
    left = slack(limit, value)
    if left <= 0:
        return "no slack"
    if limit.bound and left < 10 * abs(limit.bound):
        share = left / abs(limit.bound)
        return f"slack {numbers.percent(share) if share >= 0.001 else f'{100 * share:.1g} %'}"
    return f"slack {figure(left)}"


def choice(problem: SelectionProblem, best: Judged) -> Table:
    """Return role, option and its values, roles in the order of the input."""
    from rich.table import Table

    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("role")
    table.add_column("chosen", style="bold")
    columns = _columns(problem)
    for attribute in columns:
        kind = problem.aggregations[attribute]
        how = "" if kind is Aggregation.SUM else f" ({kind.value.replace('_', ' ')})"
        table.add_column(clean(attribute + how), justify="right")
    for role in problem.roles:
        values = problem.values[role.name][best.chosen[role.name]]
        cells = [figure(values[a]) if a in values else "[dim]–[/]" for a in columns]
        table.add_row(clean(role.name), clean(best.chosen[role.name]), *cells)
    return table


def _columns(problem: SelectionProblem) -> list[str]:
    """Return the attributes that options state: the goal's and those of limits first."""
    stated = {a for options in problem.values.values() for values in options.values() for a in values}
    first = ([problem.goal.attribute] if problem.goal else []) + [limit.attribute for limit in problem.limits]
    return [a for a in dict.fromkeys([*first, *problem.aggregations]) if a in stated][:MOST_COLUMNS]


def pools(problem: SelectionProblem, best: Judged) -> Iterator[RenderableType]:
    """Yield for each pool its units and how they share the classes."""
    for pool in problem.pools:
        plan = best.pools[pool.name]
        units = ", ".join(f"{count} × {unit}" for unit, count in plan.units.items() if count) or "no units"
        yield f"{clean(pool.name)}: [bold]{clean(units)}[/]"
        for one in pool.classes:
            shares = ", ".join(
                f"{numbers.percent(share)} on {unit}" if share < 1 else f"all on {unit}"
                for unit, share in sorted(plan.shares.get(one.name, {}).items())
            )
            yield f"  {clean(one.name)}: {clean(shares or 'nothing to serve')}"


def _front(result: Front) -> Iterator[RenderableType]:
    """Yield the points: metrics, then what changes from one to the next."""
    from rich.table import Table

    if not result.points:
        return
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for goal in result.metrics:
        table.add_column(clean(goal.attribute), justify="right")
    table.add_column("chosen; then what changes")
    before: Judged | None = None
    for point in result.points:
        values = [figure(point.totals[goal.attribute]) for goal in result.metrics]
        table.add_row(*values, clean(_changes(point, before)))
        before = point
    yield table


def _changes(point: Judged, before: Judged | None) -> str:
    chosen = [f"{r}={o}" for r, o in point.chosen.items() if before is None or before.chosen[r] != o]
    for pool, plan in point.pools.items():
        for unit, count in plan.units.items():
            if count != (before.pools[pool].units[unit] if before else 0):
                chosen.append(f"{pool}: {count} × {unit}")
    return ", ".join(chosen)


def conflict_lines(conflict: Conflict) -> Iterator[str]:
    """Yield why nothing is feasible: the smallest conflicting set and what each limit would have to be."""
    yield _opening(conflict.conditions)
    reliefs = {relief.limit: relief.value for relief in conflict.reliefs}
    for condition in conflict.conditions:
        value = reliefs.get(condition) if isinstance(condition, Limit) else None
        sense = SIGNS[condition.sense] if isinstance(condition, Limit) else ""
        advice = f"   with everything else as it is, {sense} {figure(value)} can be met" if value is not None else ""
        yield f"  [red]✗[/] {clean(str(condition))}{advice}"
    for other in conflict.others:
        yield f"Apart from that: {_opening(other)[0].lower()}{_opening(other)[1:]}"
        yield from (f"  [red]✗[/] {clean(str(condition))}" for condition in other)


def _opening(conditions: Sequence[object]) -> str:
    if len(conditions) == 1:
        return "This cannot hold, whatever is chosen:"
    return "These cannot all hold together; without any one of them the others can:"


def next_step(result: Selection | Front, name: str) -> str:
    """Return a command that is likely to be of use next."""
    import shlex

    file = "-" if name == "standard input" else shlex.quote(name)
    if result.status is Status.STOPPED:
        return f"advisor select {file} ... --time-limit 600"
    if isinstance(result, Selection) and result.best is not None:
        others = [limit.attribute for limit in result.problem.limits if limit.attribute != result.goal.attribute]
        others += [a for a in result.problem.aggregations if a != result.goal.attribute]
        if others:
            pair = shlex.quote(f"{result.goal.attribute},{others[0]}")
            return f"advisor select {file} ... --pareto {pair} shows what more of one costs in the other"
    return f"advisor select {file} ... --json gives everything as data"
