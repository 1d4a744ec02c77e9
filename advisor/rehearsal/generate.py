"""Scenarios to rehearse on, from a blueprint, a level and a seed: feasible, and under tension.

A generated scenario starts from the example that is shipped for its blueprint. The workload is varied within what is
plausible, the best design is found, and every limit is set a little beyond what that design does: so there is a design,
and not much room around it. The levels differ in how many requirements there are, how tight they are, and how much of
the workload is stated.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from advisor import resources
from advisor.analysis.answers import Answer, solve
from advisor.analysis.what_if import changed_table
from advisor.candidates.table import table
from advisor.catalog.blueprint import Blueprint, Parameter
from advisor.catalog.load import Catalog
from advisor.errors import InputError, Problem, listing, nearest
from advisor.evaluation.result import Evaluation
from advisor.optimizer.solver import Status
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.scenario.requirements import COST, QUALITY
from advisor.yamlfile import load

Level = Literal["warm_up", "on_site", "staff"]
LEVELS: tuple[Level, ...] = get_args(Level)
Data = dict[str, Any]

VOLUME_FACTORS = (0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0)
OTHER_FACTORS = (0.7, 0.85, 1.0, 1.15, 1.3)
SHARE_FACTORS = (0.8, 0.9, 1.0, 1.1, 1.2)
TRIES = 4  # workloads until the example's own is taken
LOOSER = (1.0, 1.5, 3.0)  # how far the example's limits are loosened until some design meets them


@dataclass(frozen=True)
class Difficulty:
    """What a level asks.

    Attributes:
        most_bounds: how many bounds of the example are kept; None for all.
        rules: whether the example's rules on options are kept.
        more: whether hours, quality and the number of clouds are bounded too.
        slack: how far limits are beyond what the best design does, from and to, as a share.
        stated: ``all`` parameters with their defaults written out, of the ``example``, or what is ``needed`` only.
    """

    most_bounds: int | None
    rules: bool
    more: bool
    slack: tuple[float, float]
    stated: Literal["all", "example", "needed"]


DIFFICULTY: Mapping[str, Difficulty] = {
    "warm_up": Difficulty(2, rules=False, more=False, slack=(0.20, 0.40), stated="all"),
    "on_site": Difficulty(None, rules=True, more=False, slack=(0.08, 0.20), stated="example"),
    "staff": Difficulty(None, rules=True, more=True, slack=(0.01, 0.05), stated="needed"),
}


def scenario_text(blueprint: str, level: Level, seed: int, catalog: Catalog) -> str:
    """Return the YAML of a scenario; the same arguments give the same text.

    Raises:
        InputError: an unknown blueprint or level, with the nearest.

    >>> import advisor
    >>> text = scenario_text("fraud_detection", "warm_up", 1, advisor.load_catalog())
    >>> text.splitlines()[0], "cost_usd_per_month" in text
    ('# fraud_detection, warm_up, seed 1: generated for a rehearsal', True)
    """
    check(blueprint, level, catalog)
    rng = random.Random(f"{blueprint}/{level}/{seed}")
    known, difficulty = catalog.blueprint(blueprint), DIFFICULTY[level]
    base = _base(known, catalog)
    for number in range(TRIES + 1):
        data = copy.deepcopy(base)
        if number < TRIES:
            _vary(data["workload"], known, rng)
        _state(data["workload"], known, difficulty)
        found = _bounded(data, known, difficulty, rng, catalog)
        if found is not None:
            return f"# {blueprint}, {level}, seed {seed}: generated for a rehearsal\n{_yaml(found)}"
    raise InputError([Problem("", 0, "", f"no design was found for any workload of {blueprint}")])


def base_text(blueprint: str, catalog: Catalog) -> str:
    """Return the YAML of the shipped example of a blueprint; for one of a user's own, of its example values."""
    return _yaml(_base(catalog.blueprint(blueprint), catalog))


