"""When an option could be bought: a design of a past day has only what was for sale then."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Day, Option


@dataclass(frozen=True)
class Sale:
    """The days between which an option can be bought; None where the catalog does not know one.

    Attributes:
        released: the day from which all that it takes, model and machine, can be bought.
        withdrawn: the first day on which it can no longer be bought.
        late: what was released last, when that is the instance type and not the option itself.
        undated: the option and its instance type, as far as the catalog does not know when they were released.
    """

    released: datetime.date | None
    withdrawn: datetime.date | None
    late: str = ""
    undated: tuple[str, ...] = ()

    def refusal(self, date: datetime.date) -> str:
        """Return why it cannot be bought on a day; "" when it can.

        >>> sold = Sale(datetime.date(2024, 7, 18), None)
        >>> sold.refusal(datetime.date(2024, 7, 1))
        'released on 2024-07-18, after the date of the prices, 2024-07-01'
        >>> sold.refusal(datetime.date(2024, 7, 18))
        ''
        """
        if self.released is not None and date < self.released:
            subject = f"{self.late} was " if self.late else ""
            return f"{subject}released on {self.released}, after the date of the prices, {date}"
        if self.withdrawn is not None and date >= self.withdrawn:
            return f"withdrawn on {self.withdrawn}, not sold any more on the date of the prices, {date}"
        return ""

    @property
    def text(self) -> str:
        """The days in words; "" where none is known.

        >>> Sale(datetime.date(2024, 6, 20), datetime.date(2025, 10, 28)).text
        'sold from 2024-06-20 to before 2025-10-28'
        """
        ends = [f"from {self.released}"] if self.released else []
        ends += [f"to before {self.withdrawn}"] if self.withdrawn else []
        return " ".join(["sold", *ends]) if ends else ""

    def priced(self, date: datetime.date) -> datetime.date:
        """Return the day whose prices count: what was not released yet had none, so those of its first day do."""
        return date if self.released is None else max(date, self.released)


def sale(catalog: Catalog, component: Component, option: Option) -> Sale:
    """Return when an option can be bought. What it says for itself wins over its component.

    An option on machines can be bought once both it and the instance type can.
    """
    own, until = option.released or component.released, option.withdrawn or component.withdrawn
    name = option.unit.instance if option.unit else None
    machine = catalog.records.instances[name].released if name else None
    later = machine is not None and (own is None or machine.date > own.date)
    began = max(_dates(own, machine), default=None)
    undated = (*([] if own else [option.id]), *([name] if name and machine is None else []))
    return Sale(began, until.date if until else None, str(name) if later else "", undated)


def _dates(*days: Day | None) -> Iterator[datetime.date]:
    return (day.date for day in days if day is not None)


def refusal(catalog: Catalog, component: Component, option: Option, date: datetime.date) -> str:
    """Return why an option cannot be bought on a day; "" when it can.

    >>> import advisor
    >>> catalog = advisor.load_catalog()
    >>> refusal(catalog, *catalog.options["claude_haiku_4_5_anthropic"], datetime.date(2024, 7, 1))
    'released on 2025-10-15, after the date of the prices, 2024-07-01'
    """
    return sale(catalog, component, option).refusal(date)
