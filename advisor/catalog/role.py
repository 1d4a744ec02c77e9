"""Roles of an architecture: what can be asked of them, how quality is scored, and what counts demand and bills."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from advisor.catalog.model import Figure, Name, Text
from advisor.schema import Strict


class Operation(Strict):
    """Something a flow asks of a role, and the latency figures that describe it."""

    title: Text
    latency: Name | None = Field(None, description="figure key; None when the operation takes no time worth counting")
    then_each: Name | None = Field(None, description="figure key of the time per item after the first")
    default_cv: float = Field(0.3, gt=0, description="coefficient of variation when a figure states only one number")
    default_cv_each: float = Field(0.1, gt=0)


class QualityMetric(Strict):
    """The benchmark in which a role's candidates are scored, and how a score becomes a factor in (0, 1]."""

    metric: Name
    title: Text
    normalise: Literal["share", "elo"] = Field(
        description="share: score / best; elo: twice the expected score against the best"
    )
    best: float = Field(gt=0, description="score that counts as 1")
    without: Figure | None = Field(None, description="factor when the role is left out, for optional roles")


class Practice(Strict):
    """What a good team tests before launch, watches besides load and time, and feeds back into the system."""

    test: Text
    watch: Text
    feedback: Text | None = None


class Role(Strict):
    """A function in an architecture.

    A role that is ``like`` another is filled by the same components under the same demands, latencies and benchmark,
    and may say all else for itself: the planner and the specialists of a group of agents are two language models.
    """

    id: Name
    title: Text
    like: Name | None = Field(None, description="the role whose components, dimensions and operations this one shares")
    layer: Name
    purpose: Text
    dimensions: list[Name]
    operations: dict[Name, Operation]
    quality: QualityMetric | None = None
    tactics: list[Literal["fallback", "split", "cascade", "hedge", "mix"]] = Field(
        [], description="combinations that make sense for this role: requests that any of its components can answer"
    )
    degrades: Text | None = Field(None, description="what users notice when this soft role is down")
    practice: Practice | None = Field(None, description="for the prefilled sections of the design document")

    @property
    def filled_as(self) -> str:
        """The role that options name to be allowed here: this one, or the one that it is like."""
        return self.like or self.id


class Dimension(Strict):
    """A named quantity of demand and capacity."""

    title: Text
    unit: Text
    kind: Literal["rate", "stock"]
    requests: bool = Field(False, description="counts requests, so it can drive queueing")


class Meter(Strict):
    """What a price counts in a month, and how that follows from average demand.

    ``asked``: only what is asked in this way, so that the other meters of the dimension count the rest: prompt tokens
    read from or written to the provider's cache, or requests to its asynchronous API. ``volume``: the KB of all
    requests together count, not the requests; a step that does not say how large they are cannot be billed so.
    """

    title: Text
    unit: Text
    counts: Literal["units", "month", "dimension"]
    dimension: Name | None = None
    divide_by: float = Field(1, gt=0)
    size: Name | None = Field(None, description="payload size (KB) that started_kb rounds up")
    volume: bool = False
    usage_based: bool = True
    asked: Literal["cache_read", "cache_write", "batch"] | None = None
