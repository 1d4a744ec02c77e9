"""Designs side by side: metrics with the best marked, roles, dominated designs, and what each is better at.

Two sides may stand under different scenarios or even blueprints. Then that is said, metrics and roles that only some
have are compared among those, and nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor import expression
from advisor.analysis.differences import Difference, scenario_differences
from advisor.analysis.equality import running, same
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.errors import InputError, Problem, bad_input, listing, nearest
from advisor.evaluation.result import Evaluation
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import (
    CARDS,
    COST,
    COUNTS,
    OPERATIONS,
    QUALITY,
    Requirement,
    metric_direction,
)

if TYPE_CHECKING:
    from advisor.analysis.ways_out import WaysOut

MOST_SIDES = 8


@dataclass(frozen=True)
class Side:
    """One of the things compared.

    Attributes:
        label: what the user calls it.
        status: ``optimal``, ``infeasible``, ``not_proved`` (solved), ``feasible``, ``requirements_broken`` (judged).
        evaluation: the design under its scenario; None when there is no design.
        conflict: of an infeasible scenario, a minimal set of requirements that cannot hold together, where found.
        gap: of a solved one that is not proved; None when no bound is known.
        notes: what has to be said about it, in sentences.
        ways_out: of an infeasible scenario, the least changes with which it has a design, where looked for.
        table: of a solved one, the candidates that there were.
    """

    label: str
    status: str
    evaluation: Evaluation | None
    scenario: Scenario
    conflict: tuple[Requirement, ...] | None = None
    gap: float | None = None
    notes: tuple[str, ...] = ()
    ways_out: WaysOut | None = None
    table: Table | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class MetricRow:
    """A metric over the sides.

    Attributes:
        values: by side; None where a side does not have it.
        best: the sides with the best value; () where all are equal or only one has it.
    """

    metric: str
    less_is_better: bool
    values: tuple[float | None, ...]
    best: tuple[int, ...]


@dataclass(frozen=True)
class RoleRow:
    """What fills a role, by side; None where a side has no such role or no design."""

    role: str
    candidates: tuple[Candidate | None, ...]

    @property
    def same(self) -> bool:
        """Whether every side runs the same: component, option, size and tactics (its load and cost may differ)."""
        return len({running(c) for c in self.candidates}) == 1


@dataclass(frozen=True)
class Dominated:
    """A side that another one beats: as good in every metric that is compared and, unless ``equal``, better in one."""

    side: int
    by: int
    equal: bool


@dataclass(frozen=True)
class Comparison:
    """Designs side by side.

    Attributes:
        metrics: the metrics of interest, in reporting order; those are what dominance is about.
        better_at: by side, the metrics in which it alone is the best.
        differences: settings in which the scenarios differ; empty when all were judged under the same.
    """

    sides: tuple[Side, ...]
    metrics: tuple[MetricRow, ...]
    roles: tuple[RoleRow, ...]
    dominated: tuple[Dominated, ...]
    better_at: tuple[tuple[str, ...], ...]
    differences: tuple[Difference, ...]

    @property
    def blueprints(self) -> tuple[str, ...]:
        """The distinct blueprints."""
        return tuple(dict.fromkeys(side.scenario.blueprint.id for side in self.sides))


def compare(sides: Mapping[str, Evaluation] | Sequence[Side], metrics: Sequence[str] = ()) -> Comparison:
    """Return designs side by side.

    Args:
        sides: label -> evaluation, or sides; at least two.
        metrics: compare these only: paths such as ``flows.answer.ttft_ms.p95``, or ends of them that are enough to tell
            (default: cost, quality, each flow's times and availability, operations, and what a requirement or goal
            names).

    Raises:
        InputError: fewer than two sides, more than eight, two of one label, or a metric that no side has.

    >>> import advisor
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"))
    >>> best = advisor.propose(scenario, explain=False).best
    >>> found = compare({"ours": best, "theirs": best})
    >>> found.dominated[0].equal, found.better_at, found.differences
    (True, ((), ()), ())
    """
    found = _sides(sides)
    names = wanted_metrics(found, metrics)
    rows = tuple(_row(name, found) for name in names)
    roles = dict.fromkeys(role for side in found if side.evaluation for role in side.evaluation.design)
    return Comparison(
        found,
        rows,
        tuple(RoleRow(role, tuple(_candidate(side, role) for side in found)) for role in roles),
        tuple(_dominated(found, rows)),
        tuple(tuple(row.metric for row in rows if row.best == (index,)) for index in range(len(found))),
        tuple(scenario_differences([side.scenario for side in found])),
    )


def _sides(sides: Mapping[str, Evaluation] | Sequence[Side]) -> tuple[Side, ...]:
    if isinstance(sides, Mapping):
        words = {True: "feasible", False: "requirements_broken"}
        found = tuple(Side(label, words[e.feasible], e, e.scenario) for label, e in sides.items())
    else:
        found = tuple(sides)
    check_count(len(found))
    return found


def check_count(count: int) -> None:
    """Raise :class:`InputError` when so many cannot be compared."""
    if not 2 <= count <= MOST_SIDES:
        raise bad_input(f"found {count} to compare; from 2 to {MOST_SIDES} are possible")


def _candidate(side: Side, role: str) -> Candidate | None:
    return side.evaluation.design.get(role) if side.evaluation else None


# --- metrics ----------------------------------------------------------------------------------------------------------


def wanted_metrics(sides: Sequence[Side], named: Sequence[str]) -> list[str]:
    """Return the paths of the metrics to compare. Raises :class:`InputError` with every name that fits none."""
    known = list(dict.fromkeys(name for side in sides for name in of_scenario(side.scenario, full=True)))
    if not named:
        usual = [name for side in sides for name in of_scenario(side.scenario)]
        return [name for name in known if name in usual]
    problems, found = [], []
    for name in named:
        ends = [name] if name in known else [path for path in known if path.endswith(f".{name}")]
        ends = ends or [path for path in known if path.startswith(f"{name}_")]
        if len(ends) == 1:
            found += ends
        else:
            which = f"could be any of {listing(ends, 20)}" if ends else f"is no metric; metrics: {listing(known, 12)}"
            hint = "" if ends else nearest(name, known)
            problems.append(Problem("", 0, "--metrics", f"found '{name}', which {which}{hint}"))
    if problems:
        raise InputError(problems)
    return list(dict.fromkeys(found))


def of_scenario(scenario: Scenario, *, full: bool = False) -> Iterator[str]:
    """Yield the metrics of a scenario in reporting order: the usual ones and what is bounded or optimised.

    ``full``: every metric that an evaluation reports.
    """
    asked = {bound.metric for bound in scenario.bounds} | {t.metric for goal in scenario.objective for t in goal.terms}
    yield COST
    for flow_id, flow in scenario.blueprint.flows.items():
        for measure in flow.measures:
            stem = f"flows.{flow_id}.{measure}"
            levels = ["mean", "p50", "p90", "p95", "p99", "p99.9"] if full else ["p95"]
            named = [name.removeprefix(f"{stem}.") for name in asked if name.startswith(f"{stem}.")]
            yield from (f"{stem}.{name}" for name in sorted({*levels, *named}, key=_by_level))
        yield f"flows.{flow_id}.availability"
    yield from (QUALITY, OPERATIONS)
    yield from (metric for metric in COUNTS if full or metric in asked)
    yield from sorted(metric for metric in asked if metric.startswith(CARDS))


def _by_level(name: str) -> float:
    return -1.0 if name == "mean" else float(name[1:])


def _row(metric: str, sides: Sequence[Side]) -> MetricRow:
    """Return the values of a metric, and who is best in it.

    Quality is an index over the roles of a blueprint that have one: of two blueprints neither is the better.
    """
    unlike = metric == QUALITY and len({side.scenario.blueprint.id for side in sides}) > 1
    values = tuple(value_of(side.evaluation, metric) for side in sides)
    directions = (metric_direction(side.scenario.blueprint, metric) for side in sides)
    less = next(found for found in directions if found is not None)
    known = [value for value in values if value is not None]
    top = (min(known) if less else max(known)) if known else None
    best = tuple(i for i, v in enumerate(values) if v is not None and top is not None and same(v, top, metric))
    return MetricRow(metric, less, values, best if len(best) < len(known) and not unlike else ())


def value_of(evaluation: Evaluation | None, metric: str) -> float | None:
    """Return a metric's value, None where there is no design or the design does not have it."""
    try:
        return evaluation.metric(metric) if evaluation else None
    except KeyError:
        return None


