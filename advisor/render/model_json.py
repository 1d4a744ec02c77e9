"""Model functions as plain data for ``--json``: the list, the page of one function, and a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.calculator import kinds, registry, symbols
from advisor.calculator.calls import Call
from advisor.calculator.examples import command_lines
from advisor.calculator.registry import Function, Parameter
from advisor.calculator.results import Field
from advisor.render.model_text import first_sentence

SCHEMA_VERSION = 1


def functions() -> dict[str, Any]:
    """Return every function with its subject."""
    rows = [
        {"function": one.qualified, "subject": about, "summary": first_sentence(one)}
        for _, about, found in registry.subjects()
        for one in found
    ]
    return {"schema_version": SCHEMA_VERSION, "functions": rows}


def page(function: Function) -> dict[str, Any]:
    """Return the documentation of a function."""
    doc = function.doc
    return {
        **_head(function),
        "summary": doc.summary,
        "parameters": [_parameter(parameter) for parameter in function.parameters],
        "notes": list(doc.notes),
        "refused": "; ".join(doc.sections.get("Raises", {}).values()),
        "examples": command_lines(function),
    }


def _head(function: Function) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "function": function.qualified,
        "formula": "\n".join(function.doc.formula),
        "source": function.source,
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": kinds.describe(one.kind),
        "unit": str(one.unit),
        "required": one.required,
        "text": one.text,
    }


def result(call: Call, fields: Sequence[Field]) -> dict[str, Any]:
    """Return a result with every argument, defaults included, and the formula's letters with their values."""
    return {
        **_head(call.function),
        "arguments": dict(call.shown),
        "defaults": list(call.defaults),
        "converted": [
            {"argument": found.path, "written": found.written, "value": found.value, "unit": found.unit}
            for found in call.conversions
        ],
        "with": symbols.substituted(call.function, call.shown),
        "result": {field.name: field.value for field in fields},
        "units": {field.name: field.unit for field in fields if field.unit},
    }
