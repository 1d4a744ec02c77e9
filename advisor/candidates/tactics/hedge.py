"""Hedge: a second copy of a request when the first is late; the faster answer counts."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.candidate import Candidate
from advisor.candidates.tactics.combine import Bench, combined, note
from advisor.candidates.tactics.registry import tactic
from advisor.models.latency import Distribution, series
from advisor.models.retries import hedge as hedged
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

SOURCE = "Dean and Barroso (2013), The Tail at Scale, CACM 56(2): hedged requests"


@tactic("hedge", "combination", "send a second copy when the first is late", SOURCE, by_default=False)
def hedge(bench: Bench) -> Iterator[Candidate]:
    """A second copy to the same service after a quantile of its time to the first item, where times matter.

    Sized and billed for the copies sent: 1 - q of the requests twice. The slower copy is cancelled when the faster one
    answers. Both go to the same service, so availability and quality stay; one unit of our own would only be asked
    twice, so it takes two.
    """
    if not bench.times_matter():
        return
    at = bench.scenario.tactics.hedge_at
    for one in bench.leanest():
        assert one.option is not None
        if one.option.unit is not None and one.units < 2:
            continue
        asked = 1 + (1 - at)
        both = bench.resized(one, asked, asked)
        if both is None:
            continue
        yield join((both,), (1.0,), bench.scenario)


def join(parts: tuple[Candidate, ...], shares: tuple[float, ...], scenario: Scenario) -> Candidate:
    """Return a candidate of which every request is hedged; it is sized for the copies already."""
    (both,), at = parts, scenario.tactics.hedge_at
    return combined(
        "hedge",
        f"hedge{100 * at:g}",
        parts,
        shares=shares,
        availability=both.availability,
        quality=both.quality,
        latency={name: _raced(first, complete, at) for name, (first, complete) in both.latency.items()},
        notes=_notes(scenario),
    )


def _raced(first: Distribution, complete: Distribution, at: float) -> tuple[Distribution, Distribution]:
    """Return the times of the copy that starts to answer first; what follows its first item is its own."""
    faster = hedged(first, first.quantile(at)).time
    rest = _stages(complete)[len(_stages(first)) :]
    return faster, series(faster, *rest)


def _stages(time: Distribution) -> tuple[Distribution, ...]:
    return getattr(time, "stages", (time,))


def _notes(scenario: Scenario) -> tuple[Assumption, ...]:
    at = scenario.tactics.hedge_at
    return (
        *note(
            scenario,
            "hedge_at",
            "share of the requests answered before a second copy goes out",
            f"{at:g}",
            f"{1 - at:.0%} more requests; the usual choice of Dean and Barroso (2013)",
        ),
        Assumption(
            "the two copies of a hedged request",
            "independent",
            "right for hiccups of single machines, too kind where one cause makes the whole service slow",
            "tactics.hedge_at",
        ),
    )
