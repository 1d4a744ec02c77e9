"""The JSON Schema (draft 2020-12) of a scenario file for one blueprint: what editors complete, explain and underline.

The shape comes from :class:`~advisor.scenario.model.ScenarioFile`, the names and units from blueprint and catalog.
``advisor`` itself does not read this schema; its own checks go further (sums, swapped percentiles, pins against
exclusions) and say how to mend what they find.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.catalog.blueprint import Blueprint, Flow, Parameter
from advisor.catalog.load import Catalog
from advisor.scenario.defaults import DEFAULT_EXTRA_UNITS, DEFAULT_USD_PER_HOUR, DEFAULT_ZONES
from advisor.scenario.defaults import DEFAULT_TARGET_UTILISATION as _UTILISATION
from advisor.scenario.model import ScenarioFile
from advisor.scenario.requirements import metrics
from advisor.scenario.standing import DEFAULT_HORIZON_MONTHS, DEFAULT_MIGRATION_H

DRAFT = "https://json-schema.org/draft/2020-12/schema"
USUAL_LEVELS = ("p50", "p90", "p95", "p99", "p99.9")
LEVEL = r"p(0[1-9]|[1-9][0-9]?)(\.[0-9]{1,2})?"
GROUPED = r"^[-+]?[0-9]{1,3}(_[0-9]{3})+(\.[0-9]+)?$"  # most editors read 6_000_000 as text, advisor as a number

DESCRIPTIONS = {
    "title": "What this architecture is for; the heading of the design document.",
    "blueprint": "The architecture's topology: roles, flows and workload parameters.",
    "catalogs": "Folders with components and figures of your own, relative to this file; later ones win.",
    "description": "A few sentences of context for the design document.",
    "owner": "Who answers for this design.",
    "workload": "What the architecture has to carry. Parameters with a default may be left out; what was filled in is "
    "listed under assumptions.",
    "request_sizes": "The sizes that calls of the language model come in, instead of input_tokens and output_tokens "
    "in the workload. Shares add up to 1.",
    "constraints": "What must hold. What is not stated is not required.",
    "objective": "What to optimise among the designs that meet the constraints. Default: minimize cost_usd_per_month.",
    "choices": "What is already decided.",
    "operations": f"How hours of operations are costed. Default: {DEFAULT_USD_PER_HOUR:g} USD/h.",
    "sizing": "How candidates are sized.",
    "tactics": "Which architectural tactics may be used, and the figures that only you can know.",
    "today": "The design that runs today and the hours that leaving it takes, weighed against what a move saves.",
    "constraints.cost_usd_per_month": "Bill plus operations (and migration, under today), USD a month.",
    "constraints.flows": "Bounds on single flows: times and availability.",
    "constraints.quality": "Lower bound on the quality index in (0, 1]; it ranks within this catalog only.",
    "constraints.operations_h_per_month": "Hours of operations a month.",
    "constraints.clouds": "Which clouds may be used, and how many at most.",
    "constraints.vendors": "How many vendors may send a bill: owners of the clouds in use, hosts of services.",
    "constraints.self_operated": "How many different systems we may run ourselves; the same one in two roles is one.",
    "constraints.cards": "Accelerators of a type that all models and other roles together may have.",
    "constraints.residency": "Region in which all data must be kept.",
    "constraints.licences": "Licences that may or may not be used.",
    "constraints.modes": "Ways of running a component (saas, managed, self_hosted) that may or may not be used.",
    "choices.pin": "Role -> component or option that must fill it (none: leave an optional role out).",
    "choices.exclude": "Components or options that must not be used.",
    "choices.share": "Groups of roles that the same units may serve: sized for the sum, billed and run once.",
    "choices.together": "Pairs of components or options of which both are chosen or neither.",
    "choices.apart": "Pairs of components or options of which at most one is chosen.",
    "operations.usd_per_hour": "Loaded hourly rate of an engineer, USD/h.",
    "sizing.target_utilisation": f"Share of a unit's capacity to plan for at peak. Default: {_UTILISATION:g}.",
    "sizing.extra_units": f"Units beyond the smallest count to consider as well. Default: {DEFAULT_EXTRA_UNITS}.",
    "today.design": "Role -> component, option or candidate id that runs today; a role that is missing is new.",
    "today.migration_h": "Role -> hours of people to move it to another component, cloud or mode.",
    "today.default_migration_h": f"Hours for roles without a figure of their own. Default: {DEFAULT_MIGRATION_H:g}.",
    "today.horizon_months": f"Months over which a move is paid off. Default: {DEFAULT_HORIZON_MONTHS:g}.",
    "sizing.zones": f"Numbers of zones to consider. Default: {list(DEFAULT_ZONES)}.",
}


def scenario_schema(blueprint: Blueprint, catalog: Catalog) -> dict[str, Any]:
    """Return the schema of scenario files that use ``blueprint`` with names of ``catalog``. Deterministic."""
    schema = _cleaned(ScenarioFile.model_json_schema())
    places = {name: part for name, part in schema["$defs"].items() if name not in ("Quantity", "FlowBounds", "Side")}
    schema["$defs"] = places  # those that blueprint, flows and catalog describe more closely are gone
    top = schema["properties"]
    top["blueprint"] = {"const": blueprint.id}
    top["workload"] = _workload(blueprint)
    places["Constraints"]["properties"]["flows"] = _flows(blueprint)
    limit = {"$ref": "#/$defs/CountBound"}
    closed = {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(catalog.cards, limit)}
    places["Constraints"]["properties"]["cards"] = closed
    places["Objective"] = _objective(blueprint)
    places["Goal"] = _goal(blueprint)
    places["Choices"]["properties"] = _choices(blueprint, catalog)
    places["Today"]["properties"] |= _today(blueprint, places["Today"]["properties"])
    _describe(top, "", places)
    head = {
        "$schema": DRAFT,
        "title": f"advisor scenario: {blueprint.title}",
        "$comment": "Printed by `advisor schema`. Numbers may be written with _ between groups of three digits.",
    }
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
    found: dict[str, Any] = _grouped({**head, **kept})
    return found


def _cleaned(value: Any) -> Any:
    """Drop the titles that repeat a key and defaults that say nothing."""
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _cleaned(item) for key, item in value.items() if not (key == "title" and isinstance(item, str))}
    if not isinstance(kept.get("default", 0), int | float | str):
        kept.pop("default")
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].replace("``", "").split())
    return kept


def _workload(blueprint: Blueprint) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, parameter in blueprint.parameters.items() if parameter.default is None],
        "properties": {name: _parameter(parameter) for name, parameter in blueprint.parameters.items()},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    number: dict[str, Any] = {"type": "number", "maximum": parameter.most}
    if parameter.above is not None:
        number["exclusiveMinimum"] = parameter.above
    if parameter.least is not None:
        number["minimum"] = parameter.least
    spread = {"cv": {"type": "number", "minimum": 0, "maximum": 5, "description": "standard deviation / mean"}}
    mean = {
        "type": "object",
        "additionalProperties": False,
        "required": ["mean"],
        "properties": {"mean": number, **(spread if parameter.random else {}), **_ends(number)},
    }
    text = f"{parameter.title}, in {parameter.unit}."
    text = text[0].upper() + text[1:]
    if parameter.default is None:
        return {"description": f"{text} Required.", "anyOf": [number, mean]}
    return {
        "description": f"{text} Default: {parameter.default:g} ({parameter.why}).",
        "default": parameter.default,
        "anyOf": [number, mean],
    }


def _ends(number: dict[str, Any]) -> dict[str, Any]:
    return {
        "low": {**number, "description": "The least that the mean may turn out to be, for `advisor robust`."},
        "high": {**number, "description": "The most that the mean may turn out to be, for `advisor robust`."},
    }


def _flows(blueprint: Blueprint) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _flow(flow) for name, flow in blueprint.flows.items()},
    }


def _flow(flow: Flow) -> dict[str, Any]:
    limit = {"type": "number", "exclusiveMinimum": 0}
    times = {
        name: {
            "description": f"Upper bounds on the {measure.title}, {name.rpartition('_')[2]}.",
            "type": "object",
            "properties": {key: limit for key in ("mean", *USUAL_LEVELS)},
            "patternProperties": {f"^{LEVEL}$": limit},
            "additionalProperties": False,
        }
        for name, measure in flow.measures.items()
    }
    return {
        "description": flow.title,
        "type": "object",
        "additionalProperties": False,
        "properties": {**times, "availability": {"$ref": "#/$defs/AvailabilityBound"}},
    }


def _objective(blueprint: Blueprint) -> dict[str, Any]:
    weights = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": _metric(blueprint, None),
        "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        "description": "Minimise sum(weight x value), minus the same over quality and availability.",
    }
    order = {
        "type": "array",
        "minItems": 1,
        "maxItems": 6,
        "items": {"$ref": "#/$defs/Goal"},
        "description": "Goals, the most important first.",
    }
    return _one_of({**_directions(blueprint), "weights": weights, "lexicographic": order})


def _goal(blueprint: Blueprint) -> dict[str, Any]:
    return _one_of(_directions(blueprint))


def _directions(blueprint: Blueprint) -> dict[str, Any]:
    return {
        "minimize": {"description": "A metric where less is better.", **_metric(blueprint, True)},
        "maximize": {"description": "A metric where more is better.", **_metric(blueprint, False)},
    }


def _one_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        "minProperties": 1,
        "maxProperties": 1,
    }


def _metric(blueprint: Blueprint, less_is_better: bool | None) -> dict[str, Any]:
    """Return the metrics as an enumeration for completion, and a pattern for every other percentile."""
    known = [name for name, less in metrics(blueprint).items() if less_is_better in (None, less)]
    named = [name.replace("p*", level) for name in known for level in (USUAL_LEVELS if "*" in name else ("",))]
    stems = [name.removesuffix(".p*").replace(".", r"\.") for name in known if name.endswith("p*")]
    pattern = [{"type": "string", "pattern": rf"^({'|'.join(stems)})\.{LEVEL}$"}] if stems else []
    return {"anyOf": [{"enum": named}, *pattern]}


def _choices(blueprint: Blueprint, catalog: Catalog) -> dict[str, Any]:
    pins = {}
    for role, use in blueprint.roles.items():
        fitting = {name for component, option in catalog.options_for(role) for name in (component.id, option.id)}
        what = {"description": catalog.role(role).title}
        pins[role] = {**what, "enum": [*(["none"] if use.optional else []), *sorted(fitting)]}
    every = sorted({*catalog.options, *catalog.records.components})
    return {
        "pin": {"type": "object", "additionalProperties": False, "properties": pins},
        "exclude": {"type": "array", "items": {"enum": every}},
        "share": {
            "type": "array",
            "items": {"type": "array", "minItems": 2, "maxItems": 8, "items": {"enum": list(pins)}},
        },
        "together": _pairs(pins),
        "apart": _pairs(pins),
    }


def _pairs(pins: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a list of two choices each: a name, or a role with a name that can fill it."""
    names = sorted({name for pin in pins.values() for name in pin["enum"]} - {"none"})
    one = {"type": "object", "minProperties": 1, "maxProperties": 1}
    in_role = {**one, "propertyNames": {"enum": list(pins)}, "additionalProperties": {"enum": names}}
    side = {"anyOf": [{"enum": names}, in_role]}
    return {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": side}}


def _today(blueprint: Blueprint, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mappings from roles, closed over the roles that there are."""
    return {
        name: {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(blueprint.roles, next(iter(properties[name]["patternProperties"].values()))),
        }
        for name in ("design", "migration_h")
    }


def _describe(properties: dict[str, Any], prefix: str, places: Mapping[str, Any]) -> None:
    """Put our descriptions on the keys, inside the definitions that they lead to as well."""
    for name, here in properties.items():
        path = f"{prefix}{name}"
        if path in DESCRIPTIONS:
            properties[name] = {**here, "description": DESCRIPTIONS[path]}
        target = places.get(_definition(here))
        if target and not prefix:
            _describe(target["properties"], f"{path}.", places)


def _definition(here: Mapping[str, Any]) -> str:
    """Return the name of the definition that a property leads to, directly or as one of its alternatives."""
    found = [one["$ref"] for one in (here, *here.get("anyOf", ())) if "$ref" in one]
    return str(found[0]).rpartition("/")[2] if found else ""


def _grouped(value: Any) -> Any:
    """Let every number be written in groups of three digits, which most editors take for text."""
    if isinstance(value, list):
        return [_grouped(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _grouped(item) for key, item in value.items()}
    if found.get("type") in ("number", "integer"):
        found |= {"type": [found["type"], "string"], "pattern": GROUPED}
    return found
