"""Model functions as text: the list, the page of one function, and a result."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from advisor.calculator import examples, kinds, registry, symbols
from advisor.calculator.calls import Call
from advisor.calculator.given import Conversion
from advisor.calculator.registry import Function, Parameter
from advisor.calculator.results import ALONE, Field
from advisor.calculator.units import unit_of
from advisor.render.numbers import NARROW

DIGITS = 10
WIDTH = 110
LONGEST_CELL = 30
_IN = "  "
_RANGE = re.compile(r"([<>]=?) (?=\S)")  # a comparison is not torn apart at the end of a line
_SENTENCE_END = re.compile(r"(?<!\.)\.\s+(?=[A-Z])")


def functions() -> str:
    """Return every function by subject, one line each."""
    lines: list[str] = []
    for module, about, found in registry.subjects():
        lines += ["", f"{module}: {about.rstrip('.')}"]
        lines += [_IN + line for line in aligned([(f.name, first_sentence(f)) for f in found])]
    return "\n".join(lines[1:]) + "\n"


def first_sentence(function: Function) -> str:
    """Return what a function computes, in one sentence.

    >>> first_sentence(registry.find("mmc"))
    'the steady state of M/M/c'
    """
    sentence = _SENTENCE_END.split(function.doc.summary)[0].rstrip(".")
    return sentence.removeprefix("Return ")


def page(function: Function) -> str:
    """Return the documentation of a function: formula, arguments, assumptions, errors, source, examples."""
    doc = function.doc
    parts = [
        [function.qualified],
        _wrapped(doc.summary, ""),
        _section("Formula", [_IN + line for line in doc.formula]),
        _section("Arguments", _arguments(function)),
        *(_section(name, lines) for name, lines in _mappings(function)),
        _section("Result", _result(function)),
        _section("Assumptions and limits", [line for note in doc.notes for line in _wrapped(note)]),
        _section("Refused", _wrapped("; ".join(doc.sections.get("Raises", {}).values()))),
        _section("Source", _wrapped(function.source)),
        _section("Example in Python", [_IN + line for line in doc.examples]),
        _section("On the command line", _calls(function)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *lines] if lines else []


def _wrapped(text: str, indent: str = _IN) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _arguments(function: Function) -> list[str]:
    rows = [(_IN + p.name, kinds.describe(p.kind), str(p.unit), _default(p)) for p in function.parameters]
    return _with_texts(rows, [p.text for p in function.parameters])


def _mappings(function: Function) -> Iterable[tuple[str, list[str]]]:
    """Yield a title and the keys of each kind of mapping that an argument is, or holds."""
    for parameter in function.parameters:
        for kind in kinds.mappings_in(parameter.kind):
            texts, defaults = kinds.result_texts(kind), kinds.defaults(kind)
            rows = [
                (
                    _IN + name,
                    kinds.describe(of),
                    str(unit_of(name)),
                    f"default {_short(defaults[name])}" if name in defaults else "required",
                )
                for name, of in kinds.fields(kind).items()
            ]
            yield f"{kind.__name__}, in {parameter.name}", _with_texts(rows, [texts[row[0].strip()] for row in rows])


def _default(parameter: Parameter) -> str:
    if parameter.many:
        return "any number of them"
    return "required" if parameter.required else f"default {_short(parameter.default)}"


def _short(value: Any) -> str:
    return "none" if value is None else figure(value) if isinstance(value, int | float) else str(value)


def _with_texts(rows: Sequence[Sequence[str]], texts: Sequence[str]) -> list[str]:
    """Return aligned rows, each followed by its text, which goes on below itself where it is long."""
    lines: list[str] = []
    columns = aligned(rows)
    width = max((len(line) for line in columns), default=0) + 2
    for row, text in zip(columns, texts, strict=True):
        if not text:
            lines.append(row)
            continue
        first, *more = textwrap.wrap(_RANGE.sub(rf"\1{NARROW}", text), max(WIDTH - width, 40), break_on_hyphens=False)
        lines += [f"{row.ljust(width)}{first}", *(" " * width + line for line in more)]
    return lines


def _result(function: Function) -> list[str]:
    """Return what comes back: the fields of a dataclass, or the unit of a number."""
    kind = function.hints.get("return")
    returns = function.doc.sections.get("Returns", {}).get("", "")
    attributes = kinds.result_texts(kind)
    if not attributes:
        unit = str(unit_of(function.name))
        return _wrapped(returns or f"{kinds.describe(kind)}{f' in {unit}' if unit else ''}")
    rows = [(_IN + name, str(unit_of(name))) for name in attributes]
    return [*_wrapped(returns), *_with_texts(rows, list(attributes.values()))]


def _calls(function: Function) -> list[str]:
    return [_IN + line for line in examples.command_lines(function)]


def result(call: Call, fields: Sequence[Field]) -> str:
    """Return a result: the call as it was understood, every figure, and the formula with the numbers in it."""
    parts = [[call.function.qualified, *_understood(call)], *_figures(fields, call.function.name), _formula(call)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _understood(call: Call) -> list[str]:
    """Return the arguments with their units, what was converted, and the defaults that were used."""
    written = {found.path: f"  (from {found.written})" for found in call.conversions}
    given = [name for name in call.shown if name not in call.defaults]
    rows = [(f"{_IN}{name}", f"= {_inline(call.shown[name])}{_unit(name)}{written.get(name, '')}") for name in given]
    nested = [(_IN + found.path, _converted(found)) for found in call.conversions if found.path not in call.shown]
    lines = aligned([*rows, *nested])
    if call.defaults:
        assumed = ", ".join(f"{name} = {_inline(call.shown[name])}{_unit(name)}" for name in call.defaults)
        lines += _wrapped(f"by default: {assumed}")
    return lines


def _converted(one: Conversion) -> str:
    return f"= {figure(one.value)}{f' {one.unit}' if one.unit else ''}  (from {one.written})"


def _unit(name: str) -> str:
    """Return the unit to write behind a number: `` ms``, ``/s``."""
    unit = str(unit_of(name))
    return unit[1:] if unit.startswith("1/") else f" {unit}" if unit else ""


def _inline(value: Any) -> str:
    """Return an argument on one line."""
    if isinstance(value, list):
        return "[" + ", ".join(_inline(part) for part in value) + "]"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {_inline(part)}" for key, part in value.items()) + "}"
        return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."
    return "none" if value is None else figure(value)


def _figures(fields: Sequence[Field], alone: str) -> list[list[str]]:
    """Return one block of single figures, and one for each list or mapping in the result.

    A result that is one number is called ``alone``, as its function.
    """
    single = [field for field in fields if not _is_block(field.value)]
    rows = [(_IN + (alone if field.name == ALONE else field.name), figure(field.value), field.unit) for field in single]
    blocks = [_with_texts(rows, [field.text for field in single])] if rows else []
    return blocks + [_block(field) for field in fields if _is_block(field.value)]


def _is_block(value: Any) -> bool:
    return isinstance(value, list | dict) or (isinstance(value, str) and len(value) > LONGEST_CELL)


def _block(field: Field) -> list[str]:
    """Return a list, mapping or long text below its name; nothing for an empty one."""
    title = f"{field.name}: {field.text}" if field.text else field.name
    if isinstance(field.value, dict):
        return [title, *aligned([(_IN + name, _cell(part)) for name, part in field.value.items()])]
    items: list[Any] = field.value.splitlines() if isinstance(field.value, str) else field.value
    if items and all(isinstance(row, dict) for row in items):
        return [title, *(_IN + line for line in table(items))]
    return [title, *(line for part in items for line in _item(_cell(part)))] if items else []


def _item(text: str) -> list[str]:
    """Return a text of a list, further lines and its own indentation indented."""
    indent = _IN + " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(text.strip(), WIDTH, initial_indent=indent, subsequent_indent=indent + _IN)


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return rows of the same fields as lines, numbers to the right.

    >>> table([{"name": "cpu", "busy": 0.5}, {"name": "disk", "busy": 1}])
    ['name  busy', 'cpu    0.5', 'disk     1']
    """
    names = list(rows[0])
    right = [all(isinstance(row.get(name), int | float | None) for row in rows) for name in names]
    cells = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    return aligned(cells, right)


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> list[str]:
    """Return rows as lines with aligned columns; ``right`` says which of them are aligned to the right.

    >>> aligned([("a", "bb"), ("ccc", "d")])
    ['a    bb', 'ccc  d']
    """
    columns = range(len(rows[0])) if rows else range(0)
    widths = [max(len(row[i]) for row in rows) for i in columns]
    sides = [str.rjust if right and right[i] else str.ljust for i in columns]
    return [_IN.join(side(c, w) for side, c, w in zip(sides, row, widths, strict=True)).rstrip() for row in rows]


