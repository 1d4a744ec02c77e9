"""An availability structure as plain data: parts and what is needed of them, read into a tree of named parts.

A leaf is a part with a name; every other node says which of its parts must be up:

    {name: db, availability: 99.95%}              or unavailability, or downtime_min_per_month
    {name: db, mtbf_h: 2000, mttr_h: 1}           mtbf_includes_repair: true if it runs from failure to failure
    {name: nodes, k: 2, n: 3, availability: 0.99} n equal units, k of them needed
    {name: db}                                    the part of this name, described elsewhere in the tree
    {all: [...]}, {any: [...]}                    every one is needed; any one is enough
    {k_of_n: {k: 2, of: [...]}}                   k of them are needed
    {fallback: {primary: ..., backup: ..., switch: 0.95}}
    soft: true                                    directly in an all: it degrades the system, it does not take it down

The same name is the same part wherever it stands, and counts once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from advisor.calculator.given import Given, collected
from advisor.calculator.trees import count, read, unknown, whole
from advisor.calculator.values import argument, built
from advisor.errors import InputError, listing, nearest
from advisor.models import reliability_structure as made
from advisor.models import unavailability
from advisor.models.downtime import Period, unavailability_from_downtime
from advisor.models.failure_rates import from_mtbf_mttr
from advisor.models.reliability_structure import Part, Structure

DEEPEST = 12
MOST_UNITS = 10_000
SAME = 1e-9
STATED = ("availability", "unavailability", "downtime_min_per_month", "mtbf_h")
LEAF = ("name", *STATED, "mttr_h", "mtbf_includes_repair", "k", "n", "soft")
WORDS = {"name": str, "k": int, "n": int, "soft": bool, "mtbf_includes_repair": bool}  # what is no number
CONVENTION = "mtbf_h is taken as the time up, A = MTBF / (MTBF + MTTR); say mtbf_includes_repair: true or false"


@dataclass
class Reading:
    """What was met while a tree was read.

    Attributes:
        names: of the parts that are described, well or not.
        parts: name -> part and where it was described first.
        assumptions: what was filled in.
    """

    names: set[str] = field(default_factory=set)
    parts: dict[str, tuple[Part, Given]] = field(default_factory=dict)
    assumptions: dict[str, None] = field(default_factory=dict)


def structure(given: Given) -> tuple[Structure, Reading]:
    """Return the tree of parts that plain data describes.

    >>> found, _ = structure(Given.of("tree", {"any": [{"name": "a", "availability": 0.9}, {"name": "a"}]}))
    >>> [part.name for part in made.leaves(found)]
    ['a', 'a']

    Raises:
        InputError: everything that is wrong with the tree.
    """
    reading = Reading()
    leaves = [leaf for leaf in _leaves(given) if leaf.data.keys() - {"name", "soft"}]
    reading.names = {str(leaf.data["name"]) for leaf in leaves}
    steps: list[Callable[[], Any]] = [partial(_describe, leaf, reading) for leaf in leaves]
    steps.append(partial(_node, given, reading, 0, False))
    try:
        return collected(steps)[-1], reading
    except InputError as error:
        raise InputError(sorted(error.problems, key=lambda problem: problem.line)) from None


def _leaves(given: Given) -> Iterator[Given]:
    """Yield every mapping with a name that is not a composition, wherever it stands."""
    if isinstance(given.data, dict):
        if "name" in given.data and not given.data.keys() & KINDS.keys():
            yield given
        for part in given.fields().values():
            yield from _leaves(part)
    elif isinstance(given.data, list):
        for part in given.items():
            yield from _leaves(part)


def _describe(leaf: Given, reading: Reading) -> None:
    """Remember the part that a leaf describes; the same name may be described twice, but only the same."""
    part = _part(leaf, reading)
    other, place = reading.parts.setdefault(part.name, (part, leaf))
    if not math.isclose(part.down, other.down, rel_tol=SAME):
        where = place.problem("").path
        raise leaf.refuse(
            f"'{part.name}' is up {part.availability:.15g} here, but {other.availability:.15g} at {where}; "
            "the same name is the same part: give it one availability or two names"
        )


def _part(leaf: Given, reading: Reading) -> Part:
    values = _values(leaf)
    name = values["name"]
    if "availability" in values and "k" not in values:
        return built(leaf, partial(Part, name, values["availability"]))
    down = built(leaf, partial(_down, values))
    if "k" in values:
        down = built(leaf, partial(unavailability.k_of_n, values["k"], values["n"], down))
    if "mtbf_h" in values and "mtbf_includes_repair" not in values:
        reading.assumptions[f"{name}: {CONVENTION}"] = None
    return built(leaf, partial(Part.from_unavailability, name, down))


def _values(leaf: Given) -> dict[str, Any]:
    """Return what a leaf states, or raise everything that is wrong with it."""
    fields = leaf.fields()
    problems = unknown(leaf, LEAF, tuple(KINDS))
    stated = [key for key in STATED if key in fields]
    if len(stated) != 1:
        found = " and ".join(stated) or "none"
        problems.append(leaf.problem(f"states {found}; a part states exactly one of {', '.join(STATED)}"))
    for key, other in (("k", "n"), ("n", "k"), ("mtbf_h", "mttr_h"), ("mttr_h", "mtbf_h")):
        if key in fields and other not in fields:
            problems.append(leaf.problem(f"has {key} but no {other}"))
    keys = [key for key in LEAF if key in fields]
    found_values = collected([partial(argument, fields[key], WORDS.get(key, float), key) for key in keys], problems)
    if "n" in fields:
        whole(fields["k"], whole(fields["n"], MOST_UNITS))
    return dict(zip(keys, found_values, strict=True))


def _down(values: Mapping[str, Any]) -> float:
    """Return the unavailability that a leaf states."""
    if "availability" in values:
        return Part(values["name"], values["availability"]).down
    if "unavailability" in values:
        return Part.from_unavailability(values["name"], values["unavailability"]).down
    if "downtime_min_per_month" in values:
        return unavailability_from_downtime(values["downtime_min_per_month"] / 60, Period.MONTH)
    includes = values.get("mtbf_includes_repair", False)
    return from_mtbf_mttr(values["mtbf_h"], values["mttr_h"], mtbf_includes_repair=includes).unavailability


def _node(given: Given, reading: Reading, depth: int, in_all: bool) -> Structure:
    if isinstance(given.data, str):
        return _known(given, given.data, reading)
    if not isinstance(given.data, dict):
        raise given.refuse(f"found {given.shown()}; must be a part with a name, or one of {', '.join(KINDS)}")
    if depth > DEEPEST:
        raise given.refuse(f"is nested more than {DEEPEST} levels deep")
    fields = given.fields()
    soft = "soft" in fields and argument(fields["soft"], bool, "soft")
    if soft and not in_all:
        raise fields["soft"].refuse("only what stands directly in an all can be soft")
    found = _composed(given, reading, depth)
    return made.Soft(found) if soft else found


def _composed(given: Given, reading: Reading, depth: int) -> Structure:
    kinds = [key for key in given.data if key in KINDS]
    if len(kinds) > 1:
        raise given.refuse(f"is {' and '.join(kinds)} at once; nest one in the other")
    if kinds:
        step = partial(KINDS[kinds[0]], given, reading, depth)
        composed: list[Structure] = collected([step], unknown(given, ("name", "soft", kinds[0])))
        return composed[0]
    if "name" not in given.data:
        collected([], unknown(given, (*KINDS, *LEAF)))
        raise given.refuse(f"has no name; a part has one, anything else is one of {', '.join(KINDS)}")
    return _known(given, argument(given.fields()["name"], str, "name"), reading)


def _known(given: Given, name: str, reading: Reading) -> Part:
    if name not in reading.names:
        names = listing(reading.names) or "none"
        hint = nearest(name, reading.names)
        raise given.refuse(f"'{name[:40]}' is described nowhere in the tree; described: {names}{hint}")
    # What is described badly has been refused already; something stands for it so that the rest can be looked at.
    return reading.parts[name][0] if name in reading.parts else Part(name, 0.0)


def _several(given: Given, reading: Reading, depth: int, in_all: bool = False) -> list[Structure]:
    if not isinstance(given.data, list) or not given.data:
        raise given.refuse(f"found {given.shown()}; must be a list of at least one part")
    return collected([partial(_node, part, reading, depth + 1, in_all) for part in given.items()])


def _all(given: Given, reading: Reading, depth: int) -> Structure:
    return made.All(*_several(given.fields()["all"], reading, depth, in_all=True))


def _any(given: Given, reading: Reading, depth: int) -> Structure:
    return made.Any(*_several(given.fields()["any"], reading, depth))


def _k_of_n(given: Given, reading: Reading, depth: int) -> Structure:
    of = partial(_several, reading=reading, depth=depth)
    found = read(given.fields()["k_of_n"], {"k": count(MOST_UNITS), "of": of})
    return built(given, partial(made.AtLeast, found["k"], *found["of"]))


def _fallback(given: Given, reading: Reading, depth: int) -> Structure:
    side = partial(_node, reading=reading, depth=depth + 1, in_all=False)
    also = {"switch": partial(_switch, reading=reading)}
    found = read(given.fields()["fallback"], {"primary": side, "backup": side}, also)
    if "switch" not in found:
        reading.assumptions["a fallback without switch is taken to work always"] = None
    return built(given, partial(made.Fallback, **found))


def _switch(given: Given, reading: Reading) -> float | Part:
    """Return the probability that the change works, or the named part that it rests on."""
    if isinstance(given.data, dict):
        return _known(given, str(given.data.get("name", "")), reading)
    value: float = argument(given, float, "switch")
    if not 0 <= value <= 1:
        raise given.refuse(f"found {value}; must be a probability from 0 to 1, or a part")
    return value


KINDS: Mapping[str, Callable[[Given, Reading, int], Structure]] = MappingProxyType(
    {"all": _all, "any": _any, "k_of_n": _k_of_n, "fallback": _fallback}
)
