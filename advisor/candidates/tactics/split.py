"""Split: a share of the traffic goes to one model, the rest to another."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.candidate import Candidate
from advisor.candidates.tactics.combine import Bench, combined, mixed
from advisor.candidates.tactics.registry import tactic
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

SOURCE = "Ong et al. (2024), RouteLLM: Learning to Route LLMs with Preference Data"


@tactic("split", "combination", "send a share of the traffic to another model", SOURCE, by_default=False)
def split(bench: Bench) -> Iterator[Candidate]:
    """The better of two models takes a fixed share, the cheaper one the rest; each is sized and billed for its part.

    Quality and availability are the weighted means, as if requests were sent at random: a router that knows which
    requests are easy does better, and how much better only a measurement tells.
    """
    for share in bench.scenario.tactics.split_shares:
        for first, second in bench.better_and_cheaper():
            one, other = bench.resized(first, share, share), bench.resized(second, 1 - share, 1 - share)
            if one is None or other is None:
                continue
            yield join((one, other), (share, 1 - share), bench.scenario)


def join(parts: tuple[Candidate, ...], shares: tuple[float, ...], scenario: Scenario) -> Candidate:
    """Return two models that share the traffic."""
    (one, other), (share, rest) = parts, shares
    return combined(
        "split",
        f"split{100 * share:g}",
        parts,
        shares=shares,
        availability=share * one.availability + rest * other.availability,
        quality=share * one.quality + rest * other.quality,
        latency=mixed((share, rest), one.latency, other.latency),
        notes=[
            Assumption(
                "quality of a split",
                "mean of both, weighted by share",
                "as if requests were sent at random; a router that tells easy ones apart does better",
                "tactics.split_shares",
            )
        ],
    )
