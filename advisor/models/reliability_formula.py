"""The formula behind an availability, with the numbers in it, for people who check by hand.

Where a name stands in several places no product is right, so the derivation splits on that part: the system with the
part up, and with the part down, each without it. That is pivotal decomposition, written out.
"""

from __future__ import annotations

from advisor.models.decision_diagram import chances, diagram
from advisor.models.reliability_structure import All, Any, AtLeast, Part, Plain, leaves, repeated

MOST_PIVOTS = 5  # repeated names that are written out; 32 cases are more than anybody checks by hand


def derivation(structure: Plain) -> str:
    """Return the formula of a tree with its numbers, one line, or one line for each case of a repeated part.

    >>> print(derivation(All(Part("web", 0.9995), Any(Part("db", 0.9999), Part("queue", 0.999)))))
    web 0.9995 × (1 − (1 − db 0.9999) × (1 − queue 0.999)) = 0.99949990005
    >>> shared = Part("identity", 0.99)
    >>> print(derivation(Any(All(shared, Part("a", 0.9)), All(shared, Part("b", 0.9)))))
    identity stands in 2 places and counts once: 0.99 × (identity up) + 0.01 × (identity down) = 0.9801
      identity up: 1 − (1 − a 0.9) × (1 − b 0.9) = 0.99
      identity down: 0
    """
    often = repeated(structure)
    if len(often) <= MOST_PIVOTS:
        return "\n".join(_lines(structure))
    same = f"{len(often)} names stand in several places ({', '.join(often[:MOST_PIVOTS])}, ...) and count once each"
    return f"{figure(_up(structure))}, by deciding one part after another; {same}"


def _lines(structure: Plain) -> list[str]:
    """Return the derivation, its first line with the result, the cases of a repeated part below it and indented."""
    often = repeated(structure)
    if not often:
        text = formula(structure)
        return [text if text in ("0", "1") else f"{text} = {figure(_up(structure))}"]
    name = often[0]
    part, places = _find(structure, name)
    head = f"{name} stands in {places} places and counts once: {figure(part.availability)} × ({name} up)"
    lines = [f"{head} + {figure(part.down)} × ({name} down) = {figure(_up(structure))}"]
    for up, word in ((True, "up"), (False, "down")):
        first, *rest = _lines(given(structure, name, up))
        lines += [f"  {name} {word}: {first}", *(f"  {line}" for line in rest)]
    return lines


def _find(structure: Plain, name: str) -> tuple[Part, int]:
    found = [part for part in leaves(structure) if part.name == name]
    return found[0], len(found)


def _up(structure: Plain) -> float:
    found = diagram(structure)
    return chances(found, {part.name: part for part in leaves(structure)})[0][found.root]


def formula(structure: Plain) -> str:
    """Return the formula of a tree in which no name is repeated.

    >>> formula(AtLeast(2, Part("a", 0.9), Part("b", 0.9), All(Part("c", 0.9), Part("d", 0.8))))
    'P(at least 2 of: a 0.9; b 0.9; c 0.9 × d 0.8)'
    """
    if isinstance(structure, Part):
        return f"{structure.name} {figure(structure.availability)}"
    texts = [formula(part) for part in structure.parts]  # type: ignore[arg-type]
    if isinstance(structure, AtLeast):
        return f"P(at least {structure.k} of: {'; '.join(texts)})"
    if len(texts) == 1:
        return texts[0]
    factors = [f"({text})" if text.startswith("1 − ") else text for text in texts]
    if isinstance(structure, All):
        return " × ".join(factors) or "1"
    return "1 − " + " × ".join(f"(1 − {factor})" for factor in factors) if factors else "0"


def given(structure: Plain, name: str, up: bool) -> Plain:
    """Return the tree when one part is known to be up, or down: ``All()`` is always up, ``Any()`` never.

    >>> given(Any(All(Part("a", 0.9), Part("b", 0.8)), Part("a", 0.9)), "a", up=False)
    Any(parts=())
    """
    if isinstance(structure, Part):
        return structure if structure.name != name else All() if up else Any()
    parts = [given(part, name, up) for part in structure.parts]  # type: ignore[arg-type]
    open_parts = [part for part in parts if part not in (All(), Any())]
    sure = sum(part == All() for part in parts)
    needed = structure.k if isinstance(structure, AtLeast) else len(parts) if isinstance(structure, All) else 1
    return _at_least(needed - sure, open_parts)


def _at_least(k: int, parts: list[Plain]) -> Plain:
    """Return the simplest tree for at least k of the parts."""
    if k <= 0:
        return All()
    if k > len(parts):
        return Any()
    if len(parts) == 1:
        return parts[0]
    if k in (1, len(parts)):
        return Any(*parts) if k == 1 else All(*parts)
    return AtLeast(k, *parts)


def figure(value: float) -> str:
    """Return a number with as many digits as it needs, at most twelve.

    >>> figure(0.9999), figure(0.999 * 0.999), figure(1e-18)
    ('0.9999', '0.998001', '1e-18')
    """
    return f"{value:.12g}"
