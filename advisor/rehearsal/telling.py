"""What a session has shown before a question is asked: by the changes, whose best designs it names, and when asking.

Once traffic has grown and the best design then was shown, what flips at ten times the traffic is no question any more.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from advisor.rehearsal.course import CONFLICT, FEASIBLE, LENGTHS, Asked, Designing, Item, Setup
from advisor.rehearsal.curveballs import BUDGET, KINDS, shuffled
from advisor.rehearsal.opening import rng_of
from advisor.rehearsal.question import Question, options

SHOWN_BY: Mapping[str, frozenset[str]] = {  # kind of a change -> kinds of questions of which it shows much
    "traffic": frozenset({"flips_at_10x", "cost_multiplier_10x"}),
    "budget": frozenset({"budget_halved", "budget_halved_way"}),
    "tail": frozenset({"price_of_p95"}),
    "region": frozenset({"cloud_lost"}),
    "residency": frozenset({"price_of_residency"}),
    "withdrawn": frozenset({"model_withdrawn", "withdrawn_regret", "break_even_price"}),
    "price": frozenset({"break_even_price"}),
}
OF_BOUNDS = {"binding_constraint", "cheapest_to_relax", "budget_halved_way"}  # ask what a bound is worth
LEAST_OPTIONS = 2
_TIME = re.compile(r"_m?s\.p\d+=")


def shown_by(item: Item) -> frozenset[str]:
    """Return the kinds of questions of which a change shows much; none for other items.

    >>> settings = ("constraints.flows.answer.ttft_ms.p95=300",)
    >>> shown_by(Designing(1, "faster", "Users find it slow.", "", "", settings, (), {}, {}, True, ""))
    frozenset({'price_of_p95'})
    """
    if isinstance(item, Designing):
        kind = _kind(item.settings) if item.settings or not item.number else "price"
        return SHOWN_BY.get(kind, frozenset())
    if isinstance(item, Asked) and item.question.kind in (FEASIBLE, CONFLICT):
        typed = shlex.split(item.question.command)
        return SHOWN_BY.get(_kind([value for flag, value in pairwise(typed) if flag == "--set"]), frozenset())
    return frozenset()


def untold(items: Iterable[Item | None]) -> Iterator[Item | None]:
    """Yield the items of a session without questions of which a change before them has shown much.

    What the interviewer says before one that is left out is said before the next one.
    """
    shown, news = frozenset[str](), ""
    for item in items:
        shown |= shown_by(item) if item else frozenset()
        if not isinstance(item, Asked):
            yield item
            continue
        news = news or item.news
        if item.question.kind not in shown:
            yield replace(item, news=news)
            news = ""


def _kind(settings: Sequence[str]) -> str:
    """Return which kind of change makes some settings; "" for one that shows nothing."""
    starts = {
        "workload.": "traffic",  # first: budgets grow with it
        BUDGET: "budget",
        "constraints.clouds.": "region",
        "constraints.residency.": "residency",
        "choices.exclude": "withdrawn",
    }
    named = (kind for start, kind in starts.items() if any(one.startswith(start) for one in settings))
    return next(named, "tail" if any(map(_TIME.search, settings)) else "")


def expected(setup: Setup) -> frozenset[str]:
    """Return the kinds of questions of which the changes that are tried first would show much."""
    first = shuffled(list(KINDS), rng_of(setup, "curveballs"))[: LENGTHS[setup.minutes].curveballs]
    return frozenset().union(*(SHOWN_BY.get(kind, frozenset()) for kind in first))


def told_when_asking(question: Question, answers: Collection[str]) -> bool:
    """Return whether the rounds of asking told what a question is about: what the bounds among its options are worth.

    Args:
        answers: what the interviewer says of what the brief leaves open.
    """
    untold = [one for one in options(question.form) if one not in answers]
    return question.kind in OF_BOUNDS and len(untold) < LEAST_OPTIONS
