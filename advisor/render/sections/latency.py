"""Section 8: where the time goes in each flow, against its targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.catalog.blueprint import Flow
from advisor.evaluation.result import MeasureResult, Stage
from advisor.render import charts, numbers
from advisor.render.markdown import escape, table
from advisor.render.page import Figure_
from advisor.render.sections.trace import metric_link
from advisor.render.sections.view import View, capital, lower, mark, measured, utilisation
from advisor.scenario.requirements import Bound

TAIL = 90.0  # from this percentile on, a sum of percentiles says something about slow requests
AXES = (("h", 7_200_000.0), ("min", 300_000.0), ("s", 10_000.0), ("ms", 0.0))  # unit of a chart's axis, from so many ms


def context(view: View) -> dict[str, object]:
    """Return each measure of each flow: chart, stages, percentiles, and the stage that matters most."""
    return {
        "measures": [
            part(view, flow_id, key) for flow_id, flow in view.blueprint.flows.items() for key in ordered(flow)
        ]
    }


def ordered(flow: Flow) -> list[str]:
    """Return a flow's measures, the one of the complete response last."""
    return sorted(flow.measures, key=lambda key: measured(flow, key).at != "first")


def part(view: View, flow_id: str, key: str) -> dict[str, object]:
    """Return what the template shows of one measure."""
    flow, measure = view.blueprint.flows[flow_id], view.best.flows[flow_id].measures[key]
    title = measured(flow, key).title
    return {
        "title": f"{escape(flow.title)}: {escape(title)}",
        "chart": chart_name(flow, flow_id, key) if measure.stages else "",
        "stages": stages(view, flow_id, key, measure),
        "percentiles": percentiles(view, flow_id, key, measure),
        "caption": caption(view, flow_id, key),
        "weight": weight(view, key, measure),
    }


def caption(view: View, flow_id: str, key: str) -> str:
    """Return the words under a measure's chart."""
    bound = targets(view, flow_id, key).get("p95")
    line = " and its target" if bound else "; no target was set for it"
    title = lower(measured(view.blueprint.flows[flow_id], key).title)
    return f"Stages of “{escape(title)}”, the composed p95{line}"


def chart_name(flow: Flow, flow_id: str, key: str) -> str:
    """Return the file of a measure's chart: ``latency_<flow>.svg`` for the complete response.

    >>> from advisor.catalog.load import load_catalog
    >>> flow = load_catalog().blueprint("rag_assistant").flows["answer"]
    >>> chart_name(flow, "answer", "latency_ms"), chart_name(flow, "answer", "ttft_ms")
    ('latency_answer.svg', 'latency_answer_ttft.svg')
    """
    last = ordered(flow)[-1]
    return f"latency_{flow_id}.svg" if key == last else f"latency_{flow_id}_{key.rpartition('_')[0]}.svg"


def stage_label(view: View, stage: Stage) -> str:
    """Return a stage's name, plain."""
    if not stage.role:
        return "wait for the next poll"
    record = view.catalog.role(stage.role)
    several = sum(op.latency is not None for op in record.operations.values()) > 1
    return f"{record.title}: {record.operations[stage.operation].title}" if several else record.title


def stages(view: View, flow_id: str, key: str, measure: MeasureResult) -> str:
    """Return the table of stages."""
    metric, unit, rows = f"flows.{flow_id}.{key}", key.rpartition("_")[2], []
    for stage in measure.stages:
        part_of_mean = stage.share * stage.mean / measure.mean if measure.mean else 0.0
        rows.append(
            [
                escape(stage_label(view, stage)),
                utilisation(stage.share),
                metric_link(view, metric, numbers.duration(stage.mean, unit)),
                metric_link(view, metric, numbers.duration(stage.p95, unit)),
                utilisation(part_of_mean),
            ]
        )
    return table(["stage", ">taken by", ">mean", ">p95", ">share of the mean"], rows)


