"""Combinations: how the figures of a candidate follow from those of the candidates that it runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from advisor.candidates.candidate import Candidate
from advisor.explanation.derivation import Derivation, plain, total
from advisor.scenario.load import Scenario

MS = "ms"
Run = Callable[[Candidate, bool], list[Derivation]]
"""(plain candidate, whether its run is read at its first item) -> what the run is made of."""


def weighted(name: str, candidate: Candidate, unit: str, parts: Sequence[Derivation], value: float) -> Derivation:
    """Return the derivation of a mean over a combination's parts, weighted with their shares."""
    terms = zip(candidate.shares, parts, strict=True)
    numbers = " + ".join(f"{plain(share)} × {plain(part.value or 0.0)}" for share, part in terms)
    return Derivation(name, value, unit, "sum over parts of share × its figure", numbers, parts=tuple(parts))


def availability(
    name: str, candidate: Candidate, parts: Sequence[Derivation], scenario: Scenario, unit: str
) -> Derivation:
    """Return the derivation of a combination's availability."""
    if candidate.combined_by in _AVAILABILITY:
        formula, numbers = _AVAILABILITY[candidate.combined_by](candidate, parts, scenario)
        return Derivation(name, candidate.availability, unit, formula, numbers, parts=tuple(parts))
    return weighted(name, candidate, unit, parts, candidate.availability)


def _fallback_up(candidate: Candidate, parts: Sequence[Derivation], scenario: Scenario) -> tuple[str, str]:
    primary, backup = (part.value or 0.0 for part in parts)
    switch = scenario.tactics.fallback_switch
    numbers = f"{plain(primary)} + (1 - {plain(primary)}) × {plain(switch)} × {plain(backup)}"
    return "primary + (1 - primary) × P(change works) × backup", numbers


def _cascade_up(candidate: Candidate, parts: Sequence[Derivation], scenario: Scenario) -> tuple[str, str]:
    first, second = (part.value or 0.0 for part in parts)
    kept, sent = candidate.shares
    numbers = f"{plain(first)} × ({plain(kept)} + {plain(sent)} × {plain(second)})"
    return "first × (1 - sent on + sent on × second)", numbers


def _mix_up(candidate: Candidate, parts: Sequence[Derivation], scenario: Scenario) -> tuple[str, str]:
    known = [figure.value for one in candidate.parts if one.option and (figure := one.option.availability.software)]
    hardware = [f"{plain(part.value or 0.0)} / {plain(value)}" for part, value in zip(parts, known, strict=True)]
    return "product over types of availability / software, × software once", " × ".join([*hardware, plain(min(known))])


_AVAILABILITY = {"fallback": _fallback_up, "cascade": _cascade_up, "mix": _mix_up}


def one_run(candidate: Candidate, operation: str, first: bool, scenario: Scenario, run: Run) -> list[Derivation]:
    """Return what one run of a combination takes on average: each part with its share of the requests.

    Args:
        operation: what is asked. first: read at the first item, not when complete.
        run: what a run of a plain candidate is made of.
    """
    return _RUNS[candidate.combined_by](candidate, operation, first, scenario, run)


def _split_run(candidate: Candidate, operation: str, first: bool, scenario: Scenario, run: Run) -> list[Derivation]:
    parts = [_mean(part, run(part, first)) for part in candidate.parts]
    value = math.fsum(s * (part.value or 0.0) for s, part in zip(candidate.shares, parts, strict=True))
    return [weighted("requests shared out", candidate, MS, parts, value)]


def _fallback_run(candidate: Candidate, operation: str, first: bool, scenario: Scenario, run: Run) -> list[Derivation]:
    primary, backup = (_mean(part, run(part, first)) for part in candidate.parts)
    up, down = candidate.shares
    after = scenario.tactics.fallback_after_ms
    quick, late = primary.value or 0.0, backup.value or 0.0
    value = up * quick + down * (after + late)
    numbers = f"{plain(up)} × {plain(quick)} + {plain(down)} × ({plain(after)} + {plain(late)})"
    formula = "primary is up × its mean + it is down × (time until the change + mean of the backup)"
    return [Derivation("primary, or the backup while it is down", value, MS, formula, numbers, parts=(primary, backup))]


def _cascade_run(candidate: Candidate, operation: str, first: bool, scenario: Scenario, run: Run) -> list[Derivation]:
    one, other = candidate.parts
    complete, second = _mean(one, run(one, False)), _mean(other, run(other, first))
    sent = candidate.shares[1]
    value = (complete.value or 0.0) + sent * (second.value or 0.0)
    numbers = f"{plain(complete.value or 0.0)} + {plain(sent)} × {plain(second.value or 0.0)}"
    formula = "complete first answer + share sent on × mean of the second"
    return [Derivation("first answer, and for a share a second", value, MS, formula, numbers, parts=(complete, second))]


def _hedge_run(candidate: Candidate, operation: str, first: bool, scenario: Scenario, run: Run) -> list[Derivation]:
    """Return the faster of two copies up to the first item, which is no arithmetic, and then the items after it."""
    (copy,) = candidate.parts
    before = run(copy, True)
    at = scenario.tactics.hedge_at
    after_ms = copy.latency[operation][0].quantile(at)
    faster = Derivation(
        "first item of the faster copy",
        candidate.latency[operation][0].mean(),
        MS,
        "mean of min(X, d + Y): X one copy, Y the other, independent and alike, d the time until it is sent",
        note=f"integrated numerically; d = {plain(round(after_ms, 3))} ms, which X keeps with probability {at:g}",
        parts=(_mean(copy, before),),
    )
    counted = {part.name for part in before}
    return [faster, *(part for part in run(copy, first) if part.name not in counted)]


def _mix_run(candidate: Candidate, operation: str, first: bool, scenario: Scenario, run: Run) -> list[Derivation]:
    """Return the mean over the classes of requests on the types of units that serve them."""
    every = [(one, taken) for one in candidate.parts if one.pooled for taken in one.pooled.classes]
    mine = [(one, taken) for one, taken in every if taken.operation == operation]
    if not mine:
        return run(candidate.parts[0], first)
    whole = math.fsum(taken.average_per_s for _, taken in mine)
    parts, terms = [], []
    for one, taken in mine:
        value = taken.first_ms if first else taken.complete_ms
        note = f"{plain(taken.share)} of the class, {plain(taken.average_per_s)} calls/s"
        parts.append(Derivation(f"{taken.name}, on {one.size}", value, MS, "mean of the class on this type", note=note))
        terms.append(f"{plain(taken.average_per_s / whole)} × {plain(value)}")
    value = candidate.latency[operation][0 if first else 1].mean()
    formula = "sum over classes and types of share of the calls × mean"
    return [Derivation("requests shared out by size", value, MS, formula, " + ".join(terms), parts=tuple(parts))]


_RUNS = {
    "split": _split_run,
    "fallback": _fallback_run,
    "cascade": _cascade_run,
    "hedge": _hedge_run,
    "mix": _mix_run,
}


def _mean(part: Candidate, made_of: Sequence[Derivation]) -> Derivation:
    return total(part.name, math.fsum(one.value or 0.0 for one in made_of), MS, made_of, "sum of its means")
