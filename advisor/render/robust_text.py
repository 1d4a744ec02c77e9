"""How a scenario's answer holds, for the terminal: chances, spreads, regret, what to measure first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.analysis.confident import Confident
from advisor.analysis.intervals import CONFIDENCE
from advisor.analysis.robust_result import Chance, Input, Regret, Robust
from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Design
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render.markdown import plural
from advisor.render.neat import neat
from advisor.render.sensitivity_words import unit_text
from advisor.scenario.goals import Goal

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MOST_INPUTS = 8
SURE, DOUBTFUL = 0.95, 0.5
_SHAPES = {
    "pert": "PERT (the stated value weighs four times as much as an end)",
    "triangular": "triangular (heavier tails than PERT)",
}


def page(found: Robust) -> Iterator[RenderableType]:
    """Yield everything, the verdict first."""
    yield f"[bold]{neat(found.scenario.title)}[/] · {found.scenario.blueprint.id}"
    yield ""
    yield _verdict(found.together)
    yield from (neat(line) for line in drawn_lines(found))
    yield ""
    yield chances(found)
    yield spreads(found)
    if found.regret is not None:
        yield from (neat(line) for line in regret_lines(found.regret, found.scenario.objective[0]))
    if found.unsettled:
        yield f"not settled in time: {found.unsettled} more samples with hindsight; raise --time-limit"
    if found.regret is not None or found.unsettled:
        yield ""
    yield from (neat(line) for line in measure_lines(found))
    if found.confident is not None:
        yield ""
        yield from (neat(line) for line in confident_lines(found.confident, found))


def _verdict(chance: Chance) -> str:
    style = "green" if chance.share >= SURE else "yellow" if chance.share >= DOUBTFUL else "bold red"
    return f"every requirement holds in [{style}]{share_text(chance)}[/] of {chance.samples} samples"


def share_text(chance: Chance) -> str:
    """Return a share with its confidence interval.

    >>> share_text(Chance(81, 100)).replace(numbers.NARROW, " ")
    '81 % (72 to 87 %)'
    """
    low, high = (_percent(end) for end in chance.interval)
    return f"{_percent(chance.share)}{numbers.NARROW}% ({low} to {high}{numbers.NARROW}%)"


def _percent(share: float) -> str:
    """Return a share as a percentage; what is not all is never rounded to all, and what is something not to nothing."""
    whole = round(100 * share)
    if (whole == 100 and share < 1) or (whole == 0 and share > 0):
        return numbers.significant(100 * share, 3) if share < 0.5 else f"{math.floor(1000 * share) / 10:g}"
    return f"{whole}"


def drawn_lines(found: Robust) -> Iterator[str]:
    """Yield what was drawn, and how."""
    drawn, seed = found.draws, found.draws.seed
    groups = len(drawn.drawn_groups)
    yield (
        f"drawn: {plural(len(drawn.knobs), 'number')} with a range in {plural(groups, 'independent group')}, "
        f"{_SHAPES[drawn.shape]}; "
        f"{drawn.fixed} figures state no range and keep their value; seed {seed}"
    )
    if found.carried.held < found.carried.samples:
        trouble = next(one.trouble for one in found.outcomes if one.trouble)
        yield f"the load is carried in {share_text(found.carried)}; where it is not: {trouble}"
    yield f"in brackets: where the probability lies, {CONFIDENCE:.0%} Wilson interval"


def chances(found: Robust) -> Table:
    """Return how often each bound holds."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("requirement")
    table.add_column("holds in", justify="right")
    for bound, chance in found.chances:
        table.add_row(neat(words.requirement_text(bound)), share_text(chance))
    return table


