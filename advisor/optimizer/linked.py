"""A search in which it matters where the others are: every candidate once for each place that its callers may have.

What a network between two clouds costs and takes depends on both ends. With the callers' places settled it is a
constant of the candidate, so a copy for each of these (``Candidate.beside``) turns couplings into choices that the
engines know: the engine settles the places of the callers first (:mod:`advisor.optimizer.situations`), the program has
a row for each copy (``beside`` in :mod:`advisor.optimizer.formulation`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.candidates.calls import Call
from advisor.candidates.candidate import Candidate
from advisor.candidates.links import Network, Seen, calls_of
from advisor.candidates.table import variants
from advisor.evaluation.result import Evaluation
from advisor.optimizer.pooled import Pooled, Shared
from advisor.optimizer.pruning import Facts
from advisor.optimizer.search import Search
from advisor.scenario.load import Scenario

if TYPE_CHECKING:
    from advisor.optimizer.situations import Masks

LEFT_OUT = "none"  # the place of a caller that is left out
Pool = Mapping[str, Sequence[Candidate]]
Copied = dict[Any, dict[str, list[Candidate]]]  # for a role beside others: id -> copies


def place_of(candidate: Candidate) -> str:
    """Return where a caller is: its cloud, "" outside the clouds, ``none`` when it is left out."""
    return LEFT_OUT if candidate.is_none else candidate.place


class LinkedSearch(Search):
    """The copies of another search's candidates, under the same requirements.

    Args:
        outer: the search whose candidates are copied; what nothing needs there is not needed here either.
        forced: copy also what nothing needs, for questions that force something.
        among: role -> ids of the candidates of the outer pool of which there are to be copies; None for all.
    """

    def __init__(
        self, outer: Search, *, forced: bool = True, among: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self.outer = outer
        pool = _whole(outer) if forced else _needed(outer)
        if among is not None:
            pool = {
                role: [c for c in found if c.id in among[role] or (role, c.id) not in outer.by_id]
                for role, found in pool.items()
            }
        key = tuple((role, c.id) for role, found in pool.items() for c in found)
        if key not in outer.pooled.linked:
            outer.pooled.linked[key] = Pooled(dict(copies(pool, outer.table.scenario, outer.pooled.copied)), {})
        self._copies = outer.pooled.linked[key]
        table = replace(outer.table, candidates={role: tuple(found) for role, found in self._copies.pool.items()})
        super().__init__(table, outer.requirements, Shared(apart=outer.shared.apart))

    @property
    def coupled(self) -> bool:
        """False: the copies have it in their constants."""
        return False

    @property
    def linked(self) -> None:
        """None: this is it."""
        return None

    def _admitted(self) -> Pooled:
        return self._copies

    def never_needed(self, facts: Facts) -> dict[tuple[str, str], Candidate]:
        """Return the copies of what is never needed: another candidate in the same place is as good beside the same.

        Not so for combinations, whose parts may be called from several clouds and more than once.
        """
        worse = {key for key, winner in self.outer.dominated.items() if not winner.parts}
        return {
            (role, c.id): self.outer.dominated[role, c.unlinked.id]
            for role, found in self.pool.items()
            for c in found
            if c.unlinked and not c.parts and (role, c.unlinked.id) in worse
        }

    @cached_property
    def callers(self) -> dict[str, list[str]]:
        """Role -> its possible places, for the roles on whose places something depends."""
        asked = dict.fromkeys(caller for found in self.pool.values() for c in found for caller in c.beside)
        return {role: sorted({place_of(c) for c in self.pool[role]}) for role in asked}

    def open_ways(self) -> tuple[Sequence[Masks], ...]:
        """Return the places of the callers with which most depends first, then what a search settles anyway."""
        callers = sorted(self.callers, key=lambda role: (-self._depending(role), role))
        return (*(self._ways(role, self.callers[role]) for role in callers), *super().open_ways())

    def _depending(self, caller: str) -> int:
        """Return how many roles depend on where a caller is."""
        return sum(any(caller in c.beside for c in found) for found in self.pool.values())

    def consistent(self, design: Mapping[str, Candidate]) -> Mapping[str, Candidate] | None:
        """Return the design with the copies that are right in it, None when it breaks a pair."""
        return None if super().consistent(design) is None else self.copied(design)

    def _ways(self, caller: str, places: Sequence[str]) -> list[Masks]:
        """Return for each place of a caller which candidates go with it."""
        import numpy as np

        there = {place: {caller: np.array([place_of(c) == place for c in self.pool[caller]])} for place in places}
        for role, found in self.pool.items():
            if role != caller and any(caller in c.beside for c in found):
                for place, masks in there.items():
                    masks[role] = np.array([place in c.beside.get(caller, (place,)) for c in found])
        return [there[place] for place in places]

    def evaluate(self, design: Mapping[str, Candidate]) -> Evaluation:
        """Return the judge's word on a design, which stays one of copies."""
        return replace(super().evaluate(design), design=dict(design))

    def start_from(self, found: Evaluation) -> None:
        """Take a design of the outer search as one to start from, and to beat where it holds everything."""
        evaluation = self.evaluate(self.copied(found.design))
        if self.holds(evaluation):
            self.known[tuple(c.id for c in evaluation.design.values())] = evaluation
        else:
            self.near.append(evaluation)

    def copied(self, design: Mapping[str, Candidate]) -> dict[str, Candidate]:
        """Return the copies that are right in a design."""
        at = {role: place_of(c) for role, c in design.items()}
        return {
            role: next(c for c in self._of[role, (one.unlinked or one).id] if _right(c, at))
            for role, one in design.items()
        }

    @cached_property
    def _of(self) -> dict[tuple[str, str], list[Candidate]]:
        """(Role, id) of a candidate -> its copies."""
        found: dict[tuple[str, str], list[Candidate]] = {}
        for role, all_copies in self.pool.items():
            for c in all_copies:
                found.setdefault((role, (c.unlinked or c).id), []).append(c)
        return found

    def plain(self, evaluation: Evaluation) -> Evaluation:
        """Return the judge's word on the design of which an evaluation has the copies."""
        return self.outer.evaluate(evaluation.design)


