"""What a file of another tool says, and which figures it becomes, as text and as plain data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from advisor.imports.figures import Taken
from advisor.imports.measurement import Measurement, Times
from advisor.render.catalog_text import aligned

SCHEMA_VERSION = 1


def page(file: str, title: str, measured: Measurement, becomes: Taken, option: str, width: int) -> str:
    """Return what was understood of a file and what it becomes."""
    lines = [f"{file}: {title}", *(f"  {line}" for line in aligned(list(_understood(measured))))]
    lines += ["", f"Figures of {option}"]
    for one in becomes.figures:
        numbers = ", ".join(_number(key, value) for key, value in one.numbers.items())
        lines.append(f"  {one.place}: {numbers} (was: {becomes.was[one.place]})")
        lines += _wrapped(f"conditions: {one.conditions}", width, 4) if one.conditions else []
    for heading, texts in (("Not used", becomes.left), ("Careful", becomes.warnings)):
        if texts:
            lines += ["", heading, *(line for text in texts for line in _wrapped(text, width, 2))]
    return "\n".join(lines) + "\n"


def _understood(measured: Measurement) -> Iterator[tuple[str, str]]:
    yield "tool", measured.tool + (f", run of {measured.date}" if measured.date else "")
    if measured.what:
        yield "tested" if not measured.prices else "priced", measured.what
    if measured.requests is not None:
        share = measured.failed_share
        failed = "" if share is None else f", {measured.failed} of them failed ({share:.2%})"
        length = f" in {measured.duration_s:.4g} s" if measured.duration_s else ""
        yield "requests", f"{measured.requests}{length}{failed}"
    for name, rate in measured.rates.items():
        yield name.removesuffix("_per_s").replace("_", " "), f"{rate:.4g} per s"
    for name, times in measured.times.items():
        yield name, _times(times)
    if measured.load:
        yield "load", measured.load
    for priced in measured.prices:
        yield f"{priced.usd:g} USD", f"per {priced.unit}: {priced.name} ({priced.resource})"


def _times(times: Times) -> str:
    units = {"cv": ""}
    return ", ".join(f"{key} {value:.4g}{units.get(key, ' ms')}" for key, value in times.known.items())


def _number(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return key
    return f"{value:g}" if key == "value" else f"{key} {value:g}"


def _wrapped(text: str, width: int, by: int) -> list[str]:
    space = " " * by
    return textwrap.wrap(text, width, initial_indent=space, subsequent_indent=space + "  ", break_on_hyphens=False)


def data(
    file: str, kind: str, measured: Measurement, becomes: Taken, option: str, written: list[str]
) -> dict[str, Any]:
    """Return the same as plain data, with the files that were written."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "kind": kind,
        "option": option,
        "understood": {
            "tool": measured.tool,
            "what": measured.what,
            "date": measured.date,
            "requests": measured.requests,
            "failed": measured.failed,
            "duration_s": measured.duration_s,
            "rates": dict(measured.rates),
            "times_ms": {name: {**times.known, "sample": times.sample} for name, times in measured.times.items()},
            "open_loop": measured.open_loop,
            "load": measured.load,
            "remarks": list(measured.remarks),
            "prices": [vars(one) for one in measured.prices],
        },
        "figures": [
            {
                "place": one.place,
                **one.numbers,
                "basis": one.basis,
                "conditions": one.conditions,
                "was": becomes.was[one.place],
            }
            for one in becomes.figures
        ],
        "not_used": list(becomes.left),
        "warnings": list(becomes.warnings),
        "written": written,
    }
