"""What a number does to candidates: which of them it makes worse, cheaper or better, before anything is solved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.analysis.knobs import Knob, turned
from advisor.analysis.resolver import MOST_APART, Resolver
from advisor.analysis.workloads import same_steps
from advisor.candidates.candidate import Candidate
from advisor.candidates.dominance import always_no_slower
from advisor.candidates.table import Table
from advisor.evaluation.result import Evaluation
from advisor.scenario.requirements import COST, Bound


def lower_is_better(knob: Knob) -> bool:
    """Return whether a smaller figure of the catalog is never worse: a price, a latency, hours."""
    assert knob.figure is not None
    better = ("price.", "latency.", "operations_h_per_month", "batch_within_h", "interruptions", "spot_replacement")
    return knob.figure.name.startswith(better)


def same_but_cost(a: Candidate, b: Candidate) -> bool:
    """Return whether two candidates differ in the bill at most."""
    names = ("operations_h_per_month", "availability", "quality", "latency", "needed_units", "unserved", "cards")
    return all(getattr(a, name) == getattr(b, name) for name in names)


Moved = dict[str, tuple[Candidate, Candidate]]  # id -> candidate before and after
Pairs = Mapping[str, Moved]  # the same by role


def touched(resolver: Resolver, knob: Knob, value: float) -> tuple[Pairs, bool]:
    """Return role -> id -> candidate before and after, of those that change, and whether only these sizes are there.

    The second is False when the sizes that are considered change with the number.
    """
    assert knob.figure is not None
    variants = resolver.variants.of({knob.figure: value})
    found: dict[str, dict[str, tuple[Candidate, Candidate]]] = {}
    same_sizes = True
    for role, changed in variants.changed.items():
        on = resolver.variants.standing_on(role, knob.figure)
        before = {c.id: c for c in resolver.admitted(role) if c.id in on}
        same_sizes &= before.keys() == changed.keys()
        pairs = {n: (before[n], changed[n]) for n in before.keys() & changed.keys()}
        moved = {n: p for n, p in pairs.items() if _differs(*p)}
        found |= {role: moved} if moved else {}
    return found, same_sizes


def _differs(a: Candidate, b: Candidate) -> bool:
    return abs(a.cost_usd_per_month - b.cost_usd_per_month) > 1e-9 or not same_but_cost(a, b)


@dataclass(frozen=True)
class Reading:
    """What is known of a number at a value before anything is solved.

    kind:
        still: nothing that the design or another could have changes.
        worse: some candidates get worse and none gets better; what a design can reach does not improve.
        cheaper: some bills fall, nothing else.
        mixed: some candidates get better in something else, or are there only then; the others as above.
        better: something gets better, it is not known which.

    Attributes:
        roles: whose candidates change. saves: by how much at most, USD a month.
        freed: (role, candidates) that the chosen one beats as it is, and may not beat then.
        improved: role -> what is better in something else than its bill, or there only then; of ``better`` the roles
            alone, where these are known to be many.
    """

    kind: Literal["still", "worse", "cheaper", "mixed", "better"]
    roles: tuple[str, ...] = ()
    saves: float = 0.0
    freed: tuple[tuple[str, frozenset[str]], ...] = ()
    improved: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read(resolver: Resolver, knob: Knob, value: float) -> Reading:
    """Return what a number does to the candidates that stand on it."""
    if knob.figure is None:
        return _read_workload(resolver, knob, value)
    if resolver.of_calls(knob.figure):
        return Reading("better")
    pairs, same_sizes = touched(resolver, knob, value)
    if not same_sizes:
        return Reading("better", tuple(pairs))
    if not pairs:
        return Reading("still")
    roles, every = tuple(pairs), [pair for one in pairs.values() for pair in one.values()]
    if (value < knob.value) != lower_is_better(knob):
        return Reading("worse", roles, freed=_freed(resolver, pairs))
    return _cheaper(resolver, pairs) if all(same_but_cost(*pair) for pair in every) else Reading("better", roles)


def _cheaper(resolver: Resolver, pairs: Pairs) -> Reading:
    saved = [max(_saved(*pair) for pair in one.values()) for one in pairs.values()]
    saves = max(math.fsum(max(one, 0.0) for one in saved), 0.0)
    return Reading("cheaper", tuple(pairs), saves, _freed(resolver, pairs))


def _freed(resolver: Resolver, pairs: Pairs) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return role -> what the chosen candidate beats as it is and may not beat after the change.

    One beats another by being as good in all that matters. It still is in what neither of the two changed in; where one
    of them did, they are compared again. What something else beats, that the chosen one does not beat, stays as far
    away as that is.
    """
    found = {}
    for role, moved in pairs.items():
        name = resolver.best.design[role].id
        chosen = next(c for c in resolver.admitted(role) if c.id == name)
        mine = moved.get(name, (chosen, chosen))
        below = resolver.beaten_by(role, name)
        found[role] = frozenset(c.id for c in below if _gets_ahead(mine, moved.get(c.id, (c, c))))
    return tuple((role, names) for role, names in found.items() if names)


def _gets_ahead(mine: tuple[Candidate, Candidate], other: tuple[Candidate, Candidate]) -> bool:
    """Return whether a candidate that another one beats is better than that in something that changed for either."""
    if all(before is after for before, after in (mine, other)):
        return False
    figures = (("cost_usd_per_month", 1), ("operations_h_per_month", 1), ("availability", -1), ("quality", -1))
    for name, sign in figures:
        was, now = ([getattr(one[k], name) for one in (mine, other)] for k in (0, 1))
        if was != now and sign * now[1] < sign * now[0]:
            return True
    if any((a.unserved, a.cards) != (b.unserved, b.cards) for a, b in (mine, other)):
        return True
    return any(a.latency != b.latency for a, b in (mine, other)) and not _no_slower(mine[1], other[1])


