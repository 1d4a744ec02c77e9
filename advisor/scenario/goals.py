"""The objective as goals in order of importance, each a weighted sum of metrics to minimise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from advisor.catalog.blueprint import Blueprint
from advisor.errors import Problem, listing, nearest
from advisor.scenario import model
from advisor.scenario.requirements import metric_direction, metrics
from advisor.yamlfile import Document


@dataclass(frozen=True)
class Term:
    """A metric with its coefficient in a sum to minimise; negative where more is better."""

    metric: str
    coefficient: float


@dataclass(frozen=True)
class Goal:
    """Minimise the sum of coefficient x metric over the terms.

    ``text`` is how the user put it: "minimize cost_usd_per_month".
    """

    terms: tuple[Term, ...]
    text: str


def goals(objective: model.Objective, blueprint: Blueprint) -> tuple[Goal, ...]:
    """Return the goals of a checked objective."""
    if objective.weights:
        terms = tuple(
            Term(metric, weight if metric_direction(blueprint, metric) else -weight)
            for metric, weight in objective.weights.items()
        )
        return (
            Goal(
                terms, " ".join(f"{'+' if t.coefficient > 0 else '-'} {abs(t.coefficient):g} {t.metric}" for t in terms)
            ),
        )
    return tuple(_single(goal) for goal in objective.lexicographic or [objective])


def _single(goal: model.Goal) -> Goal:
    if goal.minimize:
        return Goal((Term(goal.minimize, 1.0),), f"minimize {goal.minimize}")
    assert goal.maximize
    return Goal((Term(goal.maximize, -1.0),), f"maximize {goal.maximize}")


def goal_problems(document: Document, objective: model.Objective, blueprint: Blueprint) -> Iterator[Problem]:
    """Yield what is wrong with an objective: no form or several, unknown metrics, the wrong direction."""
    forms = [name for name in ("minimize", "maximize", "weights", "lexicographic") if getattr(objective, name)]
    if len(forms) != 1:
        yield document.problem(
            ("objective",),
            f"give exactly one of minimize, maximize, weights, lexicographic; found {listing(forms) or 'none'}",
        )
    for metric in objective.weights or {}:
        yield from _metric_problems(document, ("objective", "weights", metric), metric, None, blueprint)
    for index, goal in enumerate(objective.lexicographic or []):
        place = ("objective", "lexicographic", index)
        if (goal.minimize is None) == (goal.maximize is None):
            yield document.problem(place, "give exactly one of minimize and maximize")
        yield from _goal(document, place, goal, blueprint)
    yield from _goal(document, ("objective",), objective, blueprint)


def _goal(
    document: Document, place: tuple[str | int, ...], goal: model.Goal, blueprint: Blueprint
) -> Iterator[Problem]:
    for verb, metric in (("minimize", goal.minimize), ("maximize", goal.maximize)):
        if metric:
            yield from _metric_problems(document, (*place, verb), metric, verb, blueprint)


def _metric_problems(
    document: Document, place: tuple[str | int, ...], metric: str, verb: str | None, blueprint: Blueprint
) -> Iterator[Problem]:
    less_is_better = metric_direction(blueprint, metric)
    if less_is_better is None:
        known = [name.replace("p*", "p95") for name in metrics(blueprint)]
        yield document.problem(place, f"found '{metric}'; metrics: {listing(known, 20)}{nearest(metric, known)}")
    elif verb and less_is_better != (verb == "minimize"):
        better = "less" if less_is_better else "more"
        yield document.problem(
            place, f"{better} {metric} is better; use {'minimize' if less_is_better else 'maximize'}"
        )
