"""From a draft to a checked problem, or to everything that is wrong with it, in one raise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from advisor.errors import InputError, Problem, listing, nearest
from advisor.selection import check_parts
from advisor.selection.draft import Draft, Place
from advisor.selection.judge import topological
from advisor.selection.problem import NONE, Aggregation, Goal, Limit, Option, Role, SelectionProblem
from advisor.selection.wishes import aggregation, parse_limit

MOST_PROBLEMS = 1000  # that are listed one by one


def check(draft: Draft) -> SelectionProblem:
    """Return the problem of a draft. Raises :class:`~advisor.errors.InputError` with every problem found."""
    roles = tuple(_role(draft, name) for name in draft.roles)
    pools = tuple(check_parts.pool(draft, name) for name in draft.pools)
    edges = check_parts.edges(draft)
    pairs = check_parts.pairs(draft, roles)
    rules = check_parts.rules(draft, roles)
    if not draft.roles and not draft.pools and not draft.problems:
        draft.note(Place(), "holds no role; at least one is needed")
    known = _attributes(roles)
    _complete(draft, known)
    everything = dict.fromkeys(
        [*known, *(a for pair in pairs for a in pair.values), *(a for p in pools for u in p.units.values() for a in u)]
    )
    aggregations = _aggregations(draft, everything)
    found = SelectionProblem(
        roles,
        pools,
        aggregations,
        _goal(draft, everything),
        tuple(_limits(draft, everything)),
        rules,
        edges,
        pairs,
    )
    _ranges(draft, found)
    assumptions = check_parts.pool_resources(draft, found, known)
    if draft.problems:
        raise InputError(_bounded(draft))
    return replace(found, assumptions=assumptions)


def _bounded(draft: Draft) -> list[Problem]:
    found = list(dict.fromkeys(draft.problems))
    if len(found) > MOST_PROBLEMS:
        more = Problem(draft.file, 0, "", f"and {len(found) - MOST_PROBLEMS:,} more problems")
        return [*found[:MOST_PROBLEMS], more]
    return found


def _role(draft: Draft, name: str) -> Role:
    """Return a role; what is wrong with it is noted, and the rest kept so that more can be checked."""
    written = draft.roles[name]
    options: dict[str, Option] = {}
    first: dict[str, Place] = {}
    for option in written.options:
        if option.name in options:
            where = f"line {first[option.name].line}" if first[option.name].line else first[option.name].path
            draft.note(option.place, f"the option '{option.name}' of '{name}' is given twice; first at {where}")
        numbers = {a: draft.number(value, option.place, a) for a, value in option.values.items()}
        if option.name in options:
            continue
        options[option.name] = Option(option.name, {a: v for a, v in numbers.items() if v is not None})
        first[option.name] = option.place
    if not options:
        draft.note(written.place, f"the role '{name}' has no options")
    if written.optional and NONE not in options:
        options[NONE] = Option(NONE, {})
    return Role(name, tuple(options.values()))


def _attributes(roles: tuple[Role, ...]) -> dict[str, str]:
    """Return attribute -> the first option that states it."""
    found: dict[str, str] = {}
    for role in roles:
        for option in role.options:
            for attribute in option.values:
                found.setdefault(attribute, f"{role.name}/{option.name}")
    return found


def _complete(draft: Draft, known: Mapping[str, str]) -> None:
    """Note every option that lacks an attribute which another option has; ``none`` may lack any."""
    for name, role in draft.roles.items():
        for option in role.options:
            if option.name == NONE:
                continue
            for attribute in known:
                if attribute not in option.values:
                    draft.note(option.place, f"'{option.name}' of '{name}' has no {attribute}", attribute)


def _aggregations(draft: Draft, attributes: Mapping[str, object]) -> dict[str, Aggregation]:
    found = dict.fromkeys(attributes, Aggregation.SUM)
    for attribute, (name, place) in draft.aggregate.items():
        if attribute not in attributes:
            draft.note(place, _unknown(attribute, attributes))
            continue
        try:
            found[attribute] = aggregation(name)
        except ValueError as error:
            draft.note(place, str(error))
    return dict(sorted(found.items()))


def _unknown(attribute: object, attributes: Mapping[str, object]) -> str:
    return (
        f"found '{attribute}', which no option has; attributes: {listing(attributes)}{nearest(attribute, attributes)}"
    )


def _goal(draft: Draft, attributes: Mapping[str, object]) -> Goal | None:
    if len(draft.goals) > 1:
        draft.note(draft.goals[-1][2], "there can be one goal only: minimize or maximize one attribute")
    for direction, attribute, place in draft.goals:
        if not isinstance(attribute, str) or attribute not in attributes:
            draft.note(place, _unknown(attribute, attributes))
        else:
            return Goal(attribute, direction == "maximize")
    return None


def _limits(draft: Draft, attributes: Mapping[str, object]) -> Iterator[Limit]:
    seen: set[Limit] = set()
    for text, place in draft.limits:
        try:
            limit = parse_limit(text)
        except ValueError as error:
            draft.note(place, str(error))
            continue
        if limit.attribute not in attributes:
            draft.note(place, _unknown(limit.attribute, attributes))
        elif limit not in seen:
            seen.add(limit)
            yield limit


def _ranges(draft: Draft, problem: SelectionProblem) -> None:
    """Note values that their aggregation cannot take, and edges that run in a circle."""
    rules: dict[Aggregation, tuple[Callable[[float], bool], str]] = {
        Aggregation.PRODUCT: (lambda v: 0 < v <= 1, "a product needs values greater than 0 and at most 1"),
        Aggregation.CRITICAL_PATH: (lambda v: v >= 0, "a critical path needs values of at least 0"),
    }
    for attribute, kind in problem.aggregations.items():
        if kind not in rules:
            continue
        fits, message = rules[kind]
        for place, value in _written(draft, attribute):
            if not fits(value):
                draft.note(place, f"found {value:.15g}; {message}", attribute)
    if Aggregation.CRITICAL_PATH in problem.aggregations.values():
        _no_cycle(draft, problem)


def _written(draft: Draft, attribute: str) -> Iterator[tuple[Place, float]]:
    for role in draft.roles.values():
        for option in role.options:
            if isinstance(option.values.get(attribute), int | float):
                yield option.place, float(option.values[attribute])
    for pair, place in draft.pairs:
        if isinstance(pair, Mapping) and isinstance(pair.get(attribute), int | float):
            yield place, float(pair[attribute])


def _no_cycle(draft: Draft, problem: SelectionProblem) -> None:
    names = [role.name for role in problem.roles]
    left = set(names) - set(topological(problem.edges, names))
    inside = Counter(edge for edge in problem.edges if edge[0] in left and edge[1] in left)
    while inside and (loose := left - {a for a, _ in inside} | left - {b for _, b in inside}):
        left -= loose  # what only leads to a circle, or away from one
        inside = Counter(edge for edge in inside if edge[0] in left and edge[1] in left)
    if left:
        draft.note(Place(0, "edges"), f"run in a circle through {listing(left)}; a critical path needs an order")
