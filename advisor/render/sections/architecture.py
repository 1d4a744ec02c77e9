"""Section 6: the components and the way through them, step by step."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.demand import hit_share
from advisor.catalog.blueprint import Flow, Step
from advisor.evaluation.result import Stage
from advisor.render import numbers
from advisor.render.markdown import escape, joined, table
from advisor.render.sections.network import network
from advisor.render.sections.trace import metric_link, role_link
from advisor.render.sections.view import CLOUDS, MODES, View, measured, name, size


def context(view: View) -> dict[str, object]:
    """Return the components and the walks."""
    return {
        "components": components(view),
        "shared": shared(view),
        "network": network(view),
        "walks": [
            {
                "title": escape(flow.title),
                "starts": escape(flow.starts),
                "steps": list(walk(view, flow_id, flow)),
                "end": end(view, flow_id, flow),
            }
            for flow_id, flow in view.blueprint.flows.items()
        ],
    }


def components(view: View) -> str:
    """Return the table of components."""
    rows = []
    for role, c in view.best.design.items():
        record = view.catalog.role(role)
        if c.option is None:
            rows.append([view.title(role), "left out", "–", "–", "–", escape(record.purpose)])
            continue
        place = f"{MODES[c.option.mode]}, {CLOUDS[c.option.cloud]}"
        rows.append(
            [
                view.title(role),
                f"**{name(c)}**, {size(c)}",
                place,
                role_link(view, role, numbers.usd(c.cost_usd_per_month)),
                role_link(view, role, numbers.availability(c.availability)),
                escape(record.purpose),
            ]
        )
    return table(["role", "component and size", "run as", ">a month", ">availability", "does"], rows)


def shared(view: View) -> str:
    """Return the sentence on units that serve several roles, "" when there are none."""
    groups = list(dict.fromkeys((c.shared, name(c)) for c in view.used.values() if c.shared))
    parts = [f"{who} serves {joined([view.lower(role) for role in roles])}" for roles, who in groups]
    if not parts:
        return ""
    return (
        f"{'; '.join(parts)}: the same units, sized for the sum of what these roles ask, billed and run once, and down "
        "together."
    )


def walk(view: View, flow_id: str, flow: Flow) -> Iterator[str]:
    """Yield each step of a flow with the time it takes when taken."""
    stages = {f"flows.{flow_id}.{name}": list(m.stages) for name, m in view.best.flows[flow_id].measures.items()}
    for step in flow.path:
        if step.cache is None:
            yield _step(view, flow, step, stages)
        elif step.cache not in view.used:
            yield from (_step(view, flow, inner, stages) for inner in step.on_miss if inner.role != step.cache)
        else:
            yield _step(view, flow, step, stages) + _hit(view, step)
            yield from (f"On a miss: {_step(view, flow, inner, stages)}" for inner in step.on_miss)


def _hit(view: View, step: Step) -> str:
    return (
        f" It answers {numbers.percent(hit_share(step, view.scenario))} of the requests; these skip the steps marked "
        "“on a miss”."
    )


def _step(view: View, flow: Flow, step: Step, stages: dict[str, list[Stage]]) -> str:
    if step.wait_s is not None:
        taken = _take(view, "", "wait", flow, stages)
        return f"Wait for the next poll: {taken}." if taken else "No wait: changes are polled at once."
    role = step.asks or ""
    candidate = view.best.design[role]
    record = view.catalog.role(role)
    operation = record.operations.get(step.do or "")
    does = escape(operation.title) if operation else "receive logs and traces"
    if candidate.is_none:
        return f"{view.title(role)}: left out; skipped."
    if step.in_background:
        return f"{view.title(role)} ({name(candidate)}): {does}, in the background; the request does not wait."
    taken = _take(view, role, step.do or "", flow, stages)
    return f"{view.title(role)} ({name(candidate)}): {does}; {taken or 'no time worth counting'}."


def _take(view: View, role: str, operation: str, flow: Flow, stages: dict[str, list[Stage]]) -> str:
    """Return the times of a step in each measure, taking its stage off the lists; once when they are the same."""
    texts = {}
    for metric, left in stages.items():
        if left and (left[0].role, left[0].operation) == (role, operation):
            stage, unit = left.pop(0), metric.rpartition("_")[2]
            texts[metric] = f"mean {numbers.duration(stage.mean, unit)}, p95 {numbers.duration(stage.p95, unit)}"
    linked = [metric_link(view, metric, text) for metric, text in texts.items()]
    if len(set(texts.values())) <= 1:
        return next(iter(linked), "")
    firsts = [measured(flow, metric.rpartition(".")[2]).at == "first" for metric in texts]
    at = ["to the first token" if first else "until complete" for first in firsts]
    return "; ".join(f"{text} {point}" for text, point in zip(linked, at, strict=True))


def end(view: View, flow_id: str, flow: Flow) -> str:
    """Return the composed p95 of each measure of a flow."""
    measures = view.best.flows[flow_id].measures
    p95 = {key: numbers.duration(measures[key].percentiles["p95"], key.rpartition("_")[2]) for key in flow.measures}
    return ", ".join(
        f"{escape(measure.title)} {metric_link(view, f'flows.{flow_id}.{key}', p95[key])}"
        for key, measure in flow.measures.items()
    )
