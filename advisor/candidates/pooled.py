"""What units carry that are sized by the classes of their requests, beside what every candidate has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PooledClass:
    """A class of requests on units of one type.

    Attributes:
        index: of the class among those of the role. name: for people. operation: what is asked.
        share: of the class that comes here. average_per_s: calls.
        first_ms, complete_ms: mean times.
    """

    index: int
    name: str
    operation: str
    share: float
    average_per_s: float
    first_ms: float
    complete_ms: float


@dataclass(frozen=True)
class Pooled:
    """The load of units of one type.

    Attributes:
        work: units that the load keeps busy at peak.
        rates: operation -> calls/s on average; what the times of several types are weighted with.
        classes: what comes here of each class of requests.
        target_ms: of their first token, None for none.
        of: share of the role's requests that come to the pool as a whole; other than 1 in a combination.
        unserved: of the pool as a whole, stated with its first type: priority -> requests/s on average that it leaves.
    """

    work: float
    rates: Mapping[str, float]
    classes: tuple[PooledClass, ...]
    target_ms: float | None = None
    of: float = 1.0
    unserved: Mapping[int, float] = field(default_factory=dict)
