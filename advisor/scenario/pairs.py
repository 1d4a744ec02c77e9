"""Pairs that must, or must not, be chosen together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.errors import Problem, listing, nearest
from advisor.scenario.model import Choices
from advisor.scenario.requirements import Filter
from advisor.schema import shown
from advisor.yamlfile import Document


class Chosen(Protocol):
    """What a pair needs to know of a candidate: its role, and the components and options that it runs."""

    @property
    def role(self) -> str:
        """The role that it fills."""

    @property
    def names(self) -> frozenset[str]:
        """The ids of the components and options that it runs."""


@dataclass(frozen=True)
class Member:
    """One side of a pair: a component or an option, in one role or (None) wherever it is used."""

    name: str
    role: str | None = None

    def within(self, candidate: Chosen) -> bool:
        """Return whether a candidate runs it in a role that it speaks about."""
        return self.role in (None, candidate.role) and self.name in candidate.names

    def roles(self, design: Mapping[str, Chosen]) -> list[str]:
        """Return the roles of a design in which it is used."""
        return [role for role, candidate in design.items() if self.within(candidate)]

    def __str__(self) -> str:
        """Return it as the scenario names it.

        >>> str(Member("qdrant")), str(Member("qdrant", "vector_store"))
        ('qdrant', 'vector_store: qdrant')
        """
        return f"{self.role}: {self.name}" if self.role else self.name


@dataclass(frozen=True)
class Pair(Filter):
    """A rule on two choices: both or neither (``together``), or at most one of them (``apart``).

    It never speaks about an option alone. ``values``: both members as text, for people.
    """

    members: tuple[Member, ...] = ()

    @property
    def words(self) -> str:
        """What it asks, without its path: ``at most one of kong and qdrant``."""
        names = " and ".join(map(str, self.members))
        return f"both or neither of {names}" if self.allow else f"at most one of {names}"

    def admits(self, role: str, component: Component | None, option: Option | None) -> bool:
        """Return True: no option breaks a pair on its own."""
        return True

    def broken_by(self, design: Mapping[str, Chosen]) -> str:
        """Return what breaks it in a design, in words; "" when it holds."""
        first, second = ((member, member.roles(design)) for member in self.members)
        if self.kind == "apart":
            return f"{first[0]} beside {second[0]}" if first[1] and second[1] else ""
        if bool(first[1]) == bool(second[1]):
            return ""
        there, missing = (first, second) if first[1] else (second, first)
        return f"{there[0]} without {missing[0]}"


def pairs(choices: Choices) -> Iterator[Pair]:
    """Yield the pairs of a checked scenario, with their places."""
    for kind, found in (("together", choices.together), ("apart", choices.apart)):
        for index, two in enumerate(found):
            members = tuple(Member(side.name, side.role) for side in two)
            names = frozenset(map(str, members))
            yield Pair(f"choices.{kind}[{index}]", kind, names, kind == "together", None, members)


def pair_problems(document: Document, choices: Choices, blueprint: Blueprint, catalog: Catalog) -> Iterator[Problem]:
    """Yield names that are nowhere in the catalog or cannot be used here, unknown roles, and pairs of one thing."""
    for kind, found in (("together", choices.together), ("apart", choices.apart)):
        for index, two in enumerate(found):
            place = ("choices", kind, index)
            members = [Member(side.name, side.role) for side in two]
            for number, one in enumerate(members):
                yield from _member_problems(document, (*place, number), one, blueprint, catalog)
            if members[0] == members[1]:
                yield document.problem(place, f"names {shown(str(members[0]))} twice; a pair needs two choices")


def share_problems(document: Document, choices: Choices, blueprint: Blueprint, catalog: Catalog) -> Iterator[Problem]:
    """Yield unknown roles, roles in two groups, and groups that no option of the catalog can serve alone."""
    seen: dict[str, int] = {}
    for index, group in enumerate(choices.share):
        for number, role in enumerate(group):
            place = ("choices", "share", index, number)
            if role not in blueprint.roles:
                known = listing(blueprint.roles, 20)
                near = nearest(role, blueprint.roles)
                yield document.problem(place, f"{shown(role)} is not a role of {blueprint.id}; roles: {known}{near}")
            elif role in seen:
                yield document.problem(place, f"'{role}' is in a group already; a role can be in one")
            seen.setdefault(role, index)
        if all(role in blueprint.roles for role in group) and len(set(group)) == len(group):
            able = [{option.id for _, option in catalog.options_for(role)} for role in group]
            if not set.intersection(*able):
                names = " and ".join(group)
                yield document.problem(("choices", "share", index), f"no option of the catalog can serve {names} alone")


def _member_problems(
    document: Document, place: tuple[str | int, ...], one: Member, blueprint: Blueprint, catalog: Catalog
) -> Iterator[Problem]:
    if one.role is not None and one.role not in blueprint.roles:
        yield document.problem(
            place,
            f"{shown(one.role)} is not a role of {blueprint.id}; roles: {listing(blueprint.roles, 20)}"
            f"{nearest(one.role, blueprint.roles)}",
        )
        return
    roles = [one.role] if one.role else list(blueprint.roles)
    fitting = {name for role in roles for c, option in catalog.options_for(role) for name in (c.id, option.id)}
    if one.name in fitting:
        return
    known = one.name in catalog.options or one.name in catalog.records.components
    what = f"cannot fill {one.role or 'any role here'}" if known else "is not a component or option of the catalog"
    yield document.problem(place, f"found {shown(one.name)}, which {what}{nearest(one.name, fitting)}")