def _no_slower(a: Candidate, b: Candidate) -> bool:
    """Return whether the first candidate is never slower than the second."""
    import numpy as np

    if a.latency == b.latency:
        return True
    both = a.latency.keys() & b.latency.keys()
    pairs = [pair for name in both for pair in zip(a.latency[name], b.latency[name], strict=True)]
    if any(mine.mean() > theirs.mean() * (1 + 1e-9) for mine, theirs in pairs):  # quicker to see than the whole
        return False
    return bool(always_no_slower([a, b])(np.array([0]), 1)[0])


def _read_workload(resolver: Resolver, knob: Knob, value: float) -> Reading:
    """Return what the workload does to candidates; ``better`` where it changes more."""
    scenario = turned(resolver.table.scenario, knob, value, resolver.table.catalog)
    if resolver.search.coupled or not same_steps(resolver.table.scenario, scenario):
        return Reading("better")
    return _compared(resolver, resolver.workloads.under(scenario))


def _compared(resolver: Resolver, fresh: Table) -> Reading:
    """Return what is different in a table in which nothing but candidates is."""
    pairs: dict[str, Moved] = {}
    new: dict[str, frozenset[str]] = {}
    for role in (role for role, found in fresh.candidates.items() if found != resolver.table.candidates[role]):
        before, after = ({c.id: c for c in resolver.admitted(role, one)} for one in (resolver.table, fresh))
        if resolver.best.design[role].id not in after:
            return Reading("better")  # the design has another size at least, and what it beats is free
        moved = {n: pair for n in before.keys() & after.keys() if _differs(*(pair := (before[n], after[n])))}
        pairs |= {role: moved} if moved else {}
        new |= {role: frozenset(after.keys() - before.keys())} if after.keys() - before.keys() else {}
    if not (pairs or new):
        return Reading("still")
    better = [role for role in {**pairs, **new} if role in new or _any_improved(pairs.get(role, {}))]
    if len(better) > MOST_APART:  # in too many roles for what follows to be of use
        return Reading("better", improved=dict.fromkeys(better, frozenset()))
    found = {role: {name: _verdict(*pair) for name, pair in moved.items()} for role, moved in pairs.items()}
    gain = {role: frozenset(n for n, one in kinds.items() if one == "improved") for role, kinds in found.items()}
    improved = {role: some for role, some in gain.items() if some}
    improved |= {role: some | improved.get(role, frozenset()) for role, some in new.items()}
    kinds = {one for verdicts in found.values() for one in verdicts.values()}
    if improved or len(kinds) > 1:
        return _mixed(resolver, pairs, improved)
    if kinds == {"cheaper"}:
        return _cheaper(resolver, pairs)
    return Reading("worse", tuple(pairs), freed=_freed(resolver, pairs))


def _any_improved(moved: Moved) -> bool:
    return any(_verdict(*pair) == "improved" for pair in moved.values())


def _verdict(before: Candidate, after: Candidate) -> Literal["worse", "cheaper", "improved"]:
    """Return whether a candidate gets better in nothing, in its bill alone, or in something else."""
    if _no_better(before, after):
        return "worse"
    return "cheaper" if same_but_cost(before, after) else "improved"


def _mixed(resolver: Resolver, pairs: Pairs, improved: Mapping[str, frozenset[str]]) -> Reading:
    """Return the reading where some candidates get better; of the others, by how much at most their bills fall."""
    rest, seen = dict[str, Moved](), dict[str, Moved]()
    for role, moved in pairs.items():
        chosen = resolver.best.design[role].id
        rest[role] = {name: pair for name, pair in moved.items() if name not in improved.get(role, ())}
        seen[role] = rest[role] | {name: pair for name, pair in moved.items() if name == chosen}
    saved = (max((_saved(*pair) for pair in one.values()), default=0.0) for one in rest.values())
    saves = math.fsum(max(one, 0.0) for one in saved)
    return Reading("mixed", tuple({**pairs, **improved}), saves, _freed(resolver, seen), improved)


def _saved(before: Candidate, after: Candidate) -> float:
    return before.cost_usd_per_month - after.cost_usd_per_month


def _no_better(a: Candidate, b: Candidate) -> bool:
    """Return whether what a candidate becomes is in nothing better than it was."""
    if (a.unserved, a.cards) != (b.unserved, b.cards) or b.cost_usd_per_month < a.cost_usd_per_month - 1e-9:
        return False
    if b.operations_h_per_month < a.operations_h_per_month or b.availability > a.availability or b.quality > a.quality:
        return False
    return _no_slower(a, b)


def may_come_in(missing: Evaluation, reading: Reading) -> bool:
    """Return whether a design that misses a requirement as it is may meet it when a number changes candidates so.

    Where a design has nothing that gets better but its bill, it can come within a budget and no other requirement.
    """
    if reading.kind == "better":
        return True
    if any(c.id in reading.improved.get(role, ()) for role, c in missing.design.items()):
        return True
    broken = [check.requirement for check in missing.checks if not check.holds]
    return reading.kind in ("cheaper", "mixed") and all(isinstance(r, Bound) and r.metric == COST for r in broken)
