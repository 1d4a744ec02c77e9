"""In which settings scenarios differ, defaults included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, Filter


@dataclass(frozen=True)
class Difference:
    """A setting in which the scenarios differ, by side; None where a scenario does not have it."""

    path: str
    values: tuple[object, ...]


def scenario_differences(scenarios: Sequence[Scenario]) -> Iterator[Difference]:
    """Yield every setting in which scenarios differ, defaults included."""
    found = [settings(scenario) for scenario in scenarios]
    for path in dict.fromkeys(path for one in found for path in one):
        values = tuple(one.get(path) for one in found)
        if any(value != values[0] for value in values):
            yield Difference(path, values)


def settings(scenario: Scenario) -> dict[str, object]:
    """Return path -> value of everything that a scenario's answer depends on."""
    found: dict[str, object] = {"blueprint": scenario.blueprint.id}
    for name, value in scenario.workload.items():
        found[f"workload.{name}"] = value
        if name in scenario.spread:
            found[f"workload.{name}.cv"] = scenario.spread[name]
    found |= {r.path: r.limit for r in scenario.requirements if isinstance(r, Bound)}
    found |= _rules(scenario)
    found["objective"] = ", then ".join(goal.text for goal in scenario.objective)
    found["sizing.target_utilisation"] = scenario.sizing.target_utilisation
    found["sizing.extra_units"] = scenario.sizing.extra_units
    found["sizing.zones"] = scenario.sizing.zones
    found["operations.usd_per_hour"] = scenario.usd_per_hour
    found["choices.share"] = scenario.share
    found["tactics"] = tuple(sorted(scenario.tactics.allowed))
    found |= _today(scenario)
    found |= {f"tactics.{name}": getattr(scenario.tactics, name) for name in sorted(scenario.tactics.given)}
    return found


def _today(scenario: Scenario) -> dict[str, object]:
    """Return where the scenario stands, by path."""
    standing = scenario.standing
    found: dict[str, object] = {}
    for role, now in standing.running.items():
        found[f"today.design.{role}"] = now.option or now.component or "none"
        found[f"today.migration_h.{role}"] = standing.migration_h[role]
    return {**found, **({"today.horizon_months": standing.horizon_months} if found else {})}


def _rules(scenario: Scenario) -> dict[str, object]:
    """Return the rules on options by path; exclusions together, because their places in the list mean nothing."""
    rules = [rule for rule in scenario.requirements if isinstance(rule, Filter)]
    found: dict[str, object] = {rule.path: tuple(sorted(rule.values)) for rule in rules if rule.kind != "exclude"}
    excluded = sorted(name for rule in rules if rule.kind == "exclude" for name in rule.values)
    return {**found, **({"choices.exclude": tuple(excluded)} if excluded else {})}
