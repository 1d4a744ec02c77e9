"""A derivation as a tree for the terminal, and as data for other programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from advisor.explanation.derivation import Derivation
from advisor.render import numbers
from advisor.render.clean import clean

if TYPE_CHECKING:
    from rich.tree import Tree


def tree(derivation: Derivation) -> Tree:
    """Return a derivation as a tree: value, formula, formula with numbers, assumptions and source, then its parts."""
    from rich.tree import Tree

    root = Tree(_label(derivation, 6), guide_style="dim")
    _grow(root, derivation)
    return root


def _grow(branch: Tree, derivation: Derivation) -> None:
    for part in derivation.parts:
        _grow(branch.add(_label(part, 4)), part)


def _label(one: Derivation, digits: int) -> str:
    value = "" if one.value is None else f" = {_value(one, digits)}"
    lines = [f"[bold]{clean(one.name)}[/]{value}"]
    if one.formula:
        lines.append(f"= {clean(one.formula)}")
    if one.numbers and one.numbers != numbers.grouped(one.value or 0.0):
        lines.append(f"= {_kept(clean(one.numbers))}")
    if one.note:
        lines.append(f"[dim]{clean(one.note)}[/]")
    if one.source:
        lines.append(f"[dim]{clean(one.source)}[/]")
    return "\n".join(lines)


def _value(one: Derivation, digits: int) -> str:
    """Return a derivation's value with its unit; availabilities as a share of time keep their nines."""
    value = one.value or 0.0
    if one.unit == "share of time":
        return numbers.availability(value)
    return f"{numbers.significant(value, digits)}{numbers.NARROW}{clean(one.unit)}"


def _kept(text: str) -> str:
    """Return a formula whose numbers are not broken at the thousands.

    >>> _kept("1 234 567 × 2").replace(numbers.NARROW, "_")
    '1_234_567 × 2'
    """
    return re.sub(r"(?<=\d)[ \u202f](?=\d{3}(?!\d))", numbers.NARROW, text)


def data(derivation: Derivation) -> dict[str, Any]:
    """Return a derivation as plain data, all digits kept."""
    return {
        "name": derivation.name,
        "value": derivation.value,
        "unit": derivation.unit,
        "formula": derivation.formula,
        "numbers": derivation.numbers,
        "note": derivation.note,
        "source": derivation.source,
        "parts": [data(part) for part in derivation.parts],
    }
