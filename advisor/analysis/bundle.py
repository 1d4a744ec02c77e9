"""Several analyses of one answer, each as its own command does it by default: what a document can hold besides."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from advisor.analysis.alternatives import Alternatives, beside
from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, silent
from advisor.analysis.growth import Growth, growth
from advisor.analysis.pareto import Front, front_of
from advisor.analysis.robust import Wanted, robust
from advisor.analysis.robust_result import Robust
from advisor.analysis.sensitivity import Sensitivity, sensitivity
from advisor.analysis.volumes import Volumes, check_factors, find_parameters, kept_factors
from advisor.errors import InputError
from advisor.evaluation.result import Evaluation
from advisor.optimizer.solver import Status
from advisor.scenario.requirements import COST, Bound, is_count

NAMES = ("alternatives", "pareto", "sensitivity", "growth", "robust")
RESOLUTION = 0.005  # points of a front that better a metric by less are left out
FACTORS = (1.0, 3.0, 10.0)
SAMPLES = 300


@dataclass(frozen=True)
class Bundle:
    """What was asked for of the analyses, None each where it was not.

    ``missing``: name -> why an analysis that was asked for is not there.
    """

    alternatives: Alternatives | None = None
    pareto: Front | None = None
    sensitivity: Sensitivity | None = None
    growth: Growth | None = None
    robust: Robust | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


NOTHING = Bundle()


def bundle(
    answer: Answer,
    names: Collection[str],
    today: datetime.date,
    *,
    deadline: Deadline = UNLIMITED,
    progress: Progress = silent,
    jobs: int = 1,
) -> Bundle:
    """Return analyses of an answer that has a design.

    Args:
        names: out of :data:`NAMES`. today: figures' ages are counted to this day.
        deadline: for everything together; what is not proved by then says so itself.
        jobs: processes to work in; the result is the same for any number.

    >>> import advisor
    >>> answer = advisor.answer(advisor.load_scenario(advisor.example("churn_scores")))
    >>> found = bundle(answer, ["alternatives"], datetime.date(2026, 11, 26))
    >>> found.alternatives.ends, found.growth
    ('count', None)
    """
    assert answer.best is not None, "without a design there is nothing to analyse"
    best = answer.best
    made: dict[str, Callable[[], object]] = {
        "alternatives": lambda: beside(answer, deadline=deadline, progress=progress),
        "pareto": lambda: front_of(
            answer.table, front_metrics(best), near=True, resolution=RESOLUTION, deadline=deadline, progress=progress
        ),
        "sensitivity": lambda: sensitivity(answer, today, deadline=deadline, progress=progress, jobs=jobs),
        "growth": lambda: _growth(answer, deadline, progress, jobs),
        "robust": lambda: robust(answer, Wanted(samples=SAMPLES, hindsight=0, jobs=jobs), deadline, progress),
    }
    found: dict[str, object] = {}
    missing = {}
    for name in NAMES:
        if name not in names:
            continue
        if answer.status is not Status.OPTIMAL and name in ("alternatives", "sensitivity"):
            missing[name] = "the design is not proved optimal"
            continue
        try:
            found[name] = made[name]()
        except InputError as error:
            missing[name] = "; ".join(problem.message for problem in error.problems)
    return Bundle(**found, missing=missing)  # type: ignore[arg-type]


def front_metrics(best: Evaluation) -> tuple[str, str]:
    """Return what a front is most worth looking at: cost, against the tightest other bound that is a matter of degree.

    Where nothing else is bounded it is the last p95 of the first flow.
    """
    graded = [
        (math.inf if check.slack is None else check.slack, check.requirement.metric)
        for check in best.checks
        if isinstance(check.requirement, Bound) and not is_count(check.requirement.metric)
    ]
    tightest = [metric for _, metric in sorted(graded) if metric != COST]
    if tightest:
        return COST, tightest[0]
    flow_id, flow = next(iter(best.flows.items()))
    return COST, f"flows.{flow_id}.{list(flow.measures)[-1]}.p95"


def _growth(answer: Answer, deadline: Deadline, progress: Progress, jobs: int) -> Growth:
    scenario, catalog = answer.scenario, answer.table.catalog
    blueprint = catalog.blueprint(scenario.blueprint.id)
    of = find_parameters(scenario, blueprint, ())
    kept, _ = kept_factors(FACTORS, of, blueprint)
    if len(kept) < 2:  # nothing to show: say why
        check_factors(FACTORS, of, blueprint)
    return growth(Volumes(scenario, catalog, answer.table.as_of, of, deadline), kept, progress, jobs=jobs)
