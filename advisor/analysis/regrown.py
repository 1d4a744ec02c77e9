"""Designs taken to another volume: the same options run and bought in the same way, with the units that it needs there.

What was best at one volume is mostly good at another. As a design to beat it spares a search nearly everything; what it
is worth there is the judge's word, so nothing depends on how it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.scenario.requirements import Requirement

Design = Mapping[str, Candidate]


def shape(candidate: Candidate) -> tuple[object, ...]:
    """Return what stays of a candidate when its load changes: all but how many units it needs.

    >>> shape(Candidate("none", "reranker")) == shape(Candidate("none", "cache"))
    True
    """
    plain = candidate.unlinked or candidate
    ways = tuple(
        (m.option.id if m.option else "", m.units - m.needed_units, m.zones, m.tactics, _way(m)) for m in plain.members
    )
    return (*ways, plain.combined_by, plain.shares, plain.shared, tuple(sorted(plain.behind.items())))


def _way(member: Candidate) -> tuple[object, ...]:
    layout = member.layout
    return () if layout is None else (layout.purchase, layout.prompt_cache, layout.batch)


def regrown(designs: Iterable[Design], table: Table) -> Iterator[Evaluation]:
    """Yield what designs are worth with the candidates of a table, each once; those that it has no candidates for not.

    Of the times they say only what a bound or a goal names.
    """
    seen = set()
    by_shape = _Shapes(table)
    for design in designs:
        found = {role: by_shape.find(role, design[role]) for role in table.candidates}
        whole = {role: one for role, one in found.items() if one is not None}
        name = tuple(one.id for one in whole.values())
        if len(whole) == len(found) and name not in seen:
            seen.add(name)
            yield judge(whole, table.scenario, brief=True)


class _Shapes:
    """The candidates of a table by their shape, worked out for a role and an option when they are first asked for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.known: dict[tuple[str, str], dict[tuple[object, ...], Candidate]] = {}

    def find(self, role: str, candidate: Candidate) -> Candidate | None:
        """Return the first candidate of a role with the shape of another one."""
        option = candidate.option.id if candidate.option else ""
        if (role, option) not in self.known:
            same = (c for c in self.table.candidates[role] if (c.option.id if c.option else "") == option)
            found: dict[tuple[object, ...], Candidate] = {}
            for one in same:
                found.setdefault(shape(one), one)
            self.known[role, option] = found
        return self.known[role, option].get(shape(candidate))


def best_that_holds(some: Sequence[Evaluation], requirements: Sequence[Requirement]) -> Evaluation | None:
    """Return the cheapest of some evaluated designs that meet requirements, which must be among those judged."""
    wanted = set(requirements)
    holding = (
        one for one in some if not one.consistent and all(c.holds for c in one.checks if c.requirement in wanted)
    )
    return min(holding, key=lambda one: one.cost_usd_per_month, default=None)
