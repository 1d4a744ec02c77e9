"""Checks of what refers to roles and options: edges, pairs, rules, pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.errors import listing, nearest
from advisor.selection.draft import Draft, Place, shown
from advisor.selection.problem import NONE, Aggregation, Demand, Member, Pair, Pool, Role, Rule, SelectionProblem

PAIR_KEYS = ("from", "from_option", "to", "to_option")
CLASS_KEYS = ("demand", "throughput", "priority")
LEAST_IMPORTANT = 100


def edges(draft: Draft) -> tuple[tuple[str, str], ...]:
    """Return the edges between known, different roles."""
    found: dict[tuple[str, str], Place] = {}
    for edge, place in draft.edges:
        if not isinstance(edge, list | tuple) or len(edge) != 2 or not all(isinstance(end, str) for end in edge):
            draft.note(place, f"found {shown(edge)}; two roles are expected: [from, to]")
            continue
        if not all([_is_role(draft, end, place) for end in edge]):
            continue
        source, target = edge
        if source == target:
            draft.note(place, f"leads from '{source}' to itself")
        elif (source, target) in found:
            draft.note(place, f"the edge from '{source}' to '{target}' is given twice")
        else:
            found[source, target] = place
    return tuple(found)


def _is_role(draft: Draft, name: Any, place: Place, *path: str) -> bool:
    if name in draft.roles:
        return True
    if name in draft.pools:
        draft.note(place, f"'{name}' is a pool; a role with options is expected", *path)
    else:
        known = list(draft.roles)
        draft.note(
            place, f"found {shown(name)}, which is no role; roles: {listing(known)}{nearest(name, known)}", *path
        )
    return False


def _is_option(draft: Draft, options: Mapping[str, set[str]], member: Member, place: Place, *path: str) -> bool:
    role, option = member
    if not _is_role(draft, role, place, *path[:1]):
        return False
    if option in options[role]:
        return True
    known = options[role]
    message = f"found {shown(option)}, which '{role}' does not have; options: {listing(known)}{nearest(option, known)}"
    draft.note(place, message, *path[1:])
    return False


def _options(roles: Sequence[Role]) -> dict[str, set[str]]:
    return {role.name: {option.name for option in role.options} for role in roles}


def pairs(draft: Draft, roles: Sequence[Role]) -> tuple[Pair, ...]:
    """Return the pair terms between options that exist."""
    options = _options(roles)
    found: dict[tuple[Member, Member], Pair] = {}
    joined = {tuple(edge) for edge, _ in draft.edges if isinstance(edge, list | tuple)}
    for item, place in draft.pairs:
        missing = [key for key in PAIR_KEYS if not isinstance(item, Mapping) or not isinstance(item.get(key), str)]
        if missing:
            draft.note(place, f"{listing(missing)} must be given as text, with what the pair adds")
            continue
        source, target = (item["from"], item["from_option"]), (item["to"], item["to_option"])
        ends = [
            _is_option(draft, options, source, place, "from", "from_option"),
            _is_option(draft, options, target, place, "to", "to_option"),
        ]
        if not all(ends):
            continue
        if source[0] == target[0]:
            draft.note(place, f"joins two options of '{source[0]}', of which only one is chosen")
        elif (source, target) in found:
            draft.note(place, f"the pair {'/'.join(source)} to {'/'.join(target)} is given twice")
        else:
            found[source, target] = Pair(source, target, _pair_values(draft, item, place, joined))
    return tuple(found.values())


def _pair_values(draft: Draft, item: Mapping[str, Any], place: Place, joined: set[tuple[Any, ...]]) -> dict[str, float]:
    values = {}
    for name, value in item.items():
        if name in PAIR_KEYS:
            continue
        number = draft.number(value, place, name)
        on_edge = draft.aggregate.get(name, ("", place))[0] == Aggregation.CRITICAL_PATH.value
        if on_edge and (item["from"], item["to"]) not in joined:
            draft.note(
                place, f"there is no edge from '{item['from']}' to '{item['to']}' that {name} could count on", name
            )
        elif number is not None:
            values[name] = number
    return values


def rules(draft: Draft, roles: Sequence[Role]) -> tuple[Rule, ...]:
    """Return the rules over options that exist."""
    options = _options(roles)
    found: dict[Rule, None] = {}
    for kind, members, place in draft.rules:
        usable = isinstance(members, list | tuple) and len(members) >= 2
        if not usable or not all(_is_member(member) for member in members):
            draft.note(place, f"found {shown(members)}; at least two [role, option] pairs are expected")
            continue
        ends = [(role, option) for role, option in members]
        if all([_is_option(draft, options, end, place) for end in ends]):
            found[Rule(kind, tuple(ends))] = None
    return tuple(found)


def _is_member(member: Any) -> bool:
    return isinstance(member, list | tuple) and len(member) == 2 and all(isinstance(part, str) for part in member)


def pool(draft: Draft, name: str) -> Pool:
    """Return a pool; a class that no unit type can serve is noted by name."""
    written = draft.pools[name]
    units = {
        str(unit): _numbers(draft, values, Place(0, f"{written.place.path}.units.{unit}"))
        for unit, values in written.units.items()
    }
    first = _priority(draft, written.priority, written.place)
    classes = tuple(_demand(draft, written.place, str(c), v, units, first) for c, v in written.classes.items())
    return Pool(name, units, classes)


def _priority(draft: Draft, value: Any, place: Place) -> int | None:
    """Return a priority, None where none is given."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LEAST_IMPORTANT):
        return value
    message = f"found {shown(value)}; a whole number from 1 (served first) to {LEAST_IMPORTANT} is expected"
    draft.note(place, message, "priority")
    return None