def _right(copied: Candidate, at: Mapping[str, str]) -> bool:
    return all(at[role] in places for role, places in copied.beside.items())


def _whole(outer: Search) -> Pool:
    """Return the candidates of a search, and the combinations that it dropped: beside others they may be better."""
    beaten = outer.pooled.beaten
    return {
        role: [*found, *(c for c in outer.table.candidates[role] if c.parts and (role, c.id) in beaten)]
        for role, found in outer.pool.items()
    }


def _needed(outer: Search) -> Pool:
    """Return the same without what can be in no design that is good enough, with calls between clouds or without."""

    def needed(c: Candidate) -> bool:
        key = (c.role, c.id)
        winner = None if c.parts or key in outer.pooled.beaten else outer.dominated.get(key)
        return key not in outer.hopeless and (winner is None or bool(winner.parts))

    return {role: [c for c in found if needed(c)] for role, found in _whole(outer).items()}


def copies(pool: Pool, scenario: Scenario, copied: Copied) -> Iterator[tuple[str, list[Candidate]]]:
    """Yield each role with its candidates, once for each way in which the places of settled roles make a difference.

    ``copied``: those that were made before, and that serve again where all others can be in the same places.
    """
    places = {role: tuple(dict.fromkeys(place_of(c) for c in found)) for role, found in pool.items()}
    known = {caches: [c for c in calls_of(scenario, caches) if c.role in pool] for caches in variants(scenario)}
    settled = _settled({call for found in known.values() for call in found}, pool, places)
    ends = {caches: _ends(found, settled) for caches, found in known.items()}
    network = Network(scenario)
    for role, found in pool.items():
        kept: list[Candidate] = []
        known_of = {
            caches: copied.setdefault((role, *_beside(by_role.get(role, []), places)), {})
            for caches, by_role in ends.items()
        }
        ways: dict[tuple[frozenset[str], frozenset[str]], list[_Beside]] = {}
        for c in found:
            own = next(caches for caches in ends if _goes_with(c, caches, scenario))
            made = known_of[own]
            if c.id not in made:
                if (own, c.clouds) not in ways:
                    ways[own, c.clouds] = [*_combinations(c, ends[own].get(role, []), places)]
                made[c.id] = [*_of(c, ways[own, c.clouds], network)]
            kept += made[c.id]
        yield role, kept


