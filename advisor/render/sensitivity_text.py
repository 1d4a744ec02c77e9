"""Sensitivity for the terminal: what requirements cost, break-evens, the tornado, and the ATAM points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.analysis.atam import SensitivityPoint
from advisor.analysis.knobs import ASSUMED_SPREAD
from advisor.analysis.sensitivity import Sensitivity
from advisor.analysis.tornado import Bar, End, headline_metrics, ranked
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render import sensitivity_words as said
from advisor.render.goal_words import and_goal, and_goal_value
from advisor.render.neat import neat
from advisor.scenario.requirements import is_count

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

HALF = 14  # characters of a bar on each side of the middle
MOST_BARS = {"cost_usd_per_month": 12}
MOST_BARS_ELSE = 8
FULL = "█"
MOST_OPEN = 6  # numbers that are named of those that the time limit left open
NUMBER_WIDTH, VALUE_WIDTH, WHY_WIDTH = 38, 17, 60  # columns of a table, in characters
MOST_POINTS = 3  # decisions that are spelled out for each attribute
PARTS = ("constraints", "break-evens", "tornado", "points")


def page(found: Sensitivity, parts: Sequence[str] = PARTS) -> Iterator[RenderableType]:
    """Yield everything that was asked for, from top to bottom."""
    scenario = found.answer.scenario
    cost = f"{numbers.usd(found.best.cost_usd_per_month)}/month"
    yield f"[bold]{neat(scenario.title)}[/] · {scenario.blueprint.id} · {neat(cost + and_goal_value(found.best))}"
    made = {"constraints": constraints, "break-evens": break_evens, "tornado": tornado, "points": points}
    for part in parts:
        yield ""
        yield from made[part](found)


def _table(*heads: str, right: Iterable[str] = ()) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in set(right) else "left", overflow="fold")
    return table


# --- constraints ------------------------------------------------------------------------------------------------------


def constraints(found: Sensitivity) -> Iterator[RenderableType]:
    """Yield slack and next steps of every bound, then what the rules on options cost."""
    yield "[bold]What each requirement costs[/] (exact steps; each was solved on its other side)"
    table = _table("requirement", "slack", "tighter", "looser", "price over the step", right=("slack",))
    for one in found.bounds:
        table.add_row(
            neat(words.requirement_text(one.bound)),
            "" if is_count(one.bound.metric) else numbers.percent(one.slack),
            neat(said.tighter_text(one, found.best)),
            neat(said.looser_text(one, found.best)),
            neat(said.price_text(one, found.best)),
        )
    yield table
    for rule in found.rules:
        text = words.requirement_text(rule.rule)
        if rule.evaluation is None:
            yield neat(f"without {text}: not settled in time")
        elif rule.changes:
            price = f"{words.signed_usd(-rule.saves)}{and_goal(found.best, rule.evaluation)}"
            yield neat(f"without {text}: {price}; {said.flips_text(rule.roles)}")
        else:
            yield neat(f"without {text}: nothing changes")


# --- break-evens ------------------------------------------------------------------------------------------------------


def break_evens(found: Sensitivity) -> Iterator[RenderableType]:
    """Yield where each number flips the design, the closest first."""
    known = found.break_evens
    reach, every = f"{found.reach:g}", all(one.proved for one in known.found)
    yield (
        f"[bold]Break-evens[/]: {len(known.found)} of {len(known.followed)} numbers flip the design within a factor of "
        f"{reach} or their range (●); both sides proved{'' if every else ' unless said otherwise'}"
    )
    table = _table("", "number", "now", "flips at", "moves by", "why, and then", "cost", right=("moves by", "cost"))
    for column in (4, 6):
        table.columns[column].no_wrap = True
    for column, width in ((1, NUMBER_WIDTH), (2, VALUE_WIDTH), (3, VALUE_WIDTH), (5, WHY_WIDTH)):
        table.columns[column].max_width = width  # long units would leave no room for what comes then
    for one in known.found:
        now, at = said.apart(one.knob, one.knob.value, one.flips_at)
        cost = numbers.usd(one.after.cost_usd_per_month) if one.after else "–"
        table.add_row(
            "●" if one.within_range else "",
            place(one.knob.path),
            *map(neat, (now, at, said.moved_text(one), f"{said.why_text(one)}; {said.after_text(one)}", cost)),
        )
    if known.found:
        yield table
    if known.immaterial:
        yield f"[dim]{len(known.immaterial)} more numbers change no option that far.[/]"
    if known.open:
        names = list(dict.fromkeys(knob.path for knob, _ in known.open))
        more = f" and {len(names) - MOST_OPEN} more" if len(names) > MOST_OPEN else ""
        yield neat(f"Not settled in time: {', '.join(names[:MOST_OPEN])}{more}; raise --time-limit.")


# --- tornado ----------------------------------------------------------------------------------------------------------


def tornado(found: Sensitivity) -> Iterator[RenderableType]:
    """Yield a bar chart for each headline metric: the design as it is, each number from its low to its high."""
    yield "[bold]Tornado[/] (the design stays as it is; * no range is stated, so one is assumed)"
    for metric in headline_metrics(found.best):
        shown = ranked(found.bars, metric)
        most = MOST_BARS.get(metric, MOST_BARS_ELSE)
        yield ""
        yield f"{numbers.metric_label(metric)}, now {numbers.metric(metric, found.best.metric(metric))}"
        yield _bars(shown[:most], metric)
        if len(shown) > most:
            yield f"[dim]and {len(shown) - most} smaller ones[/]"
    if any(bar.flips is None for bar in found.bars):
        yield "[dim]? whether the design flips was not looked for (see break-evens), or not settled in time[/]"
    spreads = ", ".join(f"{basis} {numbers.percent(share)}" for basis, share in ASSUMED_SPREAD.items())
    yield f"[dim]* assumed, up and down, by what a number is based on: {spreads}[/]"


def place(path: str) -> str:
    """Return where a number stands on two lines: who states it, and what it is."""
    record, _, name = path.partition(": ")
    return f"{neat(record)}\n  {neat(name)}" if name else neat(record)


def _bars(bars: Sequence[Bar], metric: str) -> Table:
    table = _table(
        "number", "from low to high", "", "at low", "at high", "breaks", "flips", right=("at low", "at high")
    )
    for column in (0, 2, 3, 4, 6):
        table.columns[column].no_wrap = True
    most = max((abs(e) for bar in bars for e in bar.effects(metric) if e is not None), default=0.0)
    for bar in bars:
        table.add_row(
            place(bar.knob.path) + ("" if bar.knob.stated else " *"),
            neat(said.range_text(bar.knob)),
            drawn(bar.effects(metric), most),
            *(
                _end(end, effect, bar, metric)
                for end, effect in zip((bar.low, bar.high), bar.effects(metric), strict=True)
            ),
            neat(_broken(bar)),
            {True: "yes", False: "", None: "?"}[bar.flips],
        )
    return table


def drawn(effects: tuple[float | None, float | None], most: float) -> str:
    """Return a bar around a middle line: less to the left, more to the right.

    >>> drawn((-5.0, 10.0), 10.0)
    '       ███████│██████████████'
    """
    known = [0.0, *(effect for effect in effects if effect is not None)]
    left, right = (round(HALF * abs(end(known)) / most) if most else 0 for end in (min, max))
    return f"{FULL * left:>{HALF}}│{FULL * right:<{HALF}}"


def _end(end: End, effect: float | None, bar: Bar, metric: str) -> str:
    if effect is None:
        return "overload"
    return neat(words.metric_difference(metric, bar.design.metric(metric), bar.design.metric(metric) + effect))


def _broken(bar: Bar) -> str:
    paths = dict.fromkeys(check.requirement.path for end in (bar.low, bar.high) for check in end.broken)
    labels = [said.short_path(path, bar.design) for path in paths]
    return ", ".join(labels[:2]) + (f" and {len(labels) - 2} more" if len(labels) > 2 else "")


# --- points -----------------------------------------------------------------------------------------------------------


def _sensitivity(known: Sequence[SensitivityPoint]) -> Iterator[str]:
    """Yield the decisions that move each attribute most."""
    for metric in dict.fromkeys(one.metric for one in known):
        some = sorted((one for one in known if one.metric == metric), key=lambda one: -one.share)
        yield from (said.sensitivity_sentence(one) for one in some[:MOST_POINTS])
        if rest := [one.role for one in some[MOST_POINTS:]]:
            yield f"{numbers.metric_label(metric)} is also moved a lot by {', '.join(rest)}."


def points(found: Sensitivity) -> Iterator[RenderableType]:
    """Yield sensitivity points, trade-off points, risks and non-risks as sentences."""
    known = found.points
    sections = [
        ("Sensitivity points", list(_sensitivity(known.sensitivity))),
        ("Trade-off points", [said.trade_off_sentence(one) for one in known.trade_offs]),
        ("Risks", [line for one in known.risks for line in said.risk_sentences(one)]),
        ("Non-risks", [said.non_risk_sentence(one) for one in known.non_risks]),
    ]
    for index, (title, lines) in enumerate(sections):
        if index:
            yield ""
        yield f"[bold]{title}[/]"
        yield from (neat(f"  {line}") for line in lines or ["none"])
