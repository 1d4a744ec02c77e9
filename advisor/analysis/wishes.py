"""What the names in a question mean: which role each shall fill, and what is wrong with those that fit none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.analysis.forced import Wish, names_of
from advisor.candidates.candidate import NONE
from advisor.candidates.table import Table
from advisor.errors import InputError, Problem, listing, nearest


def find_wishes(table: Table, names: Sequence[str], roles: Sequence[str] = ()) -> tuple[tuple[Wish, ...], ...]:
    """Return the questions that names mean: one for each role that a single name fits, one for several names together.

    Args:
        names: components, options, candidate ids, or ``none``.
        roles: what each name shall fill, in the order of the names; needed where a name fits several of them.

    Raises:
        InputError: unknown names and roles (with the nearest), a name that does not fit its role, two names for one
            role, or several names of which one fits several roles.
    """
    problems = [_unknown_role(table, role) for role in roles if role not in table.candidates]
    if not problems and roles and len(roles) != len(names):
        problems = [
            Problem("", 0, "--role", f"found {len(roles)} roles for {len(names)} components; give one for each")
        ]
    if problems:
        raise InputError(problems)
    fitting = [_roles_for(table, name, roles[index : index + 1]) for index, name in enumerate(names)]
    problems = [_misfit(table, name, roles[i : i + 1]) for i, name in enumerate(names) if not fitting[i]]
    if len(names) > 1 and not problems:
        problems = list(_together(names, fitting))
    if problems:
        raise InputError(problems)
    if len(names) == 1:
        return tuple((Wish(role, names[0]),) for role in fitting[0])
    return (tuple(Wish(found[0], name) for name, found in zip(names, fitting, strict=True)),)


def _unknown_role(table: Table, role: str) -> Problem:
    known = table.candidates
    return Problem("", 0, "--role", f"found '{role}'; roles: {listing(known, 20)}{nearest(role, known)}")


def _known_names(table: Table, role: str) -> set[str]:
    found = {name for c in table.candidates[role] for name in names_of(c)}
    return found | {name for component, option in table.catalog.options_for(role) for name in (component.id, option.id)}


def _roles_for(table: Table, name: str, wanted: Sequence[str]) -> list[str]:
    return [role for role in (wanted or table.candidates) if name in _known_names(table, role)]


def _misfit(table: Table, name: str, wanted: Sequence[str]) -> Problem:
    known = {found for role in (wanted or table.candidates) for found in _known_names(table, role)}
    what = f"cannot fill {wanted[0]}" if wanted else f"fills no role of {table.scenario.blueprint.id}"
    if name == NONE:
        blueprint = table.scenario.blueprint.id
        what = f"{wanted[0]} is not optional in {blueprint}" if wanted else f"no role of {blueprint} is optional"
        return Problem("", 0, "COMPONENT", f"found 'none', but {what}")
    short = {found for found in known if "." not in found}  # without the sizes: components and options
    return Problem("", 0, "COMPONENT", f"found '{name}', which {what}{nearest(name, short)}")


def _together(names: Sequence[str], fitting: Sequence[Sequence[str]]) -> Iterator[Problem]:
    for name, found in zip(names, fitting, strict=True):
        if len(found) > 1:
            yield Problem("", 0, "COMPONENT", f"'{name}' fits {listing(found)}; say which with --role, one for each")
    roles = [found[0] for found in fitting]
    if all(len(found) == 1 for found in fitting) and len(set(roles)) < len(roles):
        yield Problem("", 0, "COMPONENT", f"{' and '.join(names)} both fill {roles[0]}; a role has one component")
