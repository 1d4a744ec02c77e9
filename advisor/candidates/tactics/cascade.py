"""Cascade: a cheap model answers first; what does not pass a check goes on to a stronger one."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.candidate import Candidate
from advisor.candidates.tactics.combine import Bench, Times, combined, note
from advisor.candidates.tactics.registry import tactic
from advisor.models.latency import mixture, series
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

SOURCE = "Chen, Zaharia, Zou (2023), FrugalGPT: How to Use Large Language Models While Reducing Cost"


@tactic("cascade", "combination", "ask a cheap model first and a stronger one when in doubt", SOURCE, by_default=False)
def cascade(bench: Bench) -> Iterator[Candidate]:
    """Everything goes to the first model, a stated share also to the second, which must be the better one.

    The first answer is complete before it is judged, so nothing is shown earlier. Quality is the weighted mean, as if
    answers were sent on at random.
    """
    share = bench.scenario.tactics.escalation_share
    for better, first in bench.better_and_cheaper():
        strong = bench.resized(better, share, share)
        if strong is None:
            continue
        yield join((first, strong), (1 - share, share), bench.scenario)


def join(parts: tuple[Candidate, ...], shares: tuple[float, ...], scenario: Scenario) -> Candidate:
    """Return the cascade of a first model and one that also answers the second of the shares."""
    (first, strong), (kept, sent) = parts, shares
    return combined(
        "cascade",
        f"cascade{100 * sent:g}",
        parts,
        shares=shares,
        availability=first.availability * (kept + sent * strong.availability),
        quality=kept * first.quality + sent * strong.quality,
        latency=_times(first, strong, sent),
        notes=_notes(scenario),
    )


def _times(first: Candidate, strong: Candidate, share: float) -> Times:
    """Return the times: the first answer in full, and for a share of the requests the second model after it."""
    return {
        name: (
            mixture((1 - share, share), [complete, series(complete, strong.latency[name][0])]),
            mixture((1 - share, share), [complete, series(complete, strong.latency[name][1])]),
        )
        for name, (_, complete) in first.latency.items()
    }


def _notes(scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        *note(
            scenario,
            "escalation_share",
            "share of the answers that a cascade sends on",
            f"{scenario.tactics.escalation_share:g}",
            "depends on the questions and on the check; measure it on yours",
        ),
        Assumption(
            "quality of a cascade",
            "mean of both, weighted by share",
            "as if answers were sent on at random; a check that tells bad ones apart does better",
            "tactics.escalation_share",
        ),
    )
