"""Where the user stands: the running design, and the hours that leaving it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.errors import Problem, listing, nearest
from advisor.scenario.assumption import Assumption
from advisor.scenario.model import Today
from advisor.schema import shown
from advisor.yamlfile import Document

DEFAULT_MIGRATION_H = 80.0
DEFAULT_HORIZON_MONTHS = 24.0


@dataclass(frozen=True)
class Running:
    """What runs in a role: a component, and its option where that is stated. Neither: the role is left out today."""

    component: str = ""
    option: str = ""
    cloud: str = ""
    mode: str = ""


@dataclass(frozen=True)
class Standing:
    """The design of today and the price of leaving it.

    Attributes:
        running: role -> what runs there; a role that is missing is new, and building it is no migration.
        migration_h: role -> hours to move it.
        horizon_months: months over which a move is paid off.
    """

    running: Mapping[str, Running] = field(default_factory=dict)
    migration_h: Mapping[str, float] = field(default_factory=dict)
    horizon_months: float = DEFAULT_HORIZON_MONTHS

    def hours(self, role: str, component: Component | None, option: Option | None) -> float:
        """Return the hours that it takes to have this in a role instead of what runs there.

        Another component is a move, and so is the same one in another cloud or mode; another size of it is not.
        """
        now = self.running.get(role)
        if now is None or not now.component or component is None or option is None:
            return 0.0
        stays = component.id == now.component and (
            not now.option or (option.cloud, option.mode) == (now.cloud, now.mode)
        )
        return 0.0 if stays else self.migration_h[role]


def standing(raw: Today | None, catalog: Catalog) -> Standing:
    """Return where a scenario's author stands."""
    if raw is None:
        return Standing()
    default = DEFAULT_MIGRATION_H if raw.default_migration_h is None else raw.default_migration_h
    return Standing(
        {role: _running(name, catalog) for role, name in raw.design.items()},
        {role: raw.migration_h.get(role, default) for role in raw.design},
        raw.horizon_months or DEFAULT_HORIZON_MONTHS,
    )


def today_assumptions(raw: Today | None) -> Iterator[Assumption]:
    """Yield the figures of a move that the scenario leaves out."""
    if raw is None:
        return
    if raw.default_migration_h is None and set(raw.design) - set(raw.migration_h):
        yield Assumption(
            "hours to move a role that runs today",
            f"{DEFAULT_MIGRATION_H:g} h",
            "two weeks of one person; depends on data and interfaces, estimate yours",
            "today.migration_h",
        )
    if raw.horizon_months is None:
        yield Assumption(
            "months over which a move is paid off",
            f"{DEFAULT_HORIZON_MONTHS:g} months",
            "a usual planning horizon",
            "today.horizon_months",
        )


def _running(name: str, catalog: Catalog) -> Running:
    """Return what a name means: a component, an option, or a candidate's id, which starts with its option."""
    if name == "none":
        return Running()
    option = _option_of(name, catalog)
    if option is None:
        return Running(name)
    component, found = catalog.options[option]
    return Running(component.id, found.id, found.cloud, found.mode)


def _option_of(name: str, catalog: Catalog) -> str | None:
    if name in catalog.options:
        return name
    start = name.split(".", maxsplit=1)[0]
    return start if "." in name and start in catalog.options else None


def today_problems(document: Document, raw: Today | None, blueprint: Blueprint, catalog: Catalog) -> Iterator[Problem]:
    """Yield roles that the blueprint does not have, and components that cannot fill theirs."""
    if raw is None:
        return
    for section in ("design", "migration_h"):
        for role in getattr(raw, section):
            if role not in blueprint.roles:
                yield document.problem(
                    ("today", section, role),
                    f"is not a role of {blueprint.id}; roles: {listing(blueprint.roles, 20)}"
                    f"{nearest(role, blueprint.roles)}",
                )
            elif section == "migration_h" and role not in raw.design:
                yield document.problem(
                    ("today", section, role), "has no component in today.design, so nothing is moved"
                )
    for role, name in raw.design.items():
        if role in blueprint.roles:
            yield from _name_problems(document, role, name, catalog)


def _name_problems(document: Document, role: str, name: str, catalog: Catalog) -> Iterator[Problem]:
    fitting = {known for component, option in catalog.options_for(role) for known in (component.id, option.id)}
    if name != "none" and (_option_of(name, catalog) or name) not in fitting:
        yield document.problem(
            ("today", "design", role),
            f"found {shown(name)}, which is not a component or option for this role{nearest(name, fitting)}",
        )