def _numbers(draft: Draft, values: Any, place: Place) -> dict[str, float]:
    if not isinstance(values, Mapping):
        draft.note(place, f"found {shown(values)}; an object of name: number is expected")
        return {}
    found = {str(name): draft.number(value, place, str(name)) for name, value in values.items()}
    for name in getattr(values, "repeated", ()):
        draft.note(place, "is given twice", name)
    for name, value in found.items():
        if value is not None and value < 0:
            draft.note(place, f"found {value:.15g}; must be at least 0", name)
    return {name: value for name, value in found.items() if value is not None}


def _demand(
    draft: Draft, pool_place: Place, name: str, value: Any, units: Mapping[str, object], priority: int | None
) -> Demand:
    place = Place(0, f"{pool_place.path}.classes.{name}")
    if not isinstance(value, Mapping):
        draft.note(place, f'found {shown(value)}; {{"demand": ..., "throughput": {{unit: ...}}}} is expected')
        return Demand(name, 0.0, {})
    for key in value:
        if key not in CLASS_KEYS:
            draft.note(place, f"is not a known key; allowed: {listing(CLASS_KEYS)}{nearest(key, CLASS_KEYS)}", str(key))
    amount = _numbers(draft, {"demand": value.get("demand")}, place).get("demand", 0.0)
    throughput = _numbers(draft, value.get("throughput"), Place(0, f"{place.path}.throughput"))
    for unit in set(throughput) - set(units):
        message = f"is no unit type of this pool; units: {listing(units)}{nearest(unit, units)}"
        draft.note(place, message, "throughput", unit)
    serving = {unit: rate for unit, rate in throughput.items() if rate > 0 and unit in units}
    if amount > 0 and not serving:
        draft.note(
            place, f"no unit type can serve the class '{name}': every throughput is zero or missing", "throughput"
        )
    own = _priority(draft, value.get("priority"), place)
    return Demand(name, amount, serving, priority if own is None else own)


def pool_resources(draft: Draft, problem: SelectionProblem, of_options: Mapping[str, object]) -> tuple[str, ...]:
    """Return what units are taken to use none of; note a goal that a unit type does not state.

    A unit type uses none of a resource that it does not name (cards of another type), but the price of a unit has to
    be said: an attribute that is the goal must be there.
    """
    wanted = {problem.goal.attribute} if problem.goal else set()
    bounded = {limit.attribute for limit in problem.limits}
    assumed = []
    for one in problem.pools:
        place = draft.pools[one.name].place
        for unit, values in one.units.items():
            for attribute in sorted(wanted - set(values)):
                if problem.aggregations.get(attribute) is Aggregation.SUM:
                    draft.note(place, f"has no {attribute}, which is to be optimised", "units", unit)
            for attribute in values:
                kind = problem.aggregations[attribute]
                if kind is not Aggregation.SUM:
                    draft.note(
                        place, f"units of a pool add up; {attribute} is aggregated by {kind.value}", "units", unit
                    )
        stated = {attribute for values in one.units.values() for attribute in values}
        for attribute in sorted((bounded & set(of_options)) - stated):
            assumed.append(f"pool {one.name} adds nothing to {attribute}, which none of its units states")
    left_out = [role.name for role in problem.roles if any(o.name == NONE and not o.values for o in role.options)]
    if left_out:
        assumed.append(f"left out, {listing(left_out)} adds nothing to any total")
    return tuple(assumed)
