"""Growth for the terminal: cost at each factor with a bar, what flips where, and when the design of today breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.analysis.flips import Flip
from advisor.analysis.growth import Growth
from advisor.analysis.headroom import Breaks
from advisor.analysis.volumes import VOLUMES, Volume
from advisor.optimizer.solver import Status
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render import sensitivity_words as said
from advisor.render.neat import neat
from advisor.scenario.load import Scenario

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

WIDTH = 26  # characters of the longest bar
NB = numbers.NARROW


def page(found: Growth, scenario: Scenario, *, chosen: bool) -> Iterator[RenderableType]:
    """Yield everything from top to bottom. ``chosen``: whether the user said what grows."""
    yield f"[bold]{neat(scenario.title)}[/] · {scenario.blueprint.id}"
    yield neat(
        f"grows: {grows_text(found)}{'' if chosen else f' (the volumes: {joined(VOLUMES)}; change it with --of)'}"
    )
    yield ""
    yield volume_table(found, scenario)
    yield from (neat(line) for line in infeasible_lines(found.volumes))
    yield ""
    yield "[bold]What flips[/] (both sides were solved over the whole catalog)"
    yield from (neat(f"  {flip_text(one)}") for one in found.flips or ())
    if not found.flips:
        yield "  nothing: the same options are the best at every factor; only sizes change"
    yield ""
    yield from headroom(found)


def joined(names: Sequence[str]) -> str:
    """Return names as in a sentence.

    >>> joined(["data", "throughput", "inference"])
    'data, throughput and inference'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def grows_text(found: Growth) -> str:
    """Return what grows, each with its value at factor 1."""
    return ", ".join(f"{name} {numbers.significant(value)}" for name, value in found.of.items())


def factor_text(factor: float) -> str:
    """Return a factor.

    >>> factor_text(3.0), factor_text(17.472)
    ('3×', '17.5×')
    """
    return f"{f'{factor:g}' if factor == round(factor) else numbers.significant(factor)}×"


def per_text(scenario: Scenario) -> str:
    """Return what the cost is divided by."""
    flow_id, _ = next(iter(scenario.blueprint.flows.items()))
    return f"USD per 1{NB}000 × {flow_id}"


def volume_table(found: Growth, scenario: Scenario) -> Table:
    """Return a row for each factor: cost, cost per 1 000 runs with its bar, units, and what holds."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for head in ("volume", "cost/month", per_text(scenario)):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("")
    table.add_column("units", justify="right", no_wrap=True)
    table.add_column("requirements", overflow="fold")
    most = max((one.usd_per_1000 or 0.0 for one in found.volumes), default=0.0)
    for one in found.volumes:
        cost, per_run, units, bar = cells(one, most)
        table.add_row(factor_text(one.factor), cost, per_run, bar, units, neat(status_text(one)))
    return table


def cells(one: Volume, most: float) -> tuple[str, str, str, str]:
    """Return cost, cost per 1 000 runs, units and the bar of a row."""
    if one.evaluation is None or one.usd_per_1000 is None:
        return "–", "–", "–", ""
    bar = "█" * max(1, round(WIDTH * one.usd_per_1000 / most))
    units = sum(m.units for c in one.evaluation.design.values() for m in c.members if m.option and m.option.unit)
    return (
        numbers.usd(one.evaluation.cost_usd_per_month),
        numbers.significant(one.usd_per_1000),
        str(units),
        bar,
    )


def status_text(one: Volume) -> str:
    """Return which requirements hold at a factor."""
    if one.status is Status.STOPPED:
        return "not settled in time"
    if one.evaluation is None:
        return "no design"
    if one.lifted:
        return f"all but {joined([words.requirement_text(bound) for bound in one.lifted])}"
    return "all hold"


def infeasible_lines(volumes: Sequence[Volume]) -> Iterator[str]:
    """Yield for every factor without a design what cannot hold together."""
    for one in volumes:
        if one.status is not Status.INFEASIBLE:
            continue
        if one.conflict:
            them = "; ".join(words.requirement_text(requirement) for requirement in one.conflict)
            those = "these cannot hold together" if len(one.conflict) > 1 else "this cannot hold"
            yield f"At {factor_text(one.factor)} {those}, whatever the budget: {them}."
        else:
            yield f"At {factor_text(one.factor)} {unfilled_text(one)}."


def unfilled_text(one: Volume) -> str:
    """Return which roles stand in the way of any design at all."""
    if not one.unfilled:
        return "no combination of the options can carry the load"
    verb = "have" if len(one.unfilled) > 1 else "has"
    return f"{joined(one.unfilled)} {verb} no option that can carry the load"


def flip_text(one: Flip) -> str:
    """Return a flip as a line: between which factors, and what changes."""
    between = f"at {numbers.significant(one.after.factor, 4)}×"
    if not one.proved:
        return f"{between}: not settled in time"
    if one.after.evaluation is None:
        why = "" if one.after.conflict else f": {unfilled_text(one.after)}"
        return f"{between}: no design meets the requirements any more, whatever the budget{why}"
    if one.before.evaluation is None:
        return f"{between}: there is a design again"
    parts = [f"{words.requirement_text(bound)} cannot hold any more" for bound in one.lifted]
    again = (bound for bound in one.before.lifted if bound not in one.after.lifted)
    parts += [f"{words.requirement_text(bound)} holds again" for bound in again]
    parts += [said.flip_text(role) for role in one.roles]
    return f"{between}: {'; '.join(parts)}"


def headroom(found: Growth) -> Iterator[str]:
    """Yield when each thing breaks in the design of factor 1 that stays as it is."""
    if not found.headroom:
        yield "There is no design at 1× that meets every requirement, so there is no headroom to speak of."
        return
    yield "[bold]Headroom[/] of the design at 1× left as it is: no unit is added"
    for one in found.headroom:
        yield neat(f"  {headroom_text(one, found)}")


def headroom_text(one: Breaks, found: Growth) -> str:
    """Return when one thing breaks."""
    assert found.base.evaluation is not None
    name = "capacity"
    for check in found.base.evaluation.checks:
        if check.requirement.path == one.what:
            name = words.requirement_text(check.requirement)
    if one.breaks_at is None:
        return f"{name}: holds to {factor_text(one.holds_at)}, as far as was looked"
    at = f"{numbers.significant(one.breaks_at, 4)}×"
    if one.what == "capacity":
        return f"{name}: ends at {at}: {'; '.join(one.problems)}"
    assert one.check is not None
    return f"{name}: breaks at {at}, {words.broken_text(one.check)}"
