"""Designs for several samples at once, by a table in which each candidate is as bad as in the worst of them.

A design that meets every requirement there meets it in each of the samples as far as totals and products go; of the
times the slowest on average is taken, which need not be the slowest at every percentile. So these designs are only
proposed; whether they hold is tested on the samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from advisor.analysis.hindsight import Hindsight
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table


def stacked(found: Hindsight, samples: Sequence[int]) -> Table:
    """Return the space in which each candidate is as in the worst of some samples; what one cannot carry is out."""
    tables = [found.table(sample) for sample in samples]
    candidates = {}
    for role in found.space:
        by_sample = [{c.id: c for c in table.candidates[role]} for table in tables]
        common = [name for name in by_sample[0] if all(name in one for one in by_sample)]
        candidates[role] = tuple(worst([one[name] for one in by_sample]) for name in common)
    return replace(tables[0], scenario=found.world.scenario, candidates=candidates)


def worst(versions: Sequence[Candidate]) -> Candidate:
    """Return a candidate with the dearest bill, most hours, least availability and quality, and slowest times of some.

    >>> worst([Candidate("a", "llm", quality=0.9), Candidate("a", "llm", quality=0.8, availability=0.99)]).quality
    0.8
    """
    dearest = max(versions, key=lambda one: one.bill_usd_per_month)
    return replace(
        dearest,
        operations_h_per_month=max(one.operations_h_per_month for one in versions),
        availability=min(one.availability for one in versions),
        quality=min(one.quality for one in versions),
        latency=max(versions, key=_slowness).latency,
    )


def _slowness(one: Candidate) -> float:
    return math.fsum(time.mean() for pair in one.latency.values() for time in pair)
