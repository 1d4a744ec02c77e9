"""The ways out of an infeasible scenario in words: what to change, by how much, and what the design then costs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from advisor.analysis.ways_out import Loosened, Remedy, Step, Undenied, WaysOut
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render.ways_out_json import settings
from advisor.scenario.requirements import COST

MOST_SHOWN = 8
_LETS_IN = {"cloud": "use", "licence": "admit the licence", "mode": "admit the mode"}


def lines(found: WaysOut) -> Iterator[str]:
    """Yield the ways out, the least change first; what was left open is said."""
    yield from several(found)
    if found.remedies:
        yield "Ways out, the least change first; each was solved again:"
        yield from (f"  {n}. {remedy_text(one)}" for n, one in enumerate(found.remedies[:MOST_SHOWN], 1))
        if len(found.remedies) > MOST_SHOWN:
            yield f"  and {len(found.remedies) - MOST_SHOWN} more, which --json lists"
        yield f"the first in full: advisor what-if SCENARIO {call(found.remedies[0])}"
    elif found.fixes.more_than and found.fixes.conflicts:
        yield f"Requirements conflict in several places: no change of up to {found.fixes.more_than} of them is enough."
    if found.open:
        yield f"Not settled in time: {', '.join(found.open)}"


def several(found: WaysOut) -> Iterator[str]:
    """Yield that one change does not do, where that is known: a requirement may be impossible, and others as well."""
    together = len(found.fixes.sets[0]) if found.fixes.sets else 0
    if together > 1:
        yield f"No single change is enough: {together} requirements must change at once."


def call(remedy: Remedy) -> str:
    """Return the options with which ``advisor what-if`` makes the changes."""
    return " ".join(f"--set {shlex.quote(one)}" for one in settings(remedy))


def remedy_text(remedy: Remedy) -> str:
    """Return a way out on one line: every change, and the cost of the design unless that is what changes."""
    changes = " and ".join(step_text(step) for step in remedy.steps)
    if any(isinstance(step, Loosened) and step.bound.metric == COST for step in remedy.steps):
        return changes
    unproved = "" if remedy.proved else " at most, not proved best"
    return f"{changes}; the design then costs {numbers.usd(remedy.cost_usd_per_month)}/month{unproved}"


def step_text(step: Step) -> str:
    """Return one change in words.

    >>> from advisor.analysis.ways_out import Admitted
    >>> from advisor.scenario.requirements import Bound, Filter
    >>> step_text(Loosened(Bound("p", COST, True, 20_000.0), 21_391.5, 21_400.0)).replace(numbers.NARROW, " ")
    'raise cost to 21 400 USD/month (+ 1 400 USD, + 7.0 %)'
    >>> step_text(Admitted(Filter("constraints.licences.deny", "licence", frozenset(["SSPL-1.0"]), False), "SSPL-1.0"))
    'admit the licence SSPL-1.0 (licences.deny)'
    >>> step_text(Admitted(Filter("constraints.residency.require", "residency", frozenset(["eu"]), True)))
    'drop residency: eu'
    """
    if isinstance(step, Loosened):
        return _loosened(step)
    if isinstance(step, Undenied):
        return f"{'allow' if step.asked_for else 'no longer deny'} the tactic {step.tactic}"
    if step.name is None:
        return f"drop {words.requirement_text(step.rule)}"
    return f"{_LETS_IN[step.rule.kind]} {step.name} ({words.rule_label(step.rule)})"


def _loosened(step: Loosened) -> str:
    bound = step.bound
    to, _ = words.apart(bound.metric, step.limit, bound.limit)
    change = words.metric_difference(bound.metric, bound.limit, step.limit)
    part = words.share(bound.limit, step.limit)
    parts = [change, *([part] if part and not bound.metric.endswith(".availability") else [])]
    return f"{'raise' if bound.upper else 'lower'} {numbers.metric_label(bound.metric)} to {to} ({', '.join(parts)})"
