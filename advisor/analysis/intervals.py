"""What a number of samples says: confidence intervals of shares, and quantiles of a sample."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.models.normal import normal_quantile

CONFIDENCE = 0.95  # of the intervals that are printed


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval in which a probability lies, given how often something happened.

    (p + z^2/2n -+ z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n),  p = successes / n

    Never outside 0 to 1, and not empty when everything or nothing happened.
    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.

    >>> [round(end, 4) for end in wilson(0, 100)], [round(end, 4) for end in wilson(81, 263)]
    ([0.0, 0.037], [0.2553, 0.3662])
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is no number of successes")
    z, n = normal_quantile((1 + confidence) / 2), float(trials)
    share = successes / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else (middle - half) / scale
    return low, 1.0 if successes == trials else (middle + half) / scale


def needed(confidence: float, trials: int) -> int:
    """Return of how many samples a share is at least ``confidence``.

    >>> needed(0.95, 1000), needed(0.95, 10), needed(1.0, 7)
    (950, 10, 7)
    """
    return math.ceil(confidence * trials - 1e-9)


def sample_quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the sample does not exceed.

    >>> sample_quantile([3.0, 1.0, 2.0, 4.0], 0.5), sample_quantile([3.0, 1.0], 1.0)
    (2.0, 3.0)
    """
    ranked = sorted(values)
    return ranked[max(needed(share, len(ranked)), 1) - 1]
