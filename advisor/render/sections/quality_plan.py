"""Section 15: how quality is checked before launch and what is watched after, for the roles of this design."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.candidate import Candidate
from advisor.render import numbers
from advisor.render.markdown import escape, listed, table
from advisor.render.people import Part
from advisor.render.sections.capacity import binding
from advisor.render.sections.trace import metric_link
from advisor.render.sections.view import View, name, with_unit
from advisor.scenario.requirements import QUALITY

ALARM = 1.5  # times the expected p95
FULL = 0.8  # of a limit
TESTS = "Before launch, on own data; put numbers to “good enough”:\n\n"
FEEDBACK = "What flows back:\n\n"


def context(view: View) -> dict[str, object]:
    """Return the scores that the quality index is made of, the tests, what to watch, and the feedback."""
    return {
        "scores": scores(view),
        "index": metric_link(view, QUALITY, numbers.significant(view.best.quality)),
        "evaluation": Part("evaluation", "prefilled", TESTS + listed(tests(view))),
        "watch": watch(view),
        "feedback": Part("feedback", "prefilled", FEEDBACK + listed(feedback(view))) if any(feedback(view)) else "",
        "alarm": f"{ALARM:g}",
        "full": numbers.percent(FULL),
    }


def scores(view: View) -> str:
    """Return the table of benchmark scores with their conditions."""
    rows = []
    for role, c in view.best.design.items():
        metric = view.catalog.role(role).quality
        if metric is None:
            continue
        if c.option is None:
            why = metric.without.reasoning if metric.without and metric.without.reasoning else ""
            rows.append(
                [view.title(role), escape(metric.title), "left out", numbers.significant(c.quality), escape(why)]
            )
            continue
        for one in c.members:
            assert one.option is not None
            figure = one.option.quality[metric.metric]
            conditions = figure.conditions or figure.reasoning or ""
            rows.append(
                [
                    f"{view.title(role)}: {name(one)}",
                    escape(metric.title),
                    f"{figure.value:g} of {metric.best:g}",
                    numbers.significant(one.quality),
                    escape(conditions),
                ]
            )
        if len(c.members) > 1:
            rows.append([view.title(role), "mean over its parts", "", numbers.significant(c.quality), "by share"])
    return table(["role", "benchmark", ">score", ">factor", "measured under"], rows) if rows else ""


def tests(view: View) -> Iterator[str]:
    """Yield what to test before launch, for each role in the design."""
    for role in view.used:
        if practice := view.catalog.role(role).practice:
            yield f"**{view.title(role)}.** {escape(practice.test)}"


def feedback(view: View) -> Iterator[str]:
    """Yield what flows back, for each role in the design."""
    for role in view.used:
        practice = view.catalog.role(role).practice
        if practice and practice.feedback:
            yield f"**{view.title(role)}.** {escape(practice.feedback)}"


def watch(view: View) -> str:
    """Return the table of what to watch: expected values and alarms from this design's own figures."""
    rows = [
        [view.title(role), *fullest(view, c), *slowest(view, role), _watched(view, role)]
        for role, c in view.used.items()
    ]
    return table(["role", "load to watch", ">expected at peak", ">alarm", ">expected p95", ">alarm", "and"], rows)


def _watched(view: View, role: str) -> str:
    practice = view.catalog.role(role).practice
    return escape(practice.watch) if practice else "–"


def fullest(view: View, candidate: Candidate) -> tuple[str, str, str]:
    """Return the dimension to watch, its peak, and where to raise an alarm."""
    key = binding(candidate) or next((k for k, load in candidate.loads.items() if load.peak > 0), None)
    if key is None:
        return "–", "–", "–"
    dimension, load = view.catalog.records.dimensions[key], candidate.loads[key]
    limit = load.peak * ALARM if load.limit is None else min(load.limit * FULL, load.peak * ALARM)
    return (
        escape(dimension.title),
        with_unit(load.peak, dimension.unit),
        with_unit(max(limit, load.peak), dimension.unit),
    )


def slowest(view: View, role: str) -> tuple[str, str]:
    """Return the p95 of the slowest thing that is asked of a role, and where to raise an alarm."""
    times = [
        stage.p95 * (1 if key.endswith("_ms") else 1000)
        for flow in view.best.flows.values()
        for key, measure in flow.measures.items()
        for stage in measure.stages
        if stage.role == role
    ]
    if not times:
        return "–", "–"
    return numbers.duration(max(times), "ms"), numbers.duration(ALARM * max(times), "ms")
