"""Where the times of a flow come from: slots at which roles are asked, and waits that no choice changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.candidates.candidate import Candidate
from advisor.candidates.demand import hit_share
from advisor.catalog.blueprint import Flow, Step
from advisor.evaluation.times import role_time, wait_time
from advisor.models.latency import Distribution
from advisor.optimizer.distinct import distinct
from advisor.scenario.load import Scenario

if TYPE_CHECKING:
    import numpy as np

    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Rows = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class Slot:
    """A place in a flow where a role's time is added.

    Attributes:
        first: whether the flow's time is read at the step's first item.
        past: whether it is past a cache, where only misses come.
    """

    role: str
    step: Step
    first: bool
    past: bool
    scenario: Scenario
    flow_id: str

    def time(self, candidate: Candidate) -> Distribution | None:
        """Return the time (ms) that a candidate takes here, None when it takes none."""
        return role_time(candidate, self.step, self.scenario, self.flow_id, first=self.first)

    def times(self, candidates: Iterable[Candidate]) -> list[Distribution | None]:
        """Return the times (ms) of candidates; what the same times of an operation make is put together once."""
        known: dict[tuple[Distribution, Distribution] | None, Distribution | None] = {None: None}
        same: dict[tuple[int, int], Distribution | None] = {}  # sizes share their times; hashing one takes long
        found: list[Distribution | None] = []
        alive = []
        for c in candidates:
            own = None if c.is_none or self.step.do is None else c.times(self.flow_id, self.step.do)
            if own is None:
                found.append(None)
                continue
            alive.append(own)  # so that no other one takes its place in memory
            key = id(own[0]), id(own[1])
            if key not in same:
                if own not in known:
                    known[own] = self.time(c)
                same[key] = known[own]
            found.append(same[key])
        return found


@dataclass(frozen=True)
class Timed:
    """The times of a flow, the same under every bound on it.

    Attributes:
        slots: the places where a role's time is added. fixed: see :func:`fixed_times`.
        roles: those that have such a place. pool: role -> id -> candidate.
        row: role -> id -> which of the role's distinct times a candidate has.
        times: for each place these times, None where nothing is taken.
        cache: the role past which only misses come, None without one.
    """

    slots: tuple[Slot, ...]
    fixed: Mapping[bool, Sequence[Distribution]]
    roles: tuple[str, ...]
    pool: Mapping[str, Mapping[str, Candidate]]
    row: Mapping[str, Mapping[str, int]]
    times: Sequence[Sequence[Distribution | None]]
    cache: str | None
    _rows: dict[str, Rows] = field(default_factory=dict, init=False, repr=False, compare=False)
    _fits: dict[tuple[str, bool], Mask] = field(default_factory=dict, init=False, repr=False, compare=False)
    _fitting: dict[tuple[str, bool], tuple[Rows, Rows]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def rows(self, role: str) -> Rows:
        """Return which of a role's distinct times each of its candidates has, in their order."""
        import numpy as np

        if role not in self._rows:
            self._rows[role] = np.fromiter(self.row[role].values(), dtype=np.intp, count=len(self.row[role]))
        return self._rows[role]

    def fits(self, role: str, cached: bool) -> Mask:
        """Return which of a role's candidates, in their order, are possible with the cache in use or not."""
        import numpy as np

        key = (role, cached)
        if key not in self._fits:
            found = self.pool[role].values()
            self._fits[key] = np.fromiter((self._goes_with(c, cached) for c in found), dtype=bool, count=len(found))
        return self._fits[key]

    def fitting(self, role: str, cached: bool) -> tuple[Rows, Rows]:
        """Return the distinct times of the candidates that fit, rising, and which of them each of these has."""
        key = (role, cached)
        if key not in self._fitting:
            rows = self.rows(role)
            self._fitting[key] = distinct(rows[self.fits(role, cached)], int(rows.max(initial=0)) + 1)
        return self._fitting[key]

    def _goes_with(self, candidate: Candidate, cached: bool) -> bool:
        if candidate.role == self.cache:
            return candidate.is_none != cached
        return not candidate.behind or candidate.behind.get(self.cache or "", cached) == cached


