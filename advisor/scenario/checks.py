"""What can be wrong with a scenario that is right in form: names, ranges, limits, choices that do not go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise

from advisor.catalog.blueprint import Blueprint, Parameter
from advisor.catalog.load import Catalog
from advisor.errors import Problem, listing, nearest
from advisor.scenario.goals import goal_problems
from advisor.scenario.model import Quantity, ScenarioFile
from advisor.scenario.pairs import pair_problems, share_problems
from advisor.scenario.request_sizes import size_problems, workload
from advisor.scenario.requirements import CARDS, LEAST_LEVEL, MOST_LEVEL, level
from advisor.scenario.standing import today_problems
from advisor.scenario.tactics import tactic_problems
from advisor.schema import shown
from advisor.yamlfile import Document

LICENCE_STEM = 3  # letters that tell families apart: SSPL-1.0 is no slip of BUSL-1.1


def semantic_problems(
    document: Document, raw: ScenarioFile, blueprint: Blueprint, catalog: Catalog
) -> Iterator[Problem]:
    """Yield what is wrong with names and values that are right in form."""
    yield from _workload_problems(document, raw, blueprint)
    yield from size_problems(document, raw, blueprint)
    yield from _constraint_problems(document, raw, blueprint)
    if "objective" in document.data:
        yield from goal_problems(document, raw.objective, blueprint)
    yield from _choice_problems(document, raw, blueprint, catalog)
    yield from pair_problems(document, raw.choices, blueprint, catalog)
    yield from share_problems(document, raw.choices, blueprint, catalog)
    yield from _licence_problems(document, raw, catalog)
    yield from _card_problems(document, raw, catalog)
    yield from tactic_problems(document, raw.tactics)
    yield from today_problems(document, raw.today, blueprint, catalog)


def _licence_problems(document: Document, raw: ScenarioFile, catalog: Catalog) -> Iterator[Problem]:
    """A licence that no component carries is fine in a policy; one that is nearly the id of a known one is a slip."""
    known = {licence.lower(): licence for licence in catalog.licences}
    for verb in ("allow", "deny"):
        names = (raw.constraints.licences and getattr(raw.constraints.licences, verb)) or []
        for index, name in enumerate(names):
            close = get_close_matches(name.lower(), known, n=1, cutoff=0.75)
            alike = bool(close) and name.lower()[:LICENCE_STEM] == close[0][:LICENCE_STEM]
            if alike and name not in known.values():
                yield document.problem(
                    ("constraints", "licences", verb, index),
                    f"found {shown(name)}, which no component carries; did you mean '{known[close[0]]}'?",
                )


def _card_problems(document: Document, raw: ScenarioFile, catalog: Catalog) -> Iterator[Problem]:
    """A limit or a goal on cards that no instance type has says nothing; most likely the name is a slip."""
    known = catalog.cards
    named: dict[tuple[str | int, ...], str] = {("constraints", "cards", name): name for name in raw.constraints.cards}
    order = raw.objective.lexicographic or []
    places: list[tuple[str | int, ...]] = [("objective",)]
    places += [("objective", "lexicographic", index) for index in range(len(order))]
    for place, goal in zip(places, [raw.objective, *order], strict=True):
        for verb in ("minimize", "maximize"):
            named[*place, verb] = getattr(goal, verb) or ""
    named |= {("objective", "weights", metric): metric for metric in raw.objective.weights or {}}
    for place, name in named.items():
        card = name.removeprefix(CARDS)
        if (place[1] == "cards" or name.startswith(CARDS)) and card not in known:
            near = nearest(card, known)
            message = f"found {shown(card)}, which no instance type has; cards: {listing(known, 20)}{near}"
            yield document.problem(place, message)


def _unknown_parameters(document: Document, given: Mapping[str, object], blueprint: Blueprint) -> Iterator[Problem]:
    for name in given:
        if name not in blueprint.parameters:
            yield document.problem(
                ("workload", name),
                f"is not a workload parameter of {blueprint.id}; "
                f"known: {listing(blueprint.parameters, 30)}{nearest(name, blueprint.parameters)}",
            )


def _missing_parameters(document: Document, given: Mapping[str, object], blueprint: Blueprint) -> Iterator[Problem]:
    for name, parameter in blueprint.parameters.items():
        if name not in given and parameter.default is None:
            yield document.problem(
                ("workload", name), f"is missing: {parameter.title}, in {parameter.unit}; no default"
            )


def _workload_problems(document: Document, raw: ScenarioFile, blueprint: Blueprint) -> Iterator[Problem]:
    given = raw.workload
    yield from _unknown_parameters(document, given, blueprint)
    yield from _missing_parameters(document, workload(raw), blueprint)
    for name, quantity in given.items():
        parameter = blueprint.parameters.get(name)
        if parameter is None:
            continue
        if quantity.cv and not parameter.random:
            yield document.problem(("workload", name, "cv"), "is not a random quantity here; give one number")
        if wrong := _range(parameter, quantity.mean):
            yield document.problem(("workload", name), f"found {quantity.mean:g} {parameter.unit}; {wrong}")
        yield from _end_problems(document, name, quantity, parameter)


def _end_problems(document: Document, name: str, quantity: Quantity, parameter: Parameter) -> Iterator[Problem]:
    """Yield what is wrong with the ends of a range: a value that is not allowed, or on the wrong side of the mean."""
    for end, value in (("low", quantity.low), ("high", quantity.high)):
        if value is None:
            continue
        if wrong := _range(parameter, value):
            yield document.problem(("workload", name, end), f"found {value:g} {parameter.unit}; {wrong}")
        if (value > quantity.mean) if end == "low" else (value < quantity.mean):
            must = "at most" if end == "low" else "at least"
            message = f"found {value:g}; must be {must} the mean {quantity.mean:g}"
            yield document.problem(("workload", name, end), message)
    if quantity.low is not None and quantity.low == quantity.high:
        yield document.problem(("workload", name), "low and high are the same; an empty range says nothing, drop both")


def _range(parameter: Parameter, value: float) -> str:
    if parameter.above is not None and not value > parameter.above:
        return f"must be greater than {parameter.above:g}"
    if parameter.least is not None and value < parameter.least:
        return f"must be at least {parameter.least:g}"
    return f"must be at most {parameter.most:g}" if value > parameter.most else ""


def _constraint_problems(document: Document, raw: ScenarioFile, blueprint: Blueprint) -> Iterator[Problem]:
    for flow_id, bounds in raw.constraints.flows.items():
        place = ("constraints", "flows", flow_id)
        flow = blueprint.flows.get(flow_id)
        if flow is None:
            yield document.problem(
                place,
                f"is not a flow of {blueprint.id}; flows: {listing(blueprint.flows)}"
                f"{nearest(flow_id, blueprint.flows)}",
            )
            continue
        for measure in ("ttft_ms", "latency_ms", "freshness_s"):
            limits = getattr(bounds, measure)
            if limits is not None and measure not in flow.measures:
                yield document.problem(
                    (*place, measure), f"is not measured in the flow {flow_id}; measured: {listing(flow.measures)}"
                )
            for name in limits or {}:
                if level(name) is None and name != "mean":
                    yield document.problem(
                        (*place, measure, name),
                        f"found '{name}'; allowed: mean or a percentile from "
                        f"p{LEAST_LEVEL:g} to p{MOST_LEVEL:g}, for example p95",
                    )
            yield from _falling(document, (*place, measure), limits or {})


def _falling(document: Document, place: tuple[str | int, ...], limits: Mapping[str, float]) -> Iterator[Problem]:
    """A lower percentile with a larger limit says nothing; most likely the two were swapped."""
    known = sorted((p, name) for name in limits if (p := level(name)) is not None)
    for (_, lower), (_, higher) in pairwise(known):
        if limits[lower] > limits[higher]:
            yield document.problem(
                (*place, lower),
                f"is {limits[lower]:g}, above the limit {limits[higher]:g} of {higher}; "
                "limits must not decrease with the percentile",
            )


def _choice_problems(
    document: Document, raw: ScenarioFile, blueprint: Blueprint, catalog: Catalog
) -> Iterator[Problem]:
    names = {*catalog.options, *catalog.records.components}
    for role, name in raw.choices.pin.items():
        place = ("choices", "pin", role)
        if role not in blueprint.roles:
            yield document.problem(
                place,
                f"is not a role of {blueprint.id}; roles: {listing(blueprint.roles, 20)}"
                f"{nearest(role, blueprint.roles)}",
            )
            continue
        fitting = {n for component, option in catalog.options_for(role) for n in (component.id, option.id)}
        fitting |= {"none"} if blueprint.roles[role].optional else set()
        if name == "none" and "none" not in fitting:
            yield document.problem(place, f"found 'none', but {role} is not optional in {blueprint.id}")
        elif name not in fitting:
            what = "cannot fill this role" if name in names else "is not a component or option of the catalog"
            yield document.problem(place, f"found {shown(name)}, which {what}{nearest(name, fitting)}")
        owner = catalog.options[name][0].id if name in catalog.options else name
        if excluded := {name, owner} & set(raw.choices.exclude):
            yield document.problem(place, f"'{min(excluded)}' is also excluded; drop the pin or the exclusion")
    for index, name in enumerate(raw.choices.exclude):
        if name not in names:
            yield document.problem(
                ("choices", "exclude", index),
                f"found {shown(name)}, which is not a component or option of the catalog{nearest(name, names)}",
            )