def check(blueprint: str, level: str, catalog: Catalog) -> None:
    """Refuse an unknown blueprint or level: raise :class:`InputError` with the nearest."""
    known = catalog.records.blueprints
    problems = []
    if blueprint not in known:
        hint = nearest(blueprint, known)
        problems.append(Problem("", 0, "blueprint", f"found '{blueprint}'; blueprints: {listing(known, 20)}{hint}"))
    if level not in LEVELS:
        problems.append(Problem("", 0, "level", f"found '{level}'; levels: {listing(LEVELS)}{nearest(level, LEVELS)}"))
    if problems:
        raise InputError(problems)


def _yaml(data: Data) -> str:
    import yaml

    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


# --- where it starts --------------------------------------------------------------------------------------------------


def _base(blueprint: Blueprint, catalog: Catalog) -> Data:
    """Return the shipped example of a blueprint; for one of a user's own, its example values."""
    for path in sorted(resources.folder("examples").glob("*/scenario.yml")):
        data = load(path, str(path)).data
        if data["blueprint"] == blueprint.id:
            return dict(data)
    workload = {name: p.example for name, p in blueprint.parameters.items() if p.example is not None}
    flow, measures = next(iter(blueprint.start.p95.items()))
    flows = {flow: {measure: {"p95": most} for measure, most in measures.items()}}
    return {"title": blueprint.title, "blueprint": blueprint.id, "workload": workload, "constraints": {"flows": flows}}


def _vary(workload: Data, blueprint: Blueprint, rng: random.Random) -> None:
    """Multiply what is stated by plausible factors, within what each parameter may be."""
    volumes = {name for names in blueprint.growth.values() for name in names}
    for name, value in workload.items():
        parameter = blueprint.parameters[name]
        factors = VOLUME_FACTORS if name in volumes else OTHER_FACTORS
        factor = rng.choice(SHARE_FACTORS if parameter.unit == "share" else factors)
        if isinstance(value, dict):
            workload[name] = {**value, "mean": _within(value["mean"] * factor, parameter)}
        else:
            workload[name] = _within(value * factor, parameter)


def _within(value: float, parameter: Parameter) -> float | int:
    """Return a value with two significant digits, within what a parameter may be."""
    rounded = float(f"{value:.2g}")
    if parameter.least is not None:
        rounded = max(rounded, parameter.least)
    return _number(min(rounded, parameter.most))


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def _state(workload: Data, blueprint: Blueprint, difficulty: Difficulty) -> None:
    """Write defaults out, or leave out what has one."""
    for name, parameter in blueprint.parameters.items():
        if parameter.default is None:
            continue
        if difficulty.stated == "all":
            workload.setdefault(name, _number(parameter.default))
        elif difficulty.stated == "needed" and name not in _asked(blueprint):
            workload.pop(name, None)


def _asked(blueprint: Blueprint) -> frozenset[str]:
    """Return the parameters that drive the demand most, which even a terse scenario states: what grows."""
    return frozenset(name for names in blueprint.growth.values() for name in names)


# --- its limits -------------------------------------------------------------------------------------------------------


def _bounded(
    data: Data, blueprint: Blueprint, difficulty: Difficulty, rng: random.Random, catalog: Catalog
) -> Data | None:
    """Return the data with limits a little beyond what the best design does; None when no design was found."""
    wanted = copy.deepcopy(data.get("constraints", {}))
    rules = {name: wanted[name] for name in ("residency", "licences", "modes") if name in wanted and difficulty.rules}
    start = _solved(data, rules, _kept(wanted.get("flows", {}), difficulty), wanted.get(QUALITY), catalog)
    if start is None or start.best is None:
        return None
    limits = _limits(start.best, difficulty, rng)
    data["constraints"] = {**limits, **rules}
    again = _again(start, data, catalog)
    if again.best is None or again.status is not Status.OPTIMAL:
        return None
    slack = rng.uniform(*difficulty.slack)
    budget = _outward(again.best.cost_usd_per_month * (1 + slack), upper=True)
    data["constraints"] = {COST: {"max": budget}, **limits, **rules}
    final = _again(again, data, catalog)
    return data if final.best is not None and final.best.feasible and final.status is Status.OPTIMAL else None