def spreads(found: Robust) -> Table:
    """Return how far each metric spreads."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("metric")
    for title in ("as stated", "mean", "5 % below", "median", "95 % below"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in found.spreads:
        shown = (one.stated, one.mean, one.low, one.median, one.high)
        table.add_row(numbers.metric_label(one.metric), *(numbers.metric(one.metric, value) for value in shown))
    return table


def regret_lines(regret: Regret, goal: Goal) -> Iterator[str]:
    """Yield what hindsight would save."""
    count = regret.samples
    yield f"with hindsight (the best of all designs proved in each of {count} samples):"
    if regret.extra and regret.mean is not None and regret.most is not None:
        held = len(regret.extra)
        yield (
            f"  where the design holds ({held}), it is behind the best by {_amount(goal, regret.mean)} on average, "
            f"{_amount(goal, regret.most)} at most"
        )
    yield f"  where it breaks a requirement, another design would hold in {regret.avoidable}, none in {regret.hopeless}"


def _amount(goal: Goal, value: float) -> str:
    if len(goal.terms) != 1:
        return numbers.significant(value)
    metric = goal.terms[0].metric
    if metric.endswith(".availability"):
        lost = words.metric_difference(metric, 1.0, 1.0 - value / abs(goal.terms[0].coefficient))
        return lost.lstrip(f"+{numbers.NARROW}")
    return numbers.metric(metric, value / abs(goal.terms[0].coefficient))


def measure_lines(found: Robust) -> Iterator[str]:
    """Yield which numbers to measure first."""
    worth = [one for one in found.inputs if one.doubt.shown or (one.usd_per_month and one.usd_per_month.shown)]
    if not worth:
        yield "measure first: no number alone would change what to build or to believe, beyond what chance shows"
        return
    yield "measure first (what it would be worth to know a number exactly before deciding):"
    yield from (f"  {number}. {_input(one)}" for number, one in enumerate(worth[:MOST_INPUTS], 1))
    if len(worth) > MOST_INPUTS:
        yield f"  and {len(worth) - MOST_INPUTS} more, which --json lists"
    if found.everything is not None:
        yield (
            f"  all numbers together: {numbers.usd(found.everything)}/month, for the choice among "
            f"{plural(len(found.rivals), 'design')}; a month that breaks a requirement counts as "
            f"{numbers.usd(found.breach_usd)} (--breach-usd)"
        )


def _input(one: Input) -> str:
    parts = []
    if one.usd_per_month and one.usd_per_month.shown:
        parts.append(f"{numbers.usd(one.usd_per_month.value)}/month for the choice of the design")
    if one.doubt.shown:
        parts.append(f"settles whether the design holds in {numbers.percent(one.doubt.value)} of the cases")
    knob = one.knobs[0]
    more = f" and {len(one.knobs) - 1} that move with it" if len(one.knobs) > 1 else ""
    low, high = (words.value_text(round_(end)) for end in (knob.low, knob.high))
    return f"{knob.path}{more} ({low} to {high}{unit_text(knob)}, {knob.basis}): {'; '.join(parts)}"


def round_(value: float) -> float:
    """Return a number with six significant digits: what a range is stated with, without the noise of floats."""
    return float(f"{value:.6g}")


def confident_lines(found: Confident, robust: Robust) -> Iterator[str]:
    """Yield the best design at a confidence, and what is proved of it."""
    share, samples = f"{100 * found.confidence:g}{numbers.NARROW}%", robust.draws.samples
    goal = robust.scenario.objective[0]
    if found.bound == math.inf:
        yield (
            f"no design holds in {share} of the samples: in {found.solved} samples, one more than may fail, none meets "
            "every requirement (proved)"
        )
        return
    if found.design is None:
        known = math.isfinite(found.bound)
        beyond = f"none is below {_goal(goal, found.bound)} (proved)" if known else "nothing is proved"
        yield f"no design that holds in {share} of the samples was found among {found.tested} tested; {beyond}"
        return
    yield f"the best design that holds in {share} of the samples ({found.held} of {samples}):"
    yield f"  {goal.text}: at most {_goal(goal, found.value)} in {share} of the samples, {_proof(found, goal)}"
    cost = found.design.cost_usd_per_month
    extra = words.signed_usd(cost - robust.design.cost_usd_per_month)
    yield f"  as stated it costs {numbers.usd(cost)}/month ({extra} against the scenario's own)"
    yield from (f"  {line}" for line in _changes(robust.design.design, found.design.design))


def _goal(goal: Goal, value: float) -> str:
    if len(goal.terms) != 1:
        return numbers.significant(value)
    return numbers.metric(goal.terms[0].metric, value / goal.terms[0].coefficient)


def _proof(found: Confident, goal: Goal) -> str:
    if found.proved:
        return "proved the least"
    if found.gap is None:
        return "no bound known"
    return f"within {numbers.percent(found.gap)} of the bound {_goal(goal, found.bound)}"


def _changes(before: Design, after: Design) -> Iterator[str]:
    changed = [(role, one, after[role]) for role, one in before.items() if _name(one) != _name(after[role])]
    if not changed:
        yield "it is the scenario's own design"
    for role, old, new in changed:
        yield f"{role}: {words.candidate_text(old)} → {words.candidate_text(new)}"


def _name(one: Candidate) -> str:
    return (one.unlinked or one).id
