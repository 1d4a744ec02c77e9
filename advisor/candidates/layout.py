"""How many units run where: what the tactics of redundancy and capacity produce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purchase = Literal["on_demand", "reserved_1y", "reserved_3y", "spot"]


@dataclass(frozen=True)
class Layout:
    """How an option is run.

    Attributes:
        units, zones: how many run where. needed: how many of them must be up to carry the peak.
        tactics: names of the tactics in use.
        purchase: how the capacity of its instances is bought.
        prompt_cache: whether the repeated part of a prompt is read from the provider's cache.
    """

    units: int
    zones: int
    needed: int
    tactics: tuple[str, ...] = ()
    purchase: Purchase = "on_demand"
    prompt_cache: bool = False

    @property
    def name(self) -> str:
        """The part of a candidate's id that tells layouts of one option apart."""
        bought = "" if self.purchase == "on_demand" else f".{self.purchase}"
        return f"{self.units}u.{self.zones}z{bought}{'.prompt_cache' if self.prompt_cache else ''}"
