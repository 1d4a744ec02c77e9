"""What pricing a bill returns: every charge with its derivation, and the totals."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from advisor.billing.model import Line
from advisor.billing.offers import Offer
from advisor.models.cost import Slice

MONTHS_PER_YEAR = 12.0


@dataclass(frozen=True)
class Charge:
    """One price applied to one quantity of one line.

    Attributes:
        part: which part of a token line this is, "" for other lines.
        quantity: in ``offer.unit``, rounded as billed; a month's, or all of it when it is paid once.
        steps: how the quantity was worked out.
        free, billed: what the free allowance took off this charge, and what is left to pay for.
        usd: what it costs; its share of ``group_usd``.
        slices: the tiers that the quantity of all sharing charges was billed in.
        group_billed, group_usd: billed quantity and cost of all sharing charges.
        shares_with: lines that share the free allowance and the tiers.
        minimum: whether the meter's minimum was more than its tiers.
    """

    line: str
    part: str
    offer: Offer
    quantity: float
    steps: tuple[str, ...]
    free: float
    billed: float
    usd: float
    slices: tuple[Slice, ...]
    group_billed: float
    group_usd: float
    shares_with: tuple[str, ...] = ()
    minimum: bool = False

    @property
    def key(self) -> str:
        """Line id, with the part behind a dot when there are parts."""
        return f"{self.line}.{self.part}" if self.part else self.line


@dataclass(frozen=True)
class PricedLine:
    """A line with its charges. ``usd`` is a month's cost, or all of it when the line is paid once."""

    line: Line
    charges: tuple[Charge, ...]

    @cached_property
    def usd(self) -> float:
        """Cost of the charges, without what a commitment costs up front."""
        return math.fsum(charge.usd for charge in self.charges)

    @property
    def monthly_usd(self) -> float:
        """Cost a month, 0 for what is paid once."""
        return 0.0 if self.line.one_time else self.usd

    @property
    def one_time_usd(self) -> float:
        """What is paid once, with a commitment's upfront part."""
        return (self.usd if self.line.one_time else 0.0) + self.line.commitment.upfront_usd

    @property
    def months(self) -> float:
        """Months of the first year in which it runs."""
        return self.line.schedule.months or MONTHS_PER_YEAR

    @property
    def fixed(self) -> bool:
        """Whether it is paid whether used or not."""
        return all(charge.offer.fixed for charge in self.charges)


@dataclass(frozen=True)
class PricedBill:
    """A priced bill, or one variant of it.

    Attributes:
        name: the variant's id, "" for a bill without variants.
        lines: in the order of the file.
        assumptions: what was taken for granted, once each.
    """

    name: str
    title: str
    as_of: datetime.date
    hours_per_month: float
    lines: tuple[PricedLine, ...]
    assumptions: tuple[str, ...]

    @cached_property
    def monthly_usd(self) -> float:
        """Cost a month."""
        return total(line.monthly_usd for line in self.lines)

    @cached_property
    def fixed_usd(self) -> float:
        """The part of a month's cost that is paid whether used or not."""
        return total(c.usd for line in self.lines if not line.line.one_time for c in line.charges if c.offer.fixed)

    @cached_property
    def usage_usd(self) -> float:
        """The part of a month's cost that usage drives."""
        return total(c.usd for line in self.lines if not line.line.one_time for c in line.charges if not c.offer.fixed)

    @cached_property
    def one_time_usd(self) -> float:
        """What is paid once."""
        return total(line.one_time_usd for line in self.lines)

    @cached_property
    def first_year_usd(self) -> float:
        """What is paid once, and every line for the months of the first year in which it runs."""
        return self.one_time_usd + total(line.monthly_usd * line.months for line in self.lines)

    def line(self, name: str) -> PricedLine | None:
        """Return a line by id, None when there is none."""
        return next((line for line in self.lines if line.line.id == name), None)


def total(amounts: Iterable[float]) -> float:
    """Return the sum, exact to the last digit that a float holds."""
    return math.fsum(amounts)
