"""A candidate: an option sized for this scenario. It carries only constants, so the solver never sees a formula."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from dataclasses import fields as dataclass_fields
from functools import cache, cached_property

from advisor.candidates.compatibility import Need
from advisor.candidates.layout import Layout
from advisor.candidates.pooled import Pooled
from advisor.catalog.model import Component, Option, Price
from advisor.models.latency import Distribution
from advisor.scenario.assumption import Assumption
from advisor.scenario.requirements import Filter

NONE = "none"
OWNERS = {"aws": "Amazon Web Services", "azure": "Microsoft", "gcp": "Google"}


def billed_by(component: Component, option: Option) -> str:
    """Return who bills for an option: the cloud's owner, or the host of a service, which often is its maker.

    Software that we run ourselves is billed as machines, by the owner of the cloud that they are in.
    """
    return OWNERS.get(option.cloud) or option.host or component.vendor


@dataclass(frozen=True)
class CostLine:
    """One line of the monthly bill.

    Attributes:
        share: of what the meter's dimension counts, when other lines bill the rest.
        derivation: the quantity's arithmetic, of what no meter counts: egress.
    """

    title: str
    quantity: float
    unit: str
    usd_per_month: float
    usage_based: bool
    price: Price
    share: float = 1.0
    derivation: str = ""


@dataclass(frozen=True)
class Load:
    """How full a dimension is at peak: demand over what all units can take; ``limit`` None means no published limit."""

    peak: float
    limit: float | None

    @property
    def utilisation(self) -> float:
        """Peak demand over the limit; 0 without a limit."""
        return self.peak / self.limit if self.limit else 0.0


@dataclass(frozen=True)
class Candidate:
    """One way to fill a role, sized.

    Attributes:
        id: ``option.3u.2z``, with ``+cache_role`` when it is sized for what a cache lets through; ``none`` when the
            role is left out.
        needed_units: units that must be up to carry the peak at the target utilisation.
        behind: cache role -> whether the candidate is sized for that cache being in use.
        bill_usd_per_month: what vendors bill; ``cost_usd_per_month`` adds the operations hours at the hourly rate.
        migration_h: hours to have this instead of what runs today; paid off over ``horizon_months``.
        latency: operation -> (time to the first item, time until complete), ms.
        shared: of units that serve several roles, these, the one with the bill first. system: which units these are.
        beside: in a copy that counts on where others are, caller -> the clouds of it for which this copy is right.
        calls: (flow, operation) -> the same as in ``latency`` for calls from another cloud. delays: what these add, ms.
        unlinked: of a copy that counts on where others are, the candidate as it is everywhere.
        quality: factor in (0, 1]; 1 for a role that bears no quality.
        layout: how it is run and bought.
        carried_share, billed_share: of the role's demand that it is sized and billed for; below 1 in a part of a
            combination, above 1 when requests are sent twice.
        parts: of a combination (a model with its fallback, a split of traffic): the candidates that it runs; the first
            is the primary, whose component and option stand in ``component`` and ``option``.
        combined_by: of a combination, the tactic that made it. shares: the weight of each part's answers.
        cards: type of accelerator -> how many all of its units have.
        pooled: of a part of a pool of unlike units, the load that comes to it.
        unsold: why it could not be bought on the day of the prices; only in designs that people bring.
        needs: what it needs of other roles' components to work at all.
    """

    id: str
    role: str
    component: Component | None = None
    option: Option | None = None
    units: int = 0
    zones: int = 0
    needed_units: int = 0
    tactics: tuple[str, ...] = ()
    behind: Mapping[str, bool] = field(default_factory=dict)
    lines: tuple[CostLine, ...] = ()
    operations_h_per_month: float = 0.0
    usd_per_hour: float = 0.0
    migration_h: float = 0.0
    horizon_months: float = 1.0
    availability: float = 1.0
    quality: float = 1.0
    latency: Mapping[str, tuple[Distribution, Distribution]] = field(default_factory=dict)
    loads: Mapping[str, Load] = field(default_factory=dict)
    assumptions: tuple[Assumption, ...] = ()
    layout: Layout | None = None
    carried_share: float = 1.0
    billed_share: float = 1.0
    parts: tuple[Candidate, ...] = ()
    combined_by: str = ""
    shares: tuple[float, ...] = ()
    cards: Mapping[str, int] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    system: str = ""
    beside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    calls: Mapping[tuple[str, str], tuple[Distribution, Distribution]] = field(default_factory=dict)
    delays: Mapping[tuple[str, str], float] = field(default_factory=dict)
    unlinked: Candidate | None = None
    pooled: Pooled | None = None
    unsold: str = ""
    needs: tuple[Need, ...] = ()

    @classmethod
    def common(cls, **fields: object) -> dict[str, object]:
        """Return the fields that several candidates have in common, with what is left out as it is by default."""
        return _usual() | fields

    @classmethod
    def with_common(cls, common: Mapping[str, object], **own: object) -> Candidate:
        """Return a candidate with fields in common with others and fields of its own: what ``Candidate(...)`` returns.

        A frozen dataclass sets each of its fields on its own, which takes longer than to size a candidate. ``common``
        may also hold what is worked out of the fields on demand (:attr:`traits`); then it is not worked out again.
        """
        made = object.__new__(cls)
        made.__dict__.update(common)
        made.__dict__.update(own)
        return made

    def changed(self, **fields: object) -> Candidate:
        """Return the candidate with some fields changed: what ``replace`` returns, in a tenth of the time.

        What is worked out on demand is kept, but for the sums of the bill. So ``option`` and ``component`` cannot be
        changed, nor parts into ones of other options.
        """
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        for total in ("bill_usd_per_month", "cost_usd_per_month"):
            made.__dict__.pop(total, None)
        made.__dict__.update(fields)
        return made

    @property
    def traits(self) -> dict[str, object]:
        """What all sizes of a plain candidate's option have in common and is worked out on demand, by name."""
        return {name: getattr(self, name) for name in ("place", "clouds", "names", "vendors", "self_operated")}

    @property
    def members(self) -> tuple[Candidate, ...]:
        """The plain candidates that this one runs: its parts, or itself."""
        return tuple(plain for part in self.parts for plain in part.members) if self.parts else (self,)

    def admitted_by(self, rule: Filter) -> bool:
        """Return whether a rule on single options admits everything that this candidate runs."""
        if not self.parts:
            return rule.admits(self.role, self.component, self.option)
        return all(rule.admits(self.role, one.component, one.option) for one in self.members)

    def named_lines(self) -> Iterator[tuple[str, CostLine]]:
        """Yield each line of the bill with what it is for; of a combination with whose line it is."""
        for one in self.members:
            whose = f", {one.name}" if self.parts else ""
            for line in one.lines:
                yield f"{line.title}{whose}", line

    @property
    def is_none(self) -> bool:
        """Whether this stands for leaving the role out."""
        return self.option is None

    @cached_property
    def place(self) -> str:
        """The cloud that it calls others from, its primary's; "" where that is none of the clouds."""
        option = self.members[0].option
        return option.cloud if option and option.cloud != "vendor" else ""

    def times(self, flow: str, operation: str) -> tuple[Distribution, Distribution] | None:
        """Return the times (ms) to the first item and until complete of an operation in a flow, None if it has none."""
        own = self.calls.get((flow, operation)) if self.calls else None  # most have none, and are asked often
        return own or self.latency.get(operation)

    @property
    def unserved(self) -> Mapping[int, float]:
        """Priority -> requests/s on average that it does not serve; nothing for a candidate that serves all."""
        return {level: rate for one in self.members if one.pooled for level, rate in one.pooled.unserved.items()}

    @cached_property
    def clouds(self) -> frozenset[str]:
        """The clouds that it occupies; a vendor's own is none of them."""
        return frozenset(one.option.cloud for one in self.members if one.option and one.option.cloud != "vendor")

    @cached_property
    def names(self) -> frozenset[str]:
        """The ids of the components and options that it runs."""
        return frozenset(name for one in self.members if one.option for name in (one.component_id, one.option.id))

    @cached_property
    def vendors(self) -> frozenset[str]:
        """Who bills for what it runs: the owners of the clouds it is in, and the makers or hosts of services."""
        return frozenset(billed_by(one.component, one.option) for one in self.members if one.component and one.option)

    @cached_property
    def self_operated(self) -> frozenset[str]:
        """The ids of the components that we run ourselves; the same one twice is one system to know."""
        return frozenset(one.component_id for one in self.members if one.option and one.option.mode == "self_hosted")

    def distinct(self, metric: str) -> frozenset[str]:
        """Return what a metric that counts different ones (``COUNTS``) counts here; it is called as the metric is."""
        found: frozenset[str] = getattr(self, metric)
        return found

    @cached_property
    def bill_usd_per_month(self) -> float:
        """The sum of the bill's lines."""
        return sum(line.usd_per_month for line in self.lines)

    @property
    def operations_usd_per_month(self) -> float:
        """Operations hours at the scenario's hourly rate."""
        return self.operations_h_per_month * self.usd_per_hour

    @cached_property
    def cost_usd_per_month(self) -> float:
        """Bill, operations, and what a move from today's design costs, spread over its horizon."""
        return self.bill_usd_per_month + self.operations_usd_per_month + self.migration_usd_per_month

    @property
    def migration_usd_per_month(self) -> float:
        """The hours of moving here at the hourly rate, divided by the months over which they are paid off."""
        return self.migration_h * self.usd_per_hour / self.horizon_months

    @property
    def component_id(self) -> str:
        """The component's id, or ``none``."""
        return self.component.id if self.component else NONE

    @property
    def name(self) -> str:
        """The component's name for people; of a combination the names of all, the primary first."""
        if self.parts:
            return " + ".join(dict.fromkeys(one.name for one in self.members))
        return self.component.name if self.component else "left out"

    @property
    def size(self) -> str:
        """The size for people: ``3 × r7g.xlarge on AWS, 2 zones``; of a combination what each part is for."""
        if self.shared and self.role != self.shared[0]:
            return f"on the units of {self.shared[0]}"
        if self.combined_by == "mix":
            return " + ".join(part.size for part in self.parts)
        if self.parts:
            named = (f"{part.name}, {part.size}" for part in self.parts)
            return _JOINED[self.combined_by](*named, *self.shares)
        if self.option is None:
            return ""
        bought = self.layout.described if self.layout else ""
        also = f", also as {' and '.join(self.shared[1:])}" if self.shared else ""
        if self.option.unit is None:
            return f"{self.option.title}{bought}{also}"
        zones = f", {self.zones} zones" if self.zones > 1 else ""
        return f"{self.units} × {self.option.title}{zones}{bought}{also}"


