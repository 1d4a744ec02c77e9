"""What it costs and takes to call a role in another cloud: a candidate as it is beside certain callers.

The caller's cloud bills what it sends and the role's cloud what it returns; both stand on the role's bill. Each call
takes a round trip longer. Within one cloud both are free.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.candidates.calls import Call, calls
from advisor.candidates.candidate import OWNERS, Candidate, CostLine
from advisor.candidates.tactics import JOINS
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.model import Figure, Price
from advisor.models.latency import Constant, Distribution, series
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

Design = Mapping[str, Candidate]
EGRESS = "egress_gb"
MOST_KNOWN = 64
_KNOWN: dict[tuple[int, tuple[float, ...], frozenset[str]], tuple[Blueprint, tuple[Call, ...]]] = {}


@dataclass(frozen=True)
class Seen:
    """A call as one of its ends sees it.

    Attributes:
        cloud: where the other end is; "" outside the clouds.
        calling: of a call that the candidate itself makes, its operation that waits for it; "" of one that it answers.
    """

    call: Call
    cloud: str
    calling: str = ""

    def crosses(self, one: Candidate) -> bool:
        """Return whether it leads from one cloud to another."""
        return bool(self.cloud) and bool(one.place) and self.cloud != one.place

    def way(self, one: Candidate) -> tuple[str, str]:
        """Return the caller's cloud and the other's."""
        return (one.place, self.cloud) if self.calling else (self.cloud, one.place)


def linked(design: Design, scenario: Scenario) -> dict[str, Candidate]:
    """Return a design in which every candidate has the cost and the times that it has beside the others."""
    plain = {role: c.unlinked or c for role, c in design.items()}
    if not scenario.clouds or len({cloud for c in plain.values() for cloud in c.clouds}) < 2:
        return plain
    arriving: dict[str, list[Seen]] = {}
    for call, caller in _made(plain, scenario):
        arriving.setdefault(call.role, []).append(Seen(call, caller.place))
    network = Network(scenario)
    return {role: network.beside(c, arriving.get(role, ())) for role, c in plain.items()}


def calls_of(scenario: Scenario, caches: frozenset[str]) -> tuple[Call, ...]:
    """Return every call between roles, remembered for a blueprint and its workload."""
    key = (id(scenario.blueprint), tuple(scenario.workload.values()), caches)
    if key not in _KNOWN:
        while len(_KNOWN) >= MOST_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = scenario.blueprint, calls(scenario, caches)  # the blueprint is kept, and with it its number
    return _KNOWN[key][1]


def _made(design: Design, scenario: Scenario) -> Iterator[tuple[Call, Candidate]]:
    """Yield every call that a design makes with who makes it."""
    caches = frozenset(role for role in scenario.blueprint.cache_roles if not design[role].is_none)
    for call in calls_of(scenario, caches):
        caller = next((design[role] for role in call.callers if not design[role].is_none), None)
        if caller is not None and not design[call.role].is_none:
            yield call, caller


@dataclass(frozen=True)
class _Added:
    """What calls between clouds add to each candidate that is in one place and has one share of the bill."""

    lines: tuple[CostLine, ...]
    delays: Mapping[tuple[str, str], float]
    assumptions: tuple[Assumption, ...]


class Network:
    """What lies between the clouds of a scenario, for many candidates beside the same others."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._known: dict[tuple[int, str, float], tuple[Sequence[Seen], _Added]] = {}
        self._later: dict[tuple[float, Distribution], Distribution] = {}

    def beside(self, candidate: Candidate, seen: Sequence[Seen]) -> Candidate:
        """Return a candidate with what calls between clouds add to it; itself where they add nothing.

        What the same calls (the very same object) add is worked out once for each place and share.
        """
        if candidate.is_none or not any(call.crosses(one) for one in candidate.members for call in seen):
            return candidate
        if not candidate.parts:
            return self._plain(candidate, seen)
        parts = tuple(self.beside(part, seen) for part in candidate.parts)
        extra = [line for part in parts for one in part.members for line in one.lines if line.price.meter == EGRESS]
        notes = (note for part in parts for note in part.assumptions)
        return candidate.changed(
            parts=parts,
            lines=(*candidate.lines, *extra),
            calls=_joined(candidate, parts, self.scenario),
            assumptions=tuple(dict.fromkeys((*candidate.assumptions, *notes))),
            unlinked=candidate,
        )

    def _plain(self, one: Candidate, seen: Sequence[Seen]) -> Candidate:
        added = self._added(one, seen)
        delays = {key: delay for key, delay in added.delays.items() if key[1] in one.latency}
        return one.changed(
            lines=(*one.lines, *added.lines),
            calls={key: self._both_later(delay, one.latency[key[1]]) for key, delay in delays.items()},
            delays=delays,
            assumptions=(*one.assumptions, *added.assumptions),
            unlinked=one,
        )

    def _added(self, one: Candidate, seen: Sequence[Seen]) -> _Added:
        key = (id(seen), one.place, one.billed_share)
        if key not in self._known:
            crossing = [call for call in seen if call.crosses(one)]
            lines, notes = _lines(one, crossing, self.scenario), _notes(one, crossing, self.scenario)
            added = _Added(tuple(lines), _delays(one, crossing, self.scenario), tuple(notes))
            self._known[key] = seen, added  # the calls are kept, and with them their number
        return self._known[key][1]

    def _both_later(
        self, delay_ms: float, times: tuple[Distribution, Distribution]
    ) -> tuple[Distribution, Distribution]:
        first, complete = times
        return self._one_later(delay_ms, first), self._one_later(delay_ms, complete)

    def _one_later(self, delay_ms: float, time: Distribution) -> Distribution:
        if (delay_ms, time) not in self._later:
            self._later[delay_ms, time] = series(Constant(delay_ms), time) if delay_ms else time
        return self._later[delay_ms, time]


