"""What drives what: which roles are asked for more when one dimension of a blueprint grows.

Each dimension of ``Blueprint.growth`` names the parameters that grow together. The demand on every role is computed
before and after; nothing is chosen and nothing is solved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from advisor.candidates.demand import demands
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog
from advisor.scenario.load import Scenario, scenario_from_text

LEAST_CHANGE = 1e-6  # a relative change of demand below this is rounding


@dataclass(frozen=True)
class Driven:
    """How much more is asked of a role.

    Attributes:
        growth: demand dimension -> demand after over demand before; infinite where nothing was asked before.
    """

    role: str
    growth: Mapping[str, float]


@dataclass(frozen=True)
class Driver:
    """A dimension of growth, and the roles that it drives.

    Attributes:
        dimension: data, throughput, inference, memory or coordination.
        parameters: what grows together; factor: how much.
    """

    dimension: str
    parameters: tuple[str, ...]
    factor: float
    roles: tuple[Driven, ...]


def drivers(scenario: Scenario, catalog: Catalog, factor: float = 10.0) -> tuple[Driver, ...]:
    """Return, for each dimension of growth, the roles that are asked for more when it grows by ``factor``.

    Optional roles are in use. A parameter that is 0 grows from 1, so that what is not used yet shows what it would
    drive; nothing grows beyond the most that its parameter allows.

    >>> import advisor
    >>> known = advisor.load_catalog()
    >>> copilot = advisor.load_scenario("examples/support_copilot/scenario.yml", known)
    >>> data = next(one for one in drivers(copilot, known) if one.dimension == "data")
    >>> [driven.role for driven in data.roles]
    ['vector_store', 'object_store']
    """
    blueprint = catalog.blueprint(scenario.blueprint.id)  # with the steps that this workload does not take

    def under(changed: Mapping[str, float]) -> Scenario:
        workload = {**scenario.workload, **changed}
        return replace(scenario, workload=workload, blueprint=blueprint.taken(workload))

    found = []
    for dimension, names in blueprint.growth.items():
        start = {name: scenario.workload[name] or 1.0 for name in names}
        driven = _driven(under(start), under(_grown(blueprint, start, factor)))
        found.append(Driver(dimension, tuple(names), factor, driven))
    return tuple(found)


def example(blueprint: Blueprint, catalog: Catalog) -> Scenario:
    """Return the scenario of a blueprint's own example values, without requirements."""
    import yaml

    workload = {name: one.example for name, one in blueprint.parameters.items() if one.example is not None}
    text = yaml.safe_dump({"title": blueprint.title, "blueprint": blueprint.id, "workload": workload})
    return scenario_from_text(text, catalog, f"{blueprint.id}, example values")


def _grown(blueprint: Blueprint, start: Mapping[str, float], factor: float) -> dict[str, float]:
    most = {name: blueprint.parameters[name].most for name in start}
    return {name: min(value * factor, most[name]) for name, value in start.items()}


def _driven(before: Scenario, after: Scenario) -> tuple[Driven, ...]:
    caches = frozenset(before.blueprint.cache_roles)
    old, new = demands(before, caches), demands(after, caches)
    found = (Driven(role, _growth(old[role].peak, new[role].peak)) for role in before.blueprint.roles)
    return tuple(one for one in found if one.growth)


def _growth(old: Mapping[str, float], new: Mapping[str, float]) -> dict[str, float]:
    ratios = {name: (new[name] / old[name] if old.get(name) else float("inf")) for name in new if new[name] > 0}
    return {name: ratio for name, ratio in ratios.items() if ratio > 1 + LEAST_CHANGE}
