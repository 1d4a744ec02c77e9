"""What a file of another tool says, in our units: times in ms, rates per second, prices in USD.

Every reader returns one :class:`Measurement`. What a tool does not state stays None and is said, never assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RESPONSE, TTFT, TPOT = "response time", "time to first token", "time per output token"
REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS = "requests_per_s", "input_tokens_per_s", "output_tokens_per_s"


@dataclass(frozen=True)
class Times:
    """A distribution of times in ms, as far as it is stated.

    Attributes:
        sample: how many times it is made from; None where that is not stated.
        between: percentile -> (low, high), where the tool only tells within which bounds it lies; an infinite ``high``
            means that it is not known.
    """

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    mean: float | None = None
    cv: float | None = None
    sample: int | None = None
    between: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, stated: Mapping[str, float | None], factor: float = 1.0, *, cv: float | None = None, sample: float | None
    ) -> Times:
        """Return the times that a tool states in another unit: ``factor`` ms each.

        >>> Times.of({"p50": 0.25, "p99": None}, 1000, sample=80).p50
        250.0
        """
        ms = {name: None if value is None else value * factor for name, value in stated.items()}
        count = None if sample is None else round(sample)
        return cls(ms.get("p50"), ms.get("p95"), ms.get("p99"), ms.get("mean"), cv, count)

    @property
    def known(self) -> dict[str, float]:
        """What is stated, by name.

        >>> Times(p50=8, p99=20).known
        {'p50': 8, 'p99': 20}
        """
        stated = {name: getattr(self, name) for name in ("p50", "p95", "p99", "mean", "cv")}
        return {name: value for name, value in stated.items() if value is not None}


@dataclass(frozen=True)
class Priced:
    """A price that a file states: USD for one unit of what it counts.

    Attributes:
        name: what is charged for, as the tool calls it: "Storage (general purpose SSD, gp3)".
        unit: the tool's unit: "hours", "GB", "1M requests".
        resource: what it belongs to: "aws_instance.web".
    """

    name: str
    unit: str
    usd: float
    resource: str


@dataclass(frozen=True)
class Measurement:
    """One run of a tool.

    Attributes:
        tool: for people: "k6 0.57 summary".
        what: what was tested or priced, as far as the file says: a model, an endpoint, a script.
        requests, failed: counts; ``requests`` includes the failed ones.
        duration_s: length of the run.
        rates: dimension of demand -> what was carried, per second, by everything under test together.
        times: name -> distribution, of successful requests where the tool tells them apart.
        open_loop: True when arrivals did not wait for responses, False when they did, None when the file is silent.
        load: how the load was made, in a few words: "32 at a time".
        date: day of the run, as the file states it; "" when it does not.
        remarks: what a reader of the figures has to know about them.
    """

    tool: str
    what: str = ""
    requests: int | None = None
    failed: int | None = None
    duration_s: float | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    times: Mapping[str, Times] = field(default_factory=dict)
    open_loop: bool | None = None
    load: str = ""
    date: str = ""
    remarks: tuple[str, ...] = ()
    prices: tuple[Priced, ...] = ()

    @property
    def failed_share(self) -> float | None:
        """Share of requests that failed, None where it is not known.

        >>> Measurement("hey", requests=200, failed=5).failed_share
        0.025
        """
        return self.failed / self.requests if self.requests and self.failed is not None else None
