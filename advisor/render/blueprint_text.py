"""A blueprint as text: its roles, its flows step by step, its parameters, and what drives which role."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from advisor.analysis.drivers import Driver
from advisor.catalog.blueprint import Blueprint, Flow, Parameter, Step
from advisor.catalog.load import Catalog
from advisor.render.catalog_text import aligned

_INDENT = "  "


def listing(catalog: Catalog) -> str:
    """Return the table of ``advisor blueprint list``."""
    rows = [("blueprint", "title", "roles", "flows", "parameters")]
    for one in catalog.records.blueprints.values():
        rows.append((one.id, one.title, str(len(one.roles)), ", ".join(one.flows), str(len(one.parameters))))
    return "\n".join(aligned(rows)) + "\n"


def page(blueprint: Blueprint, catalog: Catalog, driven: Sequence[Driver], width: int) -> str:
    """Return a whole blueprint as it is to be read before a scenario is written."""
    sections = {
        "Roles": _roles(blueprint, catalog),
        **{f"{flow.title} ({name})": _flow(flow) for name, flow in blueprint.flows.items()},
        "Parameters": aligned(list(_parameters(blueprint))),
        "What drives what": _drivers(driven, width),
    }
    lines = [f"{blueprint.title} ({blueprint.id})", *textwrap.wrap(blueprint.summary, width)]
    for title, body in sections.items():
        lines += ["", title, *(f"{_INDENT}{line}" for line in body)]
    lines += ["", f"start: advisor init --blueprint {blueprint.id} -o scenario.yml"]
    return "\n".join(lines) + "\n"


def _roles(blueprint: Blueprint, catalog: Catalog) -> Iterator[str]:
    rows = [("role", "layer", "options", "kind", "when it is down")]
    for name, use in blueprint.roles.items():
        role = catalog.role(name)
        kind = ", ".join(word for word, true in (("optional", use.optional), ("calls others", use.hub)) if true)
        down = (role.degrades or "a part of the answer is missing") if use.soft else "its flows fail"
        rows.append((name, role.layer, str(len(catalog.options_for(name))), kind or "needed", down))
    return aligned(rows)


def _flow(flow: Flow) -> Iterator[str]:
    rate = f"rate a month: {flow.rate_per_month}; peak over average: {flow.peak_to_average}"
    yield f"starts: {flow.starts}; {rate}"
    yield f"measured: {', '.join(f'{key} ({one.title})' for key, one in flow.measures.items())}"
    for number, step in enumerate(flow.path, 1):
        yield f"{number:>2}  {_step(step)}"
        yield from (f"      on a miss: {_step(inner)}" for inner in step.on_miss)


def _step(step: Step) -> str:
    if step.asks is None:
        return f"wait up to {step.wait_s} s"
    times = "" if step.times == "1" else f", {step.times} times"
    hit = f", {step.hit_share} of the requests end here" if step.hit_share else ""
    return f"{step.asks}{f': {step.do}' if step.do else ''}{times}{hit}{', in the background' * step.in_background}"


def _parameters(blueprint: Blueprint) -> Iterator[tuple[str, str, str, str]]:
    yield ("parameter", "unit", "default", "meaning")
    for name, one in sorted(blueprint.parameters.items(), key=lambda item: item[1].default is not None):
        yield (name, one.unit, _default(one), f"{one.title}{f'; {one.why}' if one.why else ''}")


def _default(one: Parameter) -> str:
    return "must be given" if one.default is None else f"{one.default:,.10g}".replace(",", " ")


def _drivers(driven: Sequence[Driver], width: int) -> Iterator[str]:
    for one in driven:
        roles = ", ".join(role.role for role in one.roles) or "no role"
        text = f"{one.dimension} ({', '.join(one.parameters)}): {roles}"
        yield from textwrap.wrap(text, width, subsequent_indent=_INDENT)