def _delays(one: Candidate, crossing: Sequence[Seen], scenario: Scenario) -> dict[tuple[str, str], float]:
    """Return (flow, operation) -> what it takes longer, ms: a call that is answered, and all that it makes."""
    found = {(x.call.flow, x.call.operation): _delay_ms(x.way(one)[0], scenario) for x in crossing if not x.calling}
    for x in crossing:
        if x.calling:
            key = x.call.flow, x.calling
            found[key] = found.get(key, 0.0) + _delay_ms(x.way(one)[0], scenario)
    return found


def _delay_ms(cloud: str, scenario: Scenario) -> float:
    figure = scenario.clouds[cloud].other_cloud_ms if cloud in scenario.clouds else None
    return figure.value if figure else 0.0


def _joined(
    candidate: Candidate, parts: tuple[Candidate, ...], scenario: Scenario
) -> dict[tuple[str, str], tuple[Distribution, Distribution]]:
    """Return the times of a combination in the flows in which one of its parts is called from another cloud."""
    found = {}
    for flow, operation in dict.fromkeys(key for part in parts for key in part.calls):
        in_flow = tuple(in_flow_of(part, flow) for part in parts)
        found[flow, operation] = JOINS[candidate.combined_by](in_flow, candidate.shares, scenario).latency[operation]
    return found


def in_flow_of(candidate: Candidate, flow: str) -> Candidate:
    """Return a candidate whose times are those that it has in one flow."""
    own = {operation: candidate.times(flow, operation) or times for operation, times in candidate.latency.items()}
    parts = tuple(in_flow_of(part, flow) for part in candidate.parts)
    delays = {key: delay for key, delay in candidate.delays.items() if key[0] == flow}
    return replace(candidate, latency=own, parts=parts, delays=delays)


# --- the bill ---------------------------------------------------------------------------------------------------------