def usd_per_thousand(evaluation: Evaluation | None) -> float | None:
    """Return what a thousand requests of the first flow cost, bill and operations; None without a design."""
    if evaluation is None:
        return None
    flow = next(iter(evaluation.scenario.blueprint.flows.values()))
    rate = expression.parse(flow.rate_per_month).evaluate(evaluation.scenario.workload)
    return 1000 * evaluation.cost_usd_per_month / rate if rate > 0 else None


def _dominated(sides: Sequence[Side], rows: Sequence[MetricRow]) -> Iterator[Dominated]:
    """Yield every side that another one beats, with the first that does; of equal ones, the later."""
    for index, side in enumerate(sides):
        verdicts = [(by, _beats(rows, by, index, sides)) for by in range(len(sides)) if by != index and side.evaluation]
        better = next((by for by, verdict in verdicts if verdict == "better"), None)
        equal = next((by for by, verdict in verdicts if verdict == "equal" and by < index), None)
        if better is not None or equal is not None:
            yield Dominated(index, better if better is not None else equal or 0, better is None)


def _beats(rows: Sequence[MetricRow], by: int, side: int, sides: Sequence[Side]) -> str:
    """Return ``better`` or ``equal`` when ``by`` is at least as good everywhere, else "".

    Sides that do not have the same metrics are not ordered, nor those of two blueprints that differ in quality.
    """
    better, unlike = False, sides[by].scenario.blueprint.id != sides[side].scenario.blueprint.id
    for row in rows:
        a, b = row.values[by], row.values[side]
        if (a is None) != (b is None):
            return ""
        if a is None or b is None or same(a, b, row.metric):
            continue
        if (a < b) != row.less_is_better or (unlike and row.metric == QUALITY):
            return ""
        better = True
    return "better" if better else "equal"
