"""Fallback: a second provider takes the requests while the first is down."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.candidate import Candidate
from advisor.candidates.tactics.combine import Bench, Times, combined, mixed, note
from advisor.candidates.tactics.registry import tactic
from advisor.models.availability import fallback as up
from advisor.models.latency import Constant, series
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

TYPICAL_DOWN = 0.005  # share of the requests that backups are compared at
SOURCE = "Bass, Clements, Kazman (2021), chapter 4: redundant spare, exception handling; Nygard, Release It! (2018)"


@tactic("fallback", "combination", "use another provider while the first is down", SOURCE, by_default=False)
def fallback(bench: Bench) -> Iterator[Candidate]:
    """A primary with a backup of another vendor and cloud, where availability matters.

    The backup must carry the whole peak; it is billed for the requests that come while the primary is down. Quality and
    times are those of the primary while it is up. A backup is rarely in use, so of those that are apart from a primary
    only the ones that no other in the same clouds beats in both cost and availability are considered.
    """
    if not bench.matters("availability"):
        return
    spares = [spare for one in bench.leanest() if (spare := bench.resized(one, 1.0, TYPICAL_DOWN))]
    for primary in bench.leanest():
        for spare in _unbeaten([one for one in spares if _apart(primary, one)]):
            backup = bench.resized(spare, 1.0, 1 - primary.availability)
            if backup is not None:
                yield join((primary, backup), (), bench.scenario)


def _unbeaten(spares: list[Candidate]) -> Iterator[Candidate]:
    """Yield the spares that cost less than every other in the same clouds that is as available."""
    best: dict[frozenset[str], float] = {}
    for one in sorted(spares, key=lambda c: (c.cost_usd_per_month, -c.availability, c.id)):
        if one.availability > best.get(one.clouds, 0.0):
            best[one.clouds] = one.availability
            yield one


def _apart(a: Candidate, b: Candidate) -> bool:
    """Return whether two candidates have neither vendor nor place in common, so that they fail independently."""
    assert a.component is not None
    assert b.component is not None
    return a.component.vendor != b.component.vendor and not a.clouds & b.clouds and _place(a) != _place(b)


def _place(one: Candidate) -> str:
    """Return who runs it: the cloud, or the vendor itself."""
    assert one.component is not None
    assert one.option is not None
    return one.component.vendor if one.option.cloud == "vendor" else one.option.cloud


def join(parts: tuple[Candidate, ...], shares: tuple[float, ...], scenario: Scenario) -> Candidate:
    """Return a primary with its backup; their shares follow from how available the primary is."""
    primary, backup = parts
    settings, a = scenario.tactics, primary.availability
    late: Times = {
        name: tuple(series(Constant(settings.fallback_after_ms), time) for time in times)  # type: ignore[misc]
        for name, times in backup.latency.items()
    }
    return combined(
        "fallback",
        "fallback",
        parts,
        shares=(a, 1 - a),
        availability=up(a, backup.availability, settings.fallback_switch),
        quality=a * primary.quality + (1 - a) * backup.quality,
        latency=mixed((a, 1 - a), primary.latency, late),
        notes=_notes(scenario),
    )


def _notes(scenario: Scenario) -> tuple[Assumption, ...]:
    switch, after = scenario.tactics.fallback_switch, scenario.tactics.fallback_after_ms
    why = "no published figure; rehearse the change and state what you measure"
    time = f"{after:,.10g} ms".replace(",", " ")
    return (
        *note(scenario, "fallback_switch", "probability that a change to the backup works", f"{switch:g}", why),
        *note(scenario, "fallback_after_ms", "time until a request goes to the backup", time, why),
    )