def _settled(known: Iterable[Call], pool: Pool, places: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return the roles whose places are to be settled first, so that every call has one end that then knows the other.

    The callers do; but where the time may as well stand with the caller, settling the other end is enough. Of all that
    suffice the ones with the fewest combinations of places are taken, and those that can be in one place only.
    """
    plain = {role for role, found in pool.items() if not any(c.parts for c in found)}
    ends = {(frozenset(call.callers), call.role if _turns(call, plain) else None) for call in known}
    alone = {role for callers, other in ends for role in (*callers, other) if role and len(places[role]) == 1}
    needed = alone.union(*(callers for callers, other in ends if other is None))
    open_ = [(callers, other) for callers, other in ends if not (callers <= needed or other in needed)]
    more = sorted({role for callers, other in open_ for role in (*callers, other) if role is not None})
    some = (frozenset((*needed, *few)) for size in range(len(more) + 1) for few in itertools.combinations(more, size))
    enough = (chosen for chosen in some if all(callers <= chosen or other in chosen for callers, other in open_))
    return min(enough, key=lambda chosen: (math.prod(len(places[role]) for role in chosen), sorted(chosen)))


def _turns(call: Call, plain: Collection[str]) -> bool:
    """Return whether the caller may carry what a call costs and takes, knowing where the other end is."""
    return bool(call.made_in) and call.role in plain and call.callers[0] in plain


def _ends(known: Iterable[Call], settled: frozenset[str]) -> dict[str, list[tuple[Call, str]]]:
    """Return role -> the calls that it carries, with its own operation when it is the caller."""
    found: dict[str, list[tuple[Call, str]]] = {}
    for call in known:
        if set(call.callers) <= settled:
            found.setdefault(call.role, []).append((call, ""))
        else:
            found.setdefault(call.callers[0], []).append((call, call.made_in))
    return found


def _goes_with(candidate: Candidate, caches: frozenset[str], scenario: Scenario) -> bool:
    """Return whether a candidate can be used with exactly these caches; a cache is used only where it is in use."""
    fits = all((cache in caches) == yes for cache, yes in candidate.behind.items())
    own = candidate.is_none or candidate.role not in scenario.blueprint.cache_roles or candidate.role in caches
    return fits and own


@dataclass(frozen=True)
class _Beside:
    """One combination of places of those at the other end: what is seen of it, and where it is right."""

    seen: tuple[Seen, ...]
    places: Mapping[str, frozenset[str]]

    @cached_property
    def named(self) -> str:
        """What it adds to an id."""
        return "".join(f"@{role}:{'/'.join(sorted(group))}" for role, group in self.places.items())


def _of(candidate: Candidate, ways: Sequence[_Beside], network: Network) -> Iterator[Candidate]:
    """Yield a candidate as it is in each of some combinations of places."""
    for way in ways:
        copied = network.beside(candidate, way.seen)
        yield copied.changed(id=f"{candidate.id}{way.named}", beside=way.places, unlinked=candidate)


def _combinations(
    candidate: Candidate, ends: Sequence[tuple[Call, str]], places: Mapping[str, Sequence[str]]
) -> Iterator[_Beside]:
    """Yield every combination of places of those at the other end; equal ones once."""
    others = tuple(dict.fromkeys(role for call, calling in ends for role in _other(call, calling)))
    passing = {caller for call, calling in ends if not calling for caller in call.callers[:-1]}
    groups = [_groups(candidate, places[role], role in passing) for role in others]
    for combination in itertools.product(*groups):
        at = {role: group[0] for role, group in zip(others, combination, strict=True)}
        seen = []
        for call, calling in ends:
            other = next((role for role in _other(call, calling) if at[role] != LEFT_OUT), None)
            seen += [Seen(call, at[other], calling)] if other else []
        conditions = {
            role: frozenset(group)
            for role, group in zip(others, combination, strict=True)
            if len(group) < len(places[role])
        }
        yield _Beside(tuple(seen), conditions)


def _beside(
    ends: Sequence[tuple[Call, str]], places: Mapping[str, Sequence[str]]
) -> tuple[tuple[tuple[Call, str], ...], tuple[tuple[str, ...], ...]]:
    """Return all that copies of a role's candidates hang on: the calls that they carry, and where the others can be."""
    others = dict.fromkeys(role for call, calling in ends for role in _other(call, calling))
    return tuple(ends), tuple(tuple(places[role]) for role in others)


def _other(call: Call, calling: str) -> tuple[str, ...]:
    """Return who may be at the other end, the nearest first."""
    return (call.role,) if calling else call.callers


def _groups(candidate: Candidate, places: Sequence[str], passed_on: bool) -> list[list[str]]:
    """Return the places of another role in groups that make no difference to a candidate.

    ``passed_on``: where it is left out another one calls, so that being left out is a place of its own.
    """
    clouds = candidate.clouds
    if not clouds:
        return [list(places)]
    free = [p for p in places if p == "" or clouds == {p} or (p == LEFT_OUT and not passed_on)]
    return [group for group in [free, *([p] for p in places if p not in free)] if group]