def _cell(value: Any) -> str:
    return "-" if value is None else _inline(value)


def _formula(call: Call) -> list[str]:
    lines = [_IN + line for line in call.function.doc.formula]
    values = symbols.substituted(call.function, call.shown)
    if lines and values:
        lines += _wrapped("with " + ", ".join(f"{symbol} = {figure(value)}" for symbol, value in values.items()))
    return lines


def figure(value: Any) -> str:
    """Return a number with ten significant digits, thousands apart; what is not a number as it is.

    Whole numbers keep all their digits. What is almost 1 keeps the digits of what is missing to 1.

    >>> [figure(v).replace(NARROW, " ") for v in (1 / 3, 427246, 3000.0, 1.5e-9, 0.999999999999, 6.02e23, True)]
    ['0.3333333333', '427 246', '3 000', '1.5e-09', '0.999999999999', '6.02e+23', 'yes']
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", NARROW)
    if not isinstance(value, float):
        return str(value)
    digits = DIGITS
    if 0.9 < abs(value) < 1:
        digits += min(7, -math.floor(math.log10(1 - abs(value))) - 1)
    text = f"{value:,.{max(0, digits - 1 - _exponent(value))}f}" if 1e-5 <= abs(value) < 1e15 else f"{value:.{digits}g}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", NARROW)


def _exponent(value: float) -> int:
    return int(f"{value:.{DIGITS - 1}e}".partition("e")[2])
