"""Sensitivity in words: numbers with their units, what flips, and a sentence for each ATAM point. Plain text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from advisor.analysis.atam import Hinge, Move, NonRisk, Risk, SensitivityPoint, TradeOff, kind_of
from advisor.analysis.changes import RoleChange
from advisor.analysis.flipping import BreakEven
from advisor.analysis.knobs import Knob
from advisor.analysis.steps import BoundPrice, Step, unit_of, usd_per_unit
from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Check, Evaluation
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render.goal_words import and_goal, cost_alone
from advisor.scenario.requirements import COST, Bound

NB = numbers.NARROW
DIGITS = 3  # of a number, where they tell it apart
MOST_DIGITS = 9
FEW_DIGITS = 4  # that a number is shown with where they are all it has
MISREAD = 0.1  # by what share of their distance two numbers may look nearer or farther apart than they are
LEAST_STEP = 1e-3  # a step shorter than this share of the bound has no price per unit that anybody could use
SHOWN = 2  # roles named of many that flip
_SILENT_UNITS = ("of 1", "ratio", "share")  # say nothing beside the number
_BASES = {"scenario": "your forecast", "default": "a default", "third_party": "third-party", "list_price": "list price"}


Called = Callable[[Knob], str]


def path_of(knob: Knob) -> str:
    """Return what a number is called where people may want to set it."""
    return knob.path


def title_of(knob: Knob) -> str:
    """Return what a number is called where people only read."""
    return knob.title


def value_text(knob: Knob, value: float, digits: int = DIGITS) -> str:
    """Return a number with its unit; an availability in percent, with a decimal more for each digit above three."""
    if knob.scale == "share":
        usual = numbers.availability(value)
        return usual if digits <= DIGITS else f"{100 * value:.{digits - 1}f}{numbers.NARROW}%"
    return numbers.significant(value, digits) + unit_text(knob)


def unit_text(knob: Knob) -> str:
    """Return the unit as it stands behind a number; nothing where it says nothing beside it."""
    unit = knob.unit.removeprefix("1") if knob.unit.startswith("1/") else knob.unit
    if unit in _SILENT_UNITS or unit.startswith("on "):
        return ""
    return unit if unit.startswith("/") else f"{NB}{unit}"


def apart(knob: Knob, *values: float) -> tuple[str, ...]:
    """Return numbers with as many digits as it takes to tell them apart and to read how far apart they are.

    What the first one is made of is shown, as far as it has few digits: 1 024 is not about 1 020 for who stated it.
    """
    least = DIGITS if knob.scale == "share" else _digits_of(values[0])
    for digits in range(least, MOST_DIGITS + 1):
        texts = tuple(value_text(knob, value, digits) for value in values)
        if len(set(texts)) == len(set(values)) and (knob.scale == "share" or _read_well(values, digits)):
            return texts
    return texts


def _digits_of(value: float) -> int:
    """Return how many digits a number is shown with at least: all it has, if these are few."""
    return next((n for n in range(DIGITS, FEW_DIGITS + 1) if _rounded(value, n) == value), DIGITS)


def _read_well(values: Sequence[float], digits: int) -> bool:
    """Return whether rounded numbers are about as far apart as they are."""
    steps = [(b - a, _rounded(b, digits) - _rounded(a, digits)) for a, b in itertools.pairwise(values)]
    return all(abs(shown - step) <= MISREAD * abs(step) for step, shown in steps)


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def range_text(knob: Knob) -> str:
    """Return a number's range, its unit once: "12.0 to 69.0 h/month"."""
    low, high = apart(knob, knob.low, knob.high)
    return f"{low if knob.scale == 'share' else low.removesuffix(unit_text(knob))} to {high}"


def basis_text(knob: Knob) -> str:
    """Return what a number is based on.

    >>> import math
    >>> basis_text(Knob("p", "t", "u", 1, 1, 1, False, "default", None, None, "ratio", 0, math.inf))
    'a default'
    """
    return _BASES.get(knob.basis, knob.basis)


def flips_text(changes: Sequence[RoleChange]) -> str:
    """Return which roles change and to what; of many the first ones."""
    texts = [flip_text(one) for one in changes if one.flips]
    more = len(texts) - SHOWN
    return "; ".join(texts[:SHOWN]) + (f"; and {more} more role{'s' if more > 1 else ''}" if more > 0 else "")


