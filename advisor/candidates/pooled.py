"""What a part of a pool of unlike units carries, beside what every candidate has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Pooled:
    """The load of the units of one type in a pool.

    Attributes:
        work: units that the load keeps busy at peak.
        rates: operation -> calls/s on average; what the times of the parts are weighted with.
        classes: what comes here of each class of requests. target_ms: of its first token, None for none.
    """

    work: float
    rates: Mapping[str, float]
    classes: tuple[PooledClass, ...]
    target_ms: float | None = None


@dataclass(frozen=True)
class PooledClass:
    """A class of requests on units of one type.

    Attributes:
        share: of the class that comes here. average_per_s: calls.
        first_ms, complete_ms: mean times.
    """

    name: str
    operation: str
    share: float
    average_per_s: float
    first_ms: float
    complete_ms: float
