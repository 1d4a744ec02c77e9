"""A selection problem from JSON, read strictly: repeated and unknown keys are errors, nothing nests without end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from advisor.errors import bad_input, listing, nearest
from advisor.selection.draft import MAX_OPTIONS, Draft, DraftOption, DraftPool, DraftRole, Place, shown
from advisor.selection.problem import NONE

KEYS = ("roles", "edges", "pairs", "aggregate", "minimize", "maximize", "limits", "requires", "excludes")
POOL_KEYS = ("kind", "units", "classes", "priority")
ROLE_KEYS = ("kind", "options", "optional")


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys came twice."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.repeated = tuple(sorted({name for name in names if names.count(name) > 1}))
    return found


def parse(text: str, file: str = "") -> Any:
    """Return the data of a JSON text. Raises :class:`~advisor.errors.InputError` when it is none."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise bad_input(
            f"is not valid JSON: {error.msg} (column {error.colno})", file=file, line=error.lineno
        ) from None
    except RecursionError:
        raise bad_input("is nested too deeply; a problem has six levels at most", file=file) from None
    except ValueError as error:  # a whole number with thousands of digits
        raise bad_input(f"is not valid JSON: {str(error).partition(';')[0]}", file=file) from None


def read(data: Any, file: str = "") -> Draft:
    """Return the draft of a problem's data, as :func:`parse` or Python code made it.

    >>> read({"rolse": {}}).problems[0].message
    "is not a known key; allowed: aggregate, edges, excludes, ...; did you mean 'roles'?"
    """
    draft = Draft(file)
    if not isinstance(data, Mapping):
        draft.note(Place(), f"found {shown(data)}; an object with the key 'roles' is expected")
        return draft
    _keys(draft, data, KEYS, Place())
    roles = data.get("roles")
    if not isinstance(roles, Mapping) or not roles:
        what = "is missing" if roles is None else f"found {shown(roles)}"
        draft.note(Place(0, "roles"), f"{what}; an object of role: options with at least one role is expected")
    else:
        for name, role in roles.items():
            _role(draft, str(name), role, Place(0, f"roles.{name}"))
        _repeated(draft, roles, Place(0, "roles"))
    _lists(draft, data)
    return draft


def _keys(draft: Draft, data: Mapping[str, Any], allowed: tuple[str, ...], place: Place) -> None:
    for name in data:
        if name not in allowed:
            draft.note(place, f"is not a known key; allowed: {listing(allowed)}{nearest(name, allowed)}", str(name))
    _repeated(draft, data, place)


def _repeated(draft: Draft, data: Mapping[str, Any], place: Place) -> None:
    for name in getattr(data, "repeated", ()):
        draft.note(place, "is given twice", name)


def _role(draft: Draft, name: str, role: Any, place: Place) -> None:
    """Add a role: a list of options, ``{"options": [...], "optional": true}`` or a pool."""
    if isinstance(role, Mapping) and role.get("kind") == "pool":
        _keys(draft, role, POOL_KEYS, place)
        draft.pools[name] = DraftPool(
            place,
            _mapping(draft, role, "units", place),
            _mapping(draft, role, "classes", place),
            role.get("priority"),
        )
        return
    options, optional = role, False
    if isinstance(role, Mapping):
        _keys(draft, role, ROLE_KEYS, place)
        options, optional = role.get("options"), role.get("optional", False)
        if role.get("kind") not in (None, "choice"):
            draft.note(place, f"found {shown(role['kind'])}; allowed: choice, pool", "kind")
        if not isinstance(optional, bool):
            draft.note(place, f"found {shown(optional)}; true or false is expected", "optional")
        place = Place(0, f"{place.path}.options")
    found = draft.roles[name] = DraftRole(place, optional=optional is True)
    if not isinstance(options, list | tuple):
        draft.note(place, f"found {shown(options)}; a list of options is expected")
        found.options.append(DraftOption(NONE, {}, place))
        return
    for index, option in enumerate(options):
        _option(draft, found, option, Place(0, f"{place.path}[{index}]"))


def _option(draft: Draft, role: DraftRole, option: Any, place: Place) -> None:
    if not isinstance(option, Mapping):
        draft.note(place, f'found {shown(option)}; an object such as {{"option": "a", "cost": 1}} is expected')
        return
    _repeated(draft, option, place)
    name = option.get("option")
    if not isinstance(name, str) or not name:
        what = "is missing" if "option" not in option else f"found {shown(name)}"
        draft.note(place, f"{what}; a name is expected", "option")
        return
    role.options.append(DraftOption(name, {str(k): v for k, v in option.items() if k != "option"}, place))


def _mapping(draft: Draft, data: Mapping[str, Any], key: str, place: Place) -> Mapping[str, Any]:
    found = data.get(key)
    if isinstance(found, Mapping) and found:
        _repeated(draft, found, Place(0, f"{place.path}.{key}"))
        return found
    what = "is missing" if key not in data else f"found {shown(found)}"
    draft.note(place, f"{what}; an object with at least one entry is expected", key)
    return {}


def _lists(draft: Draft, data: Mapping[str, Any]) -> None:
    """Collect everything beside the roles with its place."""
    draft.edges += _list(draft, data, "edges")
    draft.pairs += _list(draft, data, "pairs")
    draft.limits += _list(draft, data, "limits")
    for key in ("requires", "excludes"):
        draft.rules += [(key, members, place) for members, place in _list(draft, data, key)]
    for key in ("minimize", "maximize"):
        if key in data:
            draft.goals.append((key, data[key], Place(0, key)))
    aggregate = data.get("aggregate", {})
    if isinstance(aggregate, Mapping):
        _repeated(draft, aggregate, Place(0, "aggregate"))
        draft.aggregate = {str(k): (v, Place(0, f"aggregate.{k}")) for k, v in aggregate.items()}
    else:
        draft.note(Place(0, "aggregate"), f"found {shown(aggregate)}; an object of attribute: aggregation is expected")
    if sum(len(role.options) for role in draft.roles.values()) > MAX_OPTIONS:
        draft.note(Place(0, "roles"), f"hold more than {MAX_OPTIONS:,} options, the most that is read")


def _list(draft: Draft, data: Mapping[str, Any], key: str) -> list[tuple[Any, Place]]:
    found = data.get(key, [])
    if not isinstance(found, list | tuple):
        draft.note(Place(0, key), f"found {shown(found)}; a list is expected")
        return []
    return [(item, Place(0, f"{key}[{index}]")) for index, item in enumerate(found)]
