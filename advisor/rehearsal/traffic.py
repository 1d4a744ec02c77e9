"""The volumes of a scenario multiplied, and what it allows to spend with them."""

from __future__ import annotations

from collections.abc import Iterable

from advisor import expression
from advisor.analysis.paths import at
from advisor.analysis.volumes import find_parameters
from advisor.catalog.load import Catalog
from advisor.rehearsal import words
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, OPERATIONS, Bound
from advisor.yamlfile import parse

A_MONTH = "_per_month"  # how the names of rates end; a factor on a rate would grow the traffic twice


def grown(scenario: Scenario, catalog: Catalog, factor: float) -> dict[str, object]:
    """Return the changes that multiply the traffic, within what each rate may be.

    Traffic is what grows of the rates a month at which flows start: questions, payments, events.

    Raises:
        InputError: nothing of that is above 0.

    >>> import advisor
    >>> grown(advisor.load_scenario(advisor.example("card_fraud")), advisor.load_catalog(), 2.0)
    {'workload.requests_per_month': 100000000.0}
    """
    blueprint = catalog.blueprint(scenario.blueprint.id)
    rates = {n for flow in blueprint.flows.values() for n in expression.parse(flow.rate_per_month).names}
    found: dict[str, object] = {}
    for name, value in find_parameters(scenario, blueprint, ()).items():
        if name not in rates or not name.endswith(A_MONTH):
            continue
        parameter = blueprint.parameters[name]
        wanted = min(max(value * factor, parameter.least or 0.0), parameter.most)
        found |= _written(scenario, name, wanted, factor)
    return found


def titles(scenario: Scenario, changes: Iterable[str]) -> list[str]:
    """Return what the parameters are called of which the paths of some changes are.

    >>> import advisor
    >>> scenario = advisor.load_scenario(advisor.example("card_fraud"))
    >>> titles(scenario, grown(scenario, advisor.load_catalog(), 2.0))
    ['payments to decide on a month']
    """
    names = dict.fromkeys(path.split(".")[1] for path in changes)
    return [words.parameter(scenario.blueprint.parameters[name]) for name in sorted(names)]


def _written(scenario: Scenario, name: str, value: float, factor: float) -> dict[str, object]:
    """Return the change of a parameter as the file has it: a number, or a mapping whose numbers move together."""
    stated = at(parse(scenario.text, scenario.file).data, ("workload", name))
    if not isinstance(stated, dict):
        return {f"workload.{name}": value}
    ends = {key: float(stated[key]) * factor for key in ("low", "high") if key in stated}
    return {f"workload.{name}.{key}": number for key, number in {"mean": value, **ends}.items()}


def budgets(scenario: Scenario) -> tuple[Bound, ...]:
    """Return the bounds on what may be spent: of money and of hours."""
    return tuple(b for b in scenario.bounds if b.metric in (COST, OPERATIONS))


def lifted(scenario: Scenario) -> dict[str, object]:
    """Return the changes that lift the budgets."""
    return {b.path: None for b in budgets(scenario)}


def raised(scenario: Scenario, factor: float) -> dict[str, object]:
    """Return the changes that multiply the budgets.

    >>> import advisor
    >>> raised(advisor.load_scenario(advisor.example("card_fraud")), 2.0)
    {'constraints.cost_usd_per_month.max': 20000.0}
    """
    return {b.path: b.limit * factor for b in budgets(scenario)}