def timed(flow: Flow, at: str, pool: Mapping[str, Iterable[Candidate]], scenario: Scenario) -> Timed:
    """Return the times that candidates take in a flow, equal ones of a role once."""
    slots = tuple(placed_slots(flow, at, scenario))
    roles = tuple(dict.fromkeys(slot.role for slot in slots))
    known = {role: {c.id: c for c in pool[role]} for role in roles}
    row: dict[str, dict[str, int]] = {}
    times: list[Sequence[Distribution | None]] = [()] * len(slots)
    for role, found in known.items():
        own = [index for index, slot in enumerate(slots) if slot.role == role]
        taken = [slots[index].times(found.values()) for index in own]
        keys = list(zip(*(map(id, one) for one in taken), strict=True))
        same = dict(zip(keys, zip(*taken, strict=True), strict=True))  # each slot has equal times once
        rows = {time: number for number, time in enumerate(dict.fromkeys(same.values()))}
        of = {key: rows[time] for key, time in same.items()}
        row[role] = {name: of[key] for name, key in zip(found, keys, strict=True)}
        for place, index in enumerate(own):
            times[index] = [time[place] for time in rows]
    cache = next((step.cache for step in flow.path if step.cache), None)
    return Timed(slots, fixed_times(flow, scenario), roles, known, row, times, cache)


def mean_coefficients(
    flow: Flow, at: str, pool: Mapping[str, Iterable[Candidate]], scenario: Scenario
) -> dict[tuple[str, str], float]:
    """Return (role, id) -> what a candidate adds to a flow's mean time (ms), weighted by the share of misses.

    A cache takes away its share of the times past it that no choice changes; ``fixed_mean`` has them in full.
    """
    found: dict[tuple[str, str], float] = {}
    cache = next((step for step in flow.path if step.cache), None)
    if cache is not None:
        spared = hit_share(cache, scenario) * math.fsum(time.mean() for time in fixed_times(flow, scenario)[True])
        found = {(cache.cache or "", c.id): -spared for c in pool[cache.cache or ""] if not c.is_none and spared}
    for slot in placed_slots(flow, at, scenario):
        for candidate in pool[slot.role]:
            time = slot.time(candidate)
            behind = bool(cache) and slot.past and candidate.behind.get(cache.cache or "", True)  # type: ignore[union-attr]
            share = 1 - hit_share(cache, scenario) if behind and cache else 1.0
            key = (slot.role, candidate.id)
            found[key] = found.get(key, 0.0) + share * (time.mean() if time else 0.0)
    return found


def fixed_mean(flow: Flow, scenario: Scenario) -> float:
    """Return the mean (ms) of a flow's times that no choice changes, as if no cache were in use."""
    return math.fsum(time.mean() for waits in fixed_times(flow, scenario).values() for time in waits)


def placed_slots(flow: Flow, at: str, scenario: Scenario) -> Iterator[Slot]:
    """Yield the places of a flow where a role's time is added in the foreground."""
    flow_id = scenario.blueprint.flow_id(flow)
    for past, step in _placed(flow):
        if step.asks and step.do and not step.in_background:
            yield Slot(step.asks, step, flow.reads_first(step, at), past, scenario, flow_id)


def fixed_times(flow: Flow, scenario: Scenario) -> dict[bool, list[Distribution]]:
    """Return the times that no choice changes: before the cache (False) and past it (True)."""
    found: dict[bool, list[Distribution]] = {False: [], True: []}
    for past, step in _placed(flow):
        if (time := wait_time(step, scenario)) is not None:
            found[past].append(time)
    return found


def _placed(flow: Flow) -> Iterator[tuple[bool, Step]]:
    """Yield every step with whether it is past the cache."""
    for step in flow.path:
        yield False, step
        yield from ((True, inner) for inner in step.on_miss)
