"""Which tactics cannot be a way out of an infeasible scenario, shown before any search, and mostly before building.

A tactic leaves the candidates that there are and brings others. Those of a combination (cascade, fallback, hedge, mix,
split) fill only roles whose record in the catalog names the tactic. Two things follow.

*A bound that is missed even if these roles cost nothing, take no time and never fail* is missed with any of the new
candidates: what they add to a cost, to hours, to a time, or to the logarithm of an availability or a quality is never
below zero, and every other role keeps the candidates that it has. Requirements that hold that bound cannot be met.

*What is built* must bring a candidate of its own into a design within the budget, for without one there is none. Prices
of the bounds that add up (:mod:`advisor.optimizer.narrowing`) show which candidates no such design has; where all that
are left were there before, the tactic does not help. Where all new ones fill one role, that role has one of them.

*Capacity that is reserved* is the same capacity at another price: whatever a design with it does but cost, the same
design bought on demand does too. If requirements without a bound on cost cannot hold together, it does not help.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from advisor.analysis.answers import restricted
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.candidates.tactics import JOINS
from advisor.optimizer.goal import CHEAPEST
from advisor.optimizer.narrowing import narrowed
from advisor.optimizer.search import Search
from advisor.scenario.requirements import COST, Bound, Requirement, split_percentile

ROUNDING = 1e-9


def roles_of(tactic: str, table: Table) -> tuple[str, ...] | None:
    """Return the roles in which alone a tactic brings candidates; None where these can be any."""
    if tactic not in JOINS or table.scenario.share:
        return None
    return tuple(role for role in table.scenario.blueprint.roles if tactic in table.catalog.role(role).tactics)


def cannot_help(tactic: str, search: Search, conflict: Iterable[Requirement]) -> bool:
    """Return whether it is shown that a tactic leaves a scenario infeasible; False where it may help.

    Args:
        search: of the scenario. conflict: requirements of it that cannot hold together.
    """
    if tactic == "reserve":
        return not any(isinstance(one, Bound) and one.metric == COST for one in conflict)
    roles = roles_of(tactic, search.table)
    return roles is not None and missed_without(search, roles) is not None


def worth_trying(built: Table, known: Table) -> Table | None:
    """Return of the candidates with a tactic those of designs within the budget; None where none of them is new.

    Args:
        known: the table without the tactic, of which no design meets the requirements.
    """
    if built.candidates == known.candidates:
        return None
    few = narrowed(built, built.scenario.requirements, by=CHEAPEST)
    new = dict(_new(few, known)) if few else {}
    if few is None or len(new) != 1:
        return few if new else None
    return narrowed(restricted(few, new), few.scenario.requirements, by=CHEAPEST)  # its role has one of these


def _new(built: Table, known: Table) -> Iterator[tuple[str, list[Candidate]]]:
    """Yield the roles in which a table has candidates that another one does not have, with these."""
    for role, found in built.candidates.items():
        old = {c.id: c for c in known.candidates[role]}
        if new := [c for c in found if c.id not in old or c != old[c.id]]:
            yield role, new


def missed_without(search: Search, roles: Collection[str]) -> Bound | None:
    """Return a bound that is missed even if some roles cost nothing, take no time and never fail; None without any."""
    if search.empty_roles:
        return None
    return next((bound for bound in search.bounds if _missed(search, bound, roles)), None)


def _missed(search: Search, bound: Bound, roles: Collection[str]) -> bool:
    if split_percentile(bound.metric):
        return not search.tail(bound).reachable(roles)
    row = search.row(bound)
    if row is None or row[0].per_count or set(search.table.scenario.blueprint.cache_roles) & set(roles):
        return False
    total, room = row
    least = total.constant + sum(float(w.min()) for role, w in total.weights.items() if role not in roles)
    return least > room + ROUNDING * max(1.0, abs(room))
