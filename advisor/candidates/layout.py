"""How many units run where, how they are bought and how they are asked: what tactics on single options decide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from advisor.scenario.assumption import Assumption

Purchase = Literal["on_demand", "reserved_1y", "reserved_3y", "spot"]


@dataclass(frozen=True)
class PromptCache:
    """The part of the prompt tokens that is the same from call to call, and how often the provider still has it.

    >>> cache = PromptCache(repeated_share=0.5, hit_share=0.8)
    >>> cache.read_share, round(cache.miss_share, 12)
    (0.4, 0.1)
    """

    repeated_share: float
    hit_share: float

    @property
    def read_share(self) -> float:
        """Share of all prompt tokens that are read from the cache."""
        return self.repeated_share * self.hit_share

    @property
    def miss_share(self) -> float:
        """Share of all prompt tokens that could have been read, and are written to the cache instead."""
        return self.repeated_share * (1 - self.hit_share)


@dataclass(frozen=True)
class Layout:
    """How an option is run.

    Attributes:
        units, zones: how many run where. needed: how many of them must be up to carry the peak.
        tactics: names of the tactics in use.
        purchase: how the capacity of its instances is bought.
        unit_uptime: share of time in which an instance is not being replaced after an interruption.
        common_uptime: share of time in which there is capacity to buy at all.
        prompt_cache: what is read from the provider's cache, None when everything is sent anew.
        batch: asked through the provider's asynchronous API.
        notes: what the tactics assume.
    """

    units: int
    zones: int
    needed: int
    tactics: tuple[str, ...] = ()
    purchase: Purchase = "on_demand"
    unit_uptime: float = 1.0
    common_uptime: float = 1.0
    prompt_cache: PromptCache | None = None
    batch: bool = False
    notes: tuple[Assumption, ...] = ()

    @cached_property
    def name(self) -> str:
        """The part of a candidate's id that tells layouts of one option apart."""
        bought = "" if self.purchase == "on_demand" else f".{self.purchase}"
        return f"{self.units}u.{self.zones}z{bought}{'.prompt_cache' * bool(self.prompt_cache)}{'.batch' * self.batch}"

    @property
    def described(self) -> str:
        """How it is bought and asked, for people, as it follows a size; "" where nothing is special."""
        ways = [
            _BOUGHT[self.purchase],
            "with the provider's prompt cache" if self.prompt_cache else "",
            "in batches" if self.batch else "",
        ]
        return "".join(f", {way}" for way in ways if way)


_BOUGHT: dict[Purchase, str] = {
    "on_demand": "",
    "reserved_1y": "reserved for a year",
    "reserved_3y": "reserved for three years",
    "spot": "on spot",
}