def passing(candidates: Iterable[Candidate], rules: Collection[Filter]) -> list[Candidate]:
    """Return the candidates that some rules admit; sizes of one option are asked about once.

    >>> [c.id for c in passing([Candidate("none", "llm")], [])]
    ['none']
    """
    known: dict[tuple[str, int], bool] = {}
    found = []
    for c in candidates:
        key = (c.role, id(c.option))
        good = None if c.parts else known.get(key)
        if good is None:
            good = all(c.admitted_by(rule) for rule in rules)
            if not c.parts:
                known[key] = good
        if good:
            found.append(c)
    return found


@cache
def _usual() -> dict[str, object]:
    """Return the fields as they are by default, the same objects each time; those that must be stated are left out."""
    made = {f.name: f.default_factory() for f in dataclass_fields(Candidate) if f.default_factory is not MISSING}
    return made | {f.name: f.default for f in dataclass_fields(Candidate) if f.default is not MISSING}


_JOINED: dict[str, Callable[..., str]] = {
    "fallback": lambda one, other, *shares: f"{one}; while it is down: {other}",
    "split": lambda one, other, share, rest: f"{100 * share:.3g} % of the requests: {one}; {100 * rest:.3g} %: {other}",
    "cascade": lambda one, other, kept, sent: f"{one}; for {100 * sent:.3g} % of the answers also: {other}",
    "hedge": lambda one, *shares: f"{one}; a second copy when the first is late",
}