def percentiles(view: View, flow_id: str, key: str, measure: MeasureResult) -> str:
    """Return the table of composed percentiles against targets, with the sum of the stages' percentiles beside."""
    unit, limits = key.rpartition("_")[2], targets(view, flow_id, key)

    def link(text: str) -> str:
        return metric_link(view, f"flows.{flow_id}.{key}", text)

    rows = [["mean", link(numbers.duration(measure.mean, unit)), _target(limits.get("mean"), measure.mean, unit), "–"]]
    for name in sorted(measure.percentiles, key=lambda p: float(p[1:])):
        value = measure.percentiles[name]
        rows.append(
            [
                name,
                link(numbers.duration(value, unit)),
                _target(limits.get(name), value, unit),
                link(numbers.duration(measure.together[name], unit)) if float(name[1:]) >= TAIL else "–",
            ]
        )
    return table(["", ">composed", ">target", ">sum of the stages'"], rows)


def _target(bound: Bound | None, value: float, unit: str) -> str:
    return "–" if bound is None else f"{mark(bound.holds(value))} ≤ {numbers.duration(bound.limit, unit)}"


def targets(view: View, flow_id: str, key: str) -> Mapping[str, Bound]:
    """Return the bounds on a measure by the name of their percentile."""
    stem = f"flows.{flow_id}.{key}."
    return {b.metric.removeprefix(stem): b for b in view.scenario.bounds if b.metric.startswith(stem)}


def weight(view: View, key: str, measure: MeasureResult) -> str:
    """Return which stage weighs most, and which spreads most."""
    if not measure.stages or not measure.mean:
        return "No stage of this flow takes time worth counting."
    unit = key.rpartition("_")[2]
    most = max(measure.stages, key=lambda stage: stage.share * stage.mean)
    widest = max(measure.stages, key=lambda stage: stage.p95 - stage.mean)
    spread = numbers.duration(widest.p95 - widest.mean, unit)
    if len(measure.stages) == 1:
        return f"One stage, “{escape(stage_label(view, most))}”; its p95 lies {spread} above its mean."
    share = most.share * most.mean / measure.mean
    text = f"“{capital(escape(stage_label(view, most)))}” is the largest stage with {utilisation(share)} of the mean"
    if widest == most:
        return f"{text} and also the widest: its own p95 lies {spread} above its mean."
    return f"{text}; “{escape(stage_label(view, widest))}” is the widest, its own p95 {spread} above its mean."


def figures(view: View) -> Iterator[Figure_]:
    """Yield a waterfall for every measure that has stages."""
    for flow_id, flow in view.blueprint.flows.items():
        for key in ordered(flow):
            measure = view.best.flows[flow_id].measures[key]
            if measure.stages:
                yield waterfall(view, flow_id, key, measure)


def waterfall(view: View, flow_id: str, key: str, measure: MeasureResult) -> Figure_:
    """Return the chart of one measure; means count by how often a stage is taken, so they add up to the flow's."""
    flow = view.blueprint.flows[flow_id]
    ms = 1.0 if key.endswith("_ms") else 1000.0
    most = max(measure.stages, key=lambda stage: stage.share * stage.mean)
    rows = [charts.Stage(_with_share(view, s), s.mean * s.share * ms, s.p95 * ms, s is most) for s in measure.stages]
    bound, p95 = targets(view, flow_id, key).get("p95"), measure.percentiles["p95"] * ms
    title = f"{flow.title}: {measured(flow, key).title}"
    unit = next(unit for unit, least in AXES if p95 >= least)
    svg = charts.waterfall(
        rows, total_p95_ms=p95, target_ms=bound.limit * ms if bound else None, title=title, unit=unit
    )
    return Figure_(chart_name(flow, flow_id, key), svg, f"Latency budget. {title}: p95 {numbers.duration(p95, 'ms')}")


def _with_share(view: View, stage: Stage) -> str:
    label = stage_label(view, stage)
    return label if stage.share == 1 else f"{label} ({numbers.percent(stage.share)})"