def _lines(one: Candidate, crossing: Sequence[Seen], scenario: Scenario) -> Iterator[CostLine]:
    """Yield a line for what each cloud bills: the callers' for what they send, the role's own for what it returns."""
    sent: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for x in crossing:
        caller, role = x.way(one)
        sent.setdefault((caller, role), []).append((x.call.runs_per_month, x.call.sent_kb or 0.0))
        sent.setdefault((role, caller), []).append((x.call.runs_per_month, x.call.returned_kb or 0.0))
    for (source, target), amounts in sent.items():
        figure = scenario.clouds[source].egress_usd_per_gb if source in scenario.clouds else None
        quantity = one.billed_share * math.fsum(runs * kb for runs, kb in amounts) / 1e6
        if figure is not None and quantity > 0:
            title = f"of egress from {OWNERS[source]} to {OWNERS[target]}"
            usd = quantity * figure.value
            numbers = _numbers(one.billed_share, amounts)
            yield CostLine(title, quantity, "GB", usd, True, _price(figure), derivation=numbers)


def _numbers(share: float, amounts: Sequence[tuple[float, float]]) -> str:
    terms = " + ".join(f"{runs:.10g} × {kb:.10g}" for runs, kb in amounts if kb)
    return f"{f'{share:.10g} × ' if share != 1 else ''}({terms}) / 1000000"


def _price(figure: Figure) -> Price:
    stated = figure.model_dump(exclude={"value", "low", "high"})
    return Price(meter=EGRESS, usd=figure.value, **stated)


# --- what is assumed --------------------------------------------------------------------------------------------------


def _notes(one: Candidate, crossing: Sequence[Seen], scenario: Scenario) -> Iterator[Assumption]:
    for x in crossing:
        call, cloud = x.call, x.cloud
        figures = scenario.clouds.get(cloud)
        pair = f"network from {OWNERS[cloud]} to {OWNERS[one.place]}"
        if figures is None or figures.other_cloud_ms is None:
            yield Assumption(f"{pair}, delay", "0 ms", "the catalog has no figure", f"catalog: {cloud}")
        else:
            delay = figures.other_cloud_ms
            ends = f" ({delay.low:g} to {delay.high:g})" if delay.low is not None and delay.high is not None else ""
            why = "regions in the same metropolitan area; another city of the continent is at the upper end"
            yield Assumption(
                f"{pair}, delay", f"{delay.value:g} ms{ends} for a call and back", why, f"catalog: {cloud}"
            )
        for source in (cloud, one.place):
            if source not in scenario.clouds or scenario.clouds[source].egress_usd_per_gb is None:
                why = "the catalog has no price"
                yield Assumption(f"egress from {OWNERS[source]}", "0 USD/GB", why, f"catalog: {source}")
        if call.sent_kb is None or call.returned_kb is None:
            ways = [w for w, kb in (("to", call.sent_kb), ("from", call.returned_kb)) if kb is None]
            why = "the blueprint does not state it"
            yield Assumption(
                f"egress {' and '.join(ways)} {call.role}, {call.operation or 'data'}",
                "0 GB",
                why,
                f"catalog: {scenario.blueprint.id}",
            )


def outside_calls(design: Design, scenario: Scenario) -> Iterator[Assumption]:
    """Yield what is assumed about calls to services that are in none of the clouds, with what it may amount to."""
    gb = usd = 0.0
    called = False
    for call, caller in _made(design, scenario):
        outside = [one for one in design[call.role].members if one.option and not one.place]
        if not outside or not caller.place:
            continue
        called = True
        sent = call.sent_gb * min(1.0, math.fsum(one.billed_share for one in outside))
        figures = scenario.clouds.get(caller.place)
        price = figures.egress_usd_per_gb if figures else None
        gb, usd = gb + sent, usd + sent * (price.value if price else 0.0)
    if called:
        yield Assumption(
            "network to services outside the clouds",
            "no delay and no egress cost",
            f"where they run is not known, and their times are mostly measured from outside; about {gb:.3g} GB a month "
            f"are sent to them, up to {usd:.3g} USD",
            "catalog: clouds",
        )