def _kept(flows: Mapping[str, Any], difficulty: Difficulty) -> Data:
    """Return the times and availabilities of flows that a level keeps, the first first."""
    left = math.inf if difficulty.most_bounds is None else difficulty.most_bounds - 1  # the budget is one of them
    kept: Data = {}
    for flow, what, name, limit in _each(flows):
        if left > 0:
            kept.setdefault(flow, {}).setdefault(what, {})[name] = limit
            left -= 1
    return kept


def _each(flows: Mapping[str, Any]) -> Iterator[tuple[str, str, str, float]]:
    for flow, bounds in flows.items():
        for what, limits in bounds.items():
            yield from ((flow, what, name, limit) for name, limit in limits.items())


def _solved(data: Data, rules: Data, flows: Data, quality: Any, catalog: Catalog) -> Answer | None:
    """Return the answer under the example's limits, loosened until there is a design."""
    for factor in LOOSER:
        loose: Data = {}
        for flow, what, name, limit in _each(flows):
            moved = 1 - (1 - limit) * factor if what == "availability" else limit * factor
            loose.setdefault(flow, {}).setdefault(what, {})[name] = max(moved, 0.01)
        least = {QUALITY: {"min": quality["min"] / factor}} if quality else {}
        text = _yaml({**data, "constraints": {"flows": loose, **least, **rules}})
        scenario = scenario_from_text(text, catalog)
        found = solve(table(scenario, scenario.catalog or catalog), blame=False)
        if found.best is not None and found.status is Status.OPTIMAL:
            return found
    return None


def _again(known: Answer, data: Data, catalog: Catalog) -> Answer:
    """Return the answer of the data, with what is known of the same candidates."""
    scenario: Scenario = scenario_from_text(_yaml(data), catalog)
    found = changed_table(known.table, scenario)
    return solve(found, like=known.search if found.candidates is known.table.candidates else None, blame=False)


def _limits(best: Evaluation, difficulty: Difficulty, rng: random.Random) -> Data:
    """Return the limits of a scenario: beyond what a design does by a share of it."""
    found: Data = {}
    for bound in best.scenario.bounds:
        slack, value = rng.uniform(*difficulty.slack), best.metric(bound.metric)
        if bound.metric == QUALITY:
            found[QUALITY] = {"min": _outward(value * (1 - slack / 2), upper=False)}
            continue
        _, flow, what, *rest = bound.metric.split(".", 3)
        place = found.setdefault("flows", {}).setdefault(flow, {}).setdefault(what, {})
        if what == "availability":
            place["min"] = _available(1 - (1 - value) * (1 + slack))
        else:
            place[rest[0]] = _outward(value * (1 + slack), upper=True)
    if difficulty.more:
        hours = best.operations_h_per_month * (1 + rng.uniform(*difficulty.slack))
        found["operations_h_per_month"] = {"max": math.ceil(hours)}
        found["clouds"] = {"max": max(1, len(best.clouds))}
        if QUALITY not in found and best.quality < 1:
            found[QUALITY] = {"min": _outward(best.quality * (1 - rng.uniform(*difficulty.slack)), upper=False)}
    return found


def _outward(value: float, *, upper: bool) -> float | int:
    """Return a limit with three digits that lets a value pass.

    >>> _outward(17079.3, upper=True), _outward(0.65156, upper=False)
    (17100, 0.651)
    """
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    count = math.ceil(value / step - 1e-9) if upper else math.floor(value / step + 1e-9)
    return _number(float(f"{count * step:.3g}"))


def _available(value: float) -> float:
    """Return an availability with one digit more than its nines, rounded down.

    >>> _available(0.99912345)
    0.9991
    """
    digits = max(3, 1 + math.floor(-math.log10(max(1 - value, 1e-9)) + 1e-9))
    return math.floor(value * 10.0**digits + 1e-9) / 10.0**digits
