"""Designs beside the optimum, for the terminal: what differs, what each is better and worse at, what is tight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.analysis.alternatives import Alternative, Alternatives
from advisor.analysis.comparison import MetricRow
from advisor.evaluation.result import Check
from advisor.render import numbers
from advisor.render.change_words import candidate_text, metric_difference, requirement_text
from advisor.render.markdown import joined, plural
from advisor.render.neat import neat

if TYPE_CHECKING:
    from rich.console import RenderableType


def page(found: Alternatives) -> Iterator[RenderableType]:
    """Yield the optimum, each alternative, and why the list ends."""
    scenario, best = found.answer.scenario, found.best
    assert best is not None
    yield f"[bold]{neat(scenario.title)}[/] · {scenario.blueprint.id} · alternatives"
    yield f"proposed: {neat(numbers.usd(best.cost_usd_per_month))}/month"
    if found.answer.status.value == "optimal":
        yield f"[dim]{neat(asked_text(found))}[/]"
    for index, one in enumerate(found.found, 1):
        yield ""
        yield from _lines(index, one, scenario.objective[0].text)
    yield ""
    yield f"[dim]{neat(end_text(found))}[/]"


def asked_text(found: Alternatives) -> str:
    """Return what counts as an alternative."""
    return (
        f"Each differs from the proposed design and from every one before it in the component of at least "
        f"{plural(found.differ, 'role')}, and is the best of those that do (proved)."
    )


def _lines(index: int, one: Alternative, goal: str) -> Iterator[str]:
    yield f"[bold]{index}[/]  {neat(headline(one, goal))}"
    for change in one.differs:
        before, after = (candidate_text(c) for c in (change.before, change.after))
        yield f"   {change.role}: {neat(before)} → {neat(after)}"
    resized = [change.role for change in one.roles if change.kind == "resized" and change not in one.differs]
    if resized:
        yield f"   [dim]other sizes: {joined(resized)}[/]"
    for name, style, metrics in (("better", "green", one.better_at), ("worse", "red", one.worse_at)):
        if metrics:
            yield f"   [{style}]{name}[/]  {neat(metric_list(one, metrics))}"
    if one.tightest is not None:
        yield f"   closest to its limit: {neat(tight_text(one.tightest))}"


def headline(one: Alternative, goal: str) -> str:
    """Return what an alternative costs, and how much worse it is where something else than cost is the goal."""
    cost = f"{numbers.usd(one.evaluation.cost_usd_per_month)}/month"
    worse = "as good as the optimum" if one.worse <= 1e-9 else f"{_share(one.worse)} worse than the optimum"
    return f"{cost}, {worse}" if goal == "minimize cost_usd_per_month" else f"{cost}, {worse} ({goal})"


def _share(worse: float) -> str:
    return numbers.percent(worse) if worse >= 0.0005 else f"less than 0.1{numbers.NARROW}%"


def metric_list(one: Alternative, metrics: tuple[str, ...]) -> str:
    """Return some metrics with their differences from the optimum."""
    rows = {row.metric: row for row in one.comparison.metrics}
    return ", ".join(_difference(rows[metric]) for metric in metrics)


def _difference(row: MetricRow) -> str:
    before, after = row.values
    assert before is not None
    assert after is not None
    return f"{numbers.metric_label(row.metric)} {metric_difference(row.metric, before, after)}"


def tight_text(check: Check) -> str:
    """Return a requirement with the value that meets it and the slack."""
    assert check.value is not None
    assert check.slack is not None
    metric = check.requirement.metric  # type: ignore[union-attr]
    left = "of the error budget left" if metric.endswith(".availability") else "slack"
    value = numbers.metric(metric, check.value)
    return f"{requirement_text(check.requirement)} at {value}, {numbers.percent(check.slack)} {left}"


def end_text(found: Alternatives) -> str:
    """Return why the list ends."""
    share = numbers.percent(found.within)
    if found.ends == "within" and found.beyond is not None:
        cost = numbers.usd(found.beyond.evaluation.cost_usd_per_month)
        beyond = numbers.percent(found.beyond.worse)
        return f"The next one is {beyond} worse than the optimum, beyond {share}: {cost}/month."
    return {
        "count": "There may be more; --count lists them.",
        "none": f"No further design differs in {plural(found.differ, 'role')} from all of these (proved).",
        "time": "The time limit passed before the next one was proved.",
    }[found.ends]