def flip_text(one: RoleChange) -> str:
    """Return what a role changes to, as short as it can be told apart: component, option, or size."""
    before, after = one.before, one.after
    if one.kind != "resized" or before is None or after is None:
        return f"{one.role}: {' → '.join('left out' if c is None else c.name for c in (before, after))}"
    if before.option and after.option and before.option.id != after.option.id:
        return f"{one.role}: {before.option.title} → {after.option.title}"
    return f"{one.role}: {' → '.join(_size(c) for c in (before, after))}"


def _size(candidate: Candidate) -> str:
    units, zones = candidate.units, candidate.zones
    return f"{units} unit{'s' if units != 1 else ''} in {zones} zone{'s' if zones != 1 else ''}"


def change_text(share: float) -> str:
    """Return a relative change with its sign.

    >>> change_text(0.2).replace(NB, " "), change_text(-0.00004).replace(NB, " ")
    ('+ 20 %', '− < 0.1 %')
    """
    sign = words.sign(share)
    return f"{sign}<{NB}0.1{NB}%" if 0 < abs(share) < 0.001 else f"{sign}{numbers.percent(abs(share))}"


def moved_text(one: BreakEven) -> str:
    """Return by how much a number moves until the break-even, in the terms in which it varies."""
    knob = one.knob
    if knob.scale == "points":
        return (
            f"{words.sign(one.flips_at - knob.value)}{numbers.significant(abs(one.flips_at - knob.value), 2)}{NB}points"
        )
    if knob.scale == "share":
        return f"{change_text((1 - one.flips_at) / (1 - knob.value) - 1)} downtime"
    return change_text(one.change)


def after_text(one: BreakEven) -> str:
    """Return what happens beyond a break-even."""
    if not one.proved:
        return "not settled in time"
    if one.after is None:
        return "no design meets every requirement"
    goal = and_goal(one.kept, one.after) if one.broken or one.problems else ""  # else both are as good there
    return (flips_text(one.flips) or "another design of the same roles") + goal


def why_text(one: BreakEven) -> str:
    """Return why the design is no longer the best there: what it breaks, or that another one is better."""
    if one.problems:
        return "cannot carry the load"
    if one.broken:
        return f"breaks {', '.join(_label(check) for check in one.broken)}"
    return "another is better"


def _label(check: Check) -> str:
    requirement = check.requirement
    return numbers.metric_label(requirement.metric) if isinstance(requirement, Bound) else requirement.path


def short_path(path: str, evaluation: Evaluation) -> str:
    """Return the short name of a requirement by its path."""
    return next(_label(check) for check in evaluation.checks if check.requirement.path == path)


# --- constraints ------------------------------------------------------------------------------------------------------


def tighter_text(one: BoundPrice, best: Evaluation) -> str:
    """Return what the next tighter step costs."""
    step = one.tighten
    if step is None:
        return ""
    if not step.proved:
        return "not settled in time"
    if step.evaluation is None:
        return f"beyond {_limit(one, step)}: no design"
    return f"beyond {_limit(one, step)}: {_cost(step, best)}; {flips_text(step.flips)}"


def looser_text(one: BoundPrice, best: Evaluation) -> str:
    """Return what the next looser step saves."""
    step = one.loosen
    if step is None:
        return "changes nothing"
    if not step.proved:
        return "not settled in time"
    about = "" if step.exact else "about "
    return f"from {about}{words.loosened(one.bound, step.limit)}: {_cost(step, best)}; {flips_text(step.flips)}"


def _limit(one: BoundPrice, step: Step) -> str:
    return words.apart(one.bound.metric, step.limit, one.bound.limit)[0]


def _cost(step: Step, best: Evaluation) -> str:
    """Return what a step costs, and what it does to another goal than cost."""
    assert step.evaluation is not None
    price = words.signed_usd(step.evaluation.cost_usd_per_month - best.cost_usd_per_month)
    return f"{price}{and_goal(best, step.evaluation)}"


