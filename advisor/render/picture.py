"""From an evaluation to what the diagram shows: nodes as the solver sees them, the flows as numbered paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from advisor.candidates.candidate import Candidate, billed_by
from advisor.candidates.demand import weighted_steps
from advisor.catalog.blueprint import Flow
from advisor.catalog.figure_words import CLOUDS
from advisor.catalog.load import Catalog
from advisor.evaluation.result import Evaluation
from advisor.render import numbers
from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Edge, Hop, Kind, Layer, Node, merged, route

LAYERS = (
    "edge",
    "application",
    "safety",
    "retrieval",
    "inference",
    "state",
    "ingestion",
    "processing",
    "training",
    "operations",
)


def picture(
    evaluation: Evaluation, catalog: Catalog, caption: str, sources: Mapping[str, Sequence[str]] | None = None
) -> DiagramSpec:
    """Return the diagram of an evaluated design.

    Args:
        caption: one line under the title. sources: role -> lines on where its figures come from, shown on hover.
    """
    scenario = evaluation.scenario
    dominant = dominant_roles(evaluation)
    letters = flow_letters(scenario.blueprint.flows)
    nodes = [
        *(_outside(flow_id, flow, letters, evaluation) for flow_id, flow in scenario.blueprint.flows.items()),
        *(
            _node(role, c, evaluation, catalog, role in dominant, (sources or {}).get(role, ()))
            for role, c in evaluation.design.items()
            if not c.is_none
        ),
    ]
    edges = merged(
        edge
        for flow_id, flow in scenario.blueprint.flows.items()
        for edge in _edges(flow_id, flow, letters, evaluation, dominant)
    )
    used = {node.layer for node in nodes}
    order = [*(layer for layer in LAYERS if layer in used), *sorted(used - {*LAYERS, OUTSIDE})]
    return DiagramSpec(
        scenario.title, caption, tuple(Layer(name, name.capitalize()) for name in order), tuple(nodes), edges
    )


def dominant_roles(evaluation: Evaluation) -> frozenset[str]:
    """Return the role with the largest mean time in each user-facing flow's full response."""
    found = set()
    for flow in evaluation.flows.values():
        if "latency_ms" in flow.measures:
            stages = [stage for stage in flow.measures["latency_ms"].stages if stage.role]
            if stages:
                found.add(max(stages, key=lambda stage: stage.mean * stage.share).role)
    return frozenset(found)


def flow_letters(flows: Mapping[str, Flow]) -> dict[str, str]:
    """Return flow -> the letter before its numbers, "" where only one flow of its kind is drawn."""
    kinds = Counter(_kind(flow) for flow in flows.values())
    several = [flow_id for flow_id, flow in flows.items() if kinds[_kind(flow)] > 1]
    return {flow_id: chr(ord("A") + several.index(flow_id)) if flow_id in several else "" for flow_id in flows}


def _kind(flow: Flow) -> Kind:
    return "data" if "freshness_s" in flow.measures else "request"


def _outside(flow_id: str, flow: Flow, letters: Mapping[str, str], evaluation: Evaluation) -> Node:
    from advisor.expression import parse

    per_month = parse(flow.rate_per_month).evaluate(evaluation.scenario.workload)
    rate = numbers.grouped(per_month) if per_month < 1000 and per_month.is_integer() else numbers.significant(per_month)
    starts = f"{letters[flow_id]} · {flow.starts}" if letters[flow_id] else flow.starts
    return Node(f"outside_{flow_id}", "", starts, "", f"{rate} a month", OUTSIDE)


def _node(
    role: str, candidate: Candidate, evaluation: Evaluation, catalog: Catalog, accent: bool, sources: Sequence[str]
) -> Node:
    record = catalog.role(role)
    figures = [numbers.usd(candidate.cost_usd_per_month)]
    slowest = _slowest(role, evaluation)
    if slowest:
        figures.append(f"p95 {slowest}")
    figures.append(numbers.availability(candidate.availability))
    head = [f"{record.title}: {candidate.name}", candidate.size, record.purpose, " · ".join(figures)]
    tooltip = "\n".join([*head, *sources])
    return Node(
        role,
        record.title,
        candidate.name,
        candidate.size,
        " · ".join(figures),
        record.layer,
        tooltip,
        accent,
        evaluation.scenario.blueprint.roles[role].soft,
        _places(candidate),
    )


def _places(candidate: Candidate) -> tuple[str, ...]:
    """Return where a candidate runs: clouds by their names, and vendors that run it in places of their own."""
    options = [(one.component, one.option) for one in candidate.members if one.component and one.option]
    found = (CLOUDS.get(o.cloud) or (o.cloud if o.cloud != "vendor" else billed_by(c, o)) for c, o in options)
    return tuple(sorted(dict.fromkeys(found)))


def _slowest(role: str, evaluation: Evaluation) -> str:
    """Return the p95 of what users wait for in a role; of its slowest other step where they never wait for it."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for flow in evaluation.flows.values():
        for name, measure in flow.measures.items():
            unit = 1000 if name.endswith("_s") else 1
            times["latency_ms" in flow.measures] += [s.p95 * unit for s in measure.stages if s.role == role]
    found = times[True] or times[False]
    return numbers.duration(max(found), "ms") if found else ""


def _edges(
    flow_id: str, flow: Flow, letters: Mapping[str, str], evaluation: Evaluation, dominant: frozenset[str]
) -> Iterator[Edge]:
    hubs = {role for role, use in evaluation.scenario.blueprint.roles.items() if use.hub}
    path = [Hop(f"outside_{flow_id}"), *_hops(flow, evaluation, dominant)]
    yield from route(path, hubs=hubs, kind=_kind(flow), flow=letters[flow_id])


def _hops(flow: Flow, evaluation: Evaluation, dominant: frozenset[str]) -> Iterator[Hop]:
    """Yield what a flow asks, one hop a role; observability hears of everything and gets no edges."""
    scenario, design = evaluation.scenario, evaluation.design
    caches = frozenset(role for role in scenario.blueprint.cache_roles if not design[role].is_none)
    for step, share in weighted_steps(flow, scenario, caches):
        role = step.asks
        if role is None or design[role].is_none or step.do is None:
            continue
        first_behind = share < 1 and not step.in_background
        label = f"{numbers.percent(share)} miss" if first_behind and step is _first_miss(flow) else ""
        yield Hop(role, label, step.in_background, role in dominant)


def _first_miss(flow: Flow) -> object:
    return next((inner for step in flow.path if step.cache for inner in step.on_miss), None)
