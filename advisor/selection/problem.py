"""The data of a selection: roles with options, pools of units, and what is wanted of one option for each role.

Everything here is plain, checked and frozen. Names may be any text. Roles, options and everything else keep the order
of the input; the optimizer works in the order of names, so that the order of the input decides nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

NONE = "none"  # the option that leaves a role out
SERVED = "\0served "  # with a priority: the attribute that says how much of its demand is served; no file can name it
TOLERANCE = 1e-9  # relative: a limit holds, two values tie, a front point is new, within this


class Aggregation(enum.Enum):
    """How the values of the chosen options become one total."""

    SUM = "sum"
    PRODUCT = "product"
    MIN = "min"
    MAX = "max"
    CRITICAL_PATH = "critical_path"


@dataclass(frozen=True)
class Option:
    """One way to fill a role. ``values``: attribute -> number; only the option ``none`` may lack attributes."""

    name: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Role:
    """A role and its options, of which exactly one is chosen; leaving it out is the option ``none``."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Demand:
    """A class of requests: how much of it there is and how much of it one unit of each type carries.

    Attributes:
        demand: for example requests a second.
        throughput: unit type -> the same measure for one unit; a type that is not named cannot serve the class.
        priority: 1 is served first where not all can be; None: always served in full.
    """

    name: str
    demand: float
    throughput: Mapping[str, float]
    priority: int | None = None


@dataclass(frozen=True)
class Pool:
    """Units of unlike types that share the classes of requests between them.

    Attributes:
        units: unit type -> attribute -> what one unit adds to the sum.
        classes: all demand has to be served; see :attr:`SelectionProblem.partial` for the exception.
    """

    name: str
    units: Mapping[str, Mapping[str, float]]
    classes: tuple[Demand, ...]


Member = tuple[str, str]  # (role, option)


@dataclass(frozen=True)
class Pair:
    """What two options add when both are chosen: egress, a conversion, time on the edge between them."""

    source: Member
    target: Member
    values: Mapping[str, float]


@dataclass(frozen=True)
class Limit:
    """A bound on an attribute's total; ``sense`` is ``<=``, ``>=`` or ``=``.

    >>> str(Limit("latency_ms", "<=", 900.0))
    'latency_ms<=900'
    """

    attribute: str
    sense: str
    bound: float

    def __str__(self) -> str:
        """Return the limit as it is typed."""
        return f"{self.attribute}{self.sense}{self.bound:.15g}"

    def holds(self, total: float | None, aggregation: Aggregation = Aggregation.SUM) -> bool:
        """Return whether a total is within the limit, up to a relative 1e-9.

        A smallest value of nothing is above, a largest value of nothing is below every bound.

        >>> Limit("a", "<=", 0.3).holds(0.1 + 0.2), Limit("a", ">=", 5).holds(None, Aggregation.MIN)
        (True, True)
        """
        if total is None:
            return self.sense == (">=" if aggregation is Aggregation.MIN else "<=")
        slack = TOLERANCE * max(abs(self.bound), abs(total))
        above, below = total > self.bound + slack, total < self.bound - slack
        return not (above and self.sense in ("<=", "=")) and not (below and self.sense in (">=", "="))


@dataclass(frozen=True)
class Rule:
    """A rule on combinations of options.

    Attributes:
        kind: ``requires``: where the first member is chosen, all others must be; ``excludes``: never all together.
    """

    kind: str
    members: tuple[Member, ...]

    def __str__(self) -> str:
        """Return the rule as one short text.

        >>> str(Rule("excludes", (("llm", "a"), ("cache", "b"))))
        'excludes llm=a, cache=b'
        """
        return f"{self.kind} " + ", ".join(f"{role}={option}" for role, option in self.members)

    def holds(self, chosen: Mapping[str, str]) -> bool:
        """Return whether a choice (role -> option) obeys the rule."""
        met = [chosen[role] == option for role, option in self.members]
        return (not met[0] or all(met)) if self.kind == "requires" else not all(met)


@dataclass(frozen=True)
class Goal:
    """An attribute and the direction in which its total is better."""

    attribute: str
    maximize: bool = False

    def __str__(self) -> str:
        """Return the goal in words."""
        return f"{'maximize' if self.maximize else 'minimize'} {self.attribute}"

    def loss(self, total: float) -> float:
        """Return a number that is smaller where the total is better."""
        return -total if self.maximize else total


@dataclass(frozen=True)
class SelectionProblem:
    """A checked problem; :func:`advisor.selection.load_problem` makes one.

    Attributes:
        aggregations: attribute -> how it is aggregated, for every attribute there is.
        goal: None when the problem only serves for fronts.
        edges: (from, to) pairs of roles, for ``critical_path``.
        assumptions: what was taken for granted, in words, to be shown with the answer.
        partial: classes with a priority may be served in part; what is served of each priority is a total of its own.
    """

    roles: tuple[Role, ...]
    pools: tuple[Pool, ...] = ()
    aggregations: Mapping[str, Aggregation] = field(default_factory=dict)
    goal: Goal | None = None
    limits: tuple[Limit, ...] = ()
    rules: tuple[Rule, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    pairs: tuple[Pair, ...] = ()
    assumptions: tuple[str, ...] = ()
    partial: bool = False

    @property
    def priorities(self) -> tuple[int, ...]:
        """The priorities of the pools' classes, the most important first."""
        return tuple(sorted({c.priority for pool in self.pools for c in pool.classes if c.priority is not None}))

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
        """Role -> option -> attribute -> value."""
        return {role.name: {option.name: option.values for option in role.options} for role in self.roles}

    @property
    def conditions(self) -> tuple[Limit | Rule, ...]:
        """Everything that a design has to meet."""
        return (*self.limits, *self.rules)