def price_text(one: BoundPrice, best: Evaluation) -> str:
    """Return USD a month per unit of the bound over each step: "251 looser, USD per quality point (0.01)".

    Over a step that is hardly one the price per unit says nothing, and is left out; so does that of the cost itself.
    Where something else than cost is optimised, a step may save: then the price has a sign.
    """
    if one.bound.metric == COST:
        return ""
    steps = [(name, step) for name, step in (("tighter", one.tighten), ("looser", one.loosen)) if step]
    prices = [
        (name, usd if step.evaluation.cost_usd_per_month >= best.cost_usd_per_month else -usd)
        for name, step in steps
        if step.evaluation is not None
        and abs(step.evaluation.metric(one.bound.metric) - one.value) >= LEAST_STEP * abs(one.bound.limit)
        and (usd := usd_per_unit(one.bound, best, step.evaluation)) is not None
    ]
    if not prices:
        return ""
    signs = ["" if cost_alone(best) else words.sign(usd) for _, usd in prices]
    shown = ", ".join(
        f"{sign}{numbers.significant(abs(usd))} {name}" for sign, (name, usd) in zip(signs, prices, strict=True)
    )
    return f"{shown}, USD per {unit_of(one.bound.metric).name}"


# --- ATAM -------------------------------------------------------------------------------------------------------------


def sensitivity_sentence(one: SensitivityPoint) -> str:
    """Return a sensitivity point as a sentence."""
    low, high = one.low, one.high
    label = numbers.metric_label(one.metric)
    span = f"{label} goes from {numbers.metric(one.metric, low[0])} ({_name(low[1])}) to {_value(one.metric, high)}"
    now = numbers.metric(one.metric, one.current)
    return f"{one.role} decides {label}: over {one.choices} choices {span}; now {now}."


def _value(metric: str, pair: tuple[float, Candidate]) -> str:
    return f"{numbers.metric(metric, pair[0])} ({_name(pair[1])})"


def _name(candidate: Candidate) -> str:
    return "left out" if candidate.is_none else candidate.name


def trade_off_sentence(one: TradeOff) -> str:
    """Return a trade-off point as a sentence."""
    better, worse = _move(one.better), _move(one.worse)
    holds = "every requirement holds" if not one.broken else f"breaks {', '.join(_label(c) for c in one.broken)}"
    return f"{one.role}: {_name(one.other)} instead of {_name(one.chosen)}: {better}, but {worse}; {holds}."


def _move(one: Move) -> str:
    difference = words.metric_difference(one.metric, one.before, one.after)
    share = "" if kind_of(one.metric) == "downtime" else f" ({change_text(one.share)})"
    return f"{numbers.metric_label(one.metric)} {difference}{share}"


def risk_sentences(one: Risk, called: Called = path_of) -> Iterator[str]:
    """Yield a risk: the requirement with its room, then each number that it hangs on."""
    requirement = one.check.requirement
    assert isinstance(requirement, Bound)
    assert one.check.value is not None
    room = numbers.percent(one.check.slack or 0.0)
    value = numbers.metric(requirement.metric, one.check.value)
    yield f"{words.requirement_text(requirement)} holds with {room} of room (now {value}) and hangs on:"
    yield from (f"  {hinge_text(hinge, called)}" for hinge in one.hinges)


def hinge_text(one: Hinge, called: Called = path_of) -> str:
    """Return a number within whose range a requirement stops to hold."""
    knob = one.knob
    now, breaks = apart(knob, knob.value, one.breaks_at)
    range_ = f"{'' if knob.stated else 'assumed '}{range_text(knob)}"
    stale = f", last checked on {knob.checked}" if one.stale and knob.checked else ""
    side = "above" if one.breaks_at > knob.value else "below"
    return f"{called(knob)}: {now} now, breaks {side} {breaks} ({basis_text(knob)}, {range_}{stale})"


def non_risk_sentence(one: NonRisk, called: Called = path_of) -> str:
    """Return a non-risk as a sentence."""
    requirement = one.check.requirement
    assert isinstance(requirement, Bound)
    text = words.requirement_text(requirement)
    if one.knob is None:
        return f"{text}: none of {one.numbers} numbers makes it worse, one at a time within its range."
    worst = numbers.metric(requirement.metric, one.worst)
    at = value_text(one.knob, one.at)
    return f"{text}: the worst that one of {one.numbers} numbers does is {worst}, {called(one.knob)} at {at}."
