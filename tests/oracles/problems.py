"""Small problems, drawn from a seed: blueprints with fewer roles, tables with few candidates, bounds that bind."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulp

from advisor.candidates.candidate import Candidate, CostLine
from advisor.candidates.table import Table, table
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.load import Catalog
from advisor.models.latency import Distribution, Lognormal, Wait, series
from advisor.optimizer.formulation import Model, distinct
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import Scenario
from advisor.scenario.pairs import Member, Pair
from advisor.scenario.requirements import COUNTS, Bound, Filter, Requirement, split_percentile
from oracles.enumeration import Judged, value
from oracles.network import figures

ANSWER = [
    "gateway",
    "input_guardrail",
    "conversation_store",
    "embedding",
    "vector_store",
    "reranker",
    "output_guardrail",
]
INGEST = ["object_store", "ingestion_queue", "embedding_workers"]
MOST_DESIGNS = 110
OPTIONS = 8  # of each role, drawn before their candidates are built
COMBINED = (2, 5)  # of every five seeds, the one with this remainder draws its models from combinations too
RESOLUTION = 1e-5  # times are computed on a lattice: no limit lies closer than this to the value of a design


def cut_blueprint(blueprint: Blueprint, roles: Sequence[str]) -> Blueprint:
    """Return a blueprint with only these roles; what stood behind a cache that is gone is asked directly."""
    data = blueprint.model_dump()
    data["roles"] = {role: use for role, use in data["roles"].items() if role in roles}
    for name in list(data["flows"]):
        data["flows"][name]["path"] = _cut_path(data["flows"][name]["path"], roles)
        if not any(step["role"] or step["cache"] for step in data["flows"][name]["path"]):
            del data["flows"][name]
    return Blueprint.model_validate(data)


def _cut_path(path: list[dict[str, Any]], roles: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for step in path:
        inner = [s for s in step["on_miss"] if s["role"] in roles]
        if step["cache"] and (step["cache"] not in roles or not inner):
            found += [s for s in inner if s["role"] != step["cache"]]
        elif step["cache"] or step["wait_s"] or step["role"] in roles:
            found.append({**step, "on_miss": inner})
    return found


def small_table(
    seed: int, scenario: Scenario, catalog: Catalog, *, invented: bool, network: bool = False, share: bool = False
) -> Table:
    """Return a table of a few roles with a few candidates each, at most about 110 designs.

    ``invented``: constants are drawn at random (with ties, crossing distributions, waits) instead of the catalog's.
    ``network``: calls between clouds cost and take something; then the callers are among the roles.
    ``share``: both guardrails may be the same units.
    """
    rng = random.Random(seed)
    roles = {"llm", *rng.sample(ANSWER, rng.choice([2, 3])), *rng.sample(INGEST, rng.choice([0, 1, 2]))}
    roles |= {"semantic_cache"} if rng.random() < 0.6 else set()
    workload = {**scenario.workload, "cache_hit_share": rng.choice([0.1, 0.35, 0.6, 0.93])}
    workload |= {"tool_turns": rng.choice([0.0, 0.0, 0.4, 2.0]), "tool_ms": rng.choice([0.0, 300.0])}
    if network:
        roles = {"llm", "app_runtime", *rng.sample(["gateway", "embedding", "conversation_store", "vector_store"], 2)}
        more = ["semantic_cache", "embedding_workers", "ingestion_queue", "reranker"]
        roles |= set(rng.sample(more, rng.choice([0, 1, 2])))
    if share:
        roles |= {"input_guardrail", "output_guardrail"}
    blueprint = cut_blueprint(catalog.blueprint(scenario.blueprint.id), sorted(roles)).taken(workload)
    plain = dataclasses.replace(
        scenario,
        share=(("input_guardrail", "output_guardrail"),) if share else (),
        clouds=figures(rng) if network else {},
        blueprint=blueprint,
        workload=workload,
        requirements=(),
        objective=(Goal((Term("cost_usd_per_month", 1.0),), "minimize cost"),),
    )
    only = _some_options(seed, plain, catalog)
    combined = seed % COMBINED[1] == COMBINED[0]
    full = _with_combinations(plain, catalog, only) if combined else table(plain, catalog, only=only)
    counts = _counts(rng, full)
    alone = {role: [c for c in known if not c.shared] for role, known in full.candidates.items()}
    found = {role: _few(rng, alone[role], counts[role], invented) for role in full.candidates}
    for group in plain.share:
        for role, more in _serving_all(rng, group, full, invented).items():
            found[role] = (*found[role], *more)
    return dataclasses.replace(full, candidates=found)


def _some_options(seed: int, plain: Scenario, catalog: Catalog) -> dict[str, list[str]]:
    """Return a few options of each role: candidates of all others are not worth building, few are picked anyway."""
    rng = random.Random(f"options {seed}")
    together = {role: group[0] for group in plain.share for role in group}
    every = {role: sorted(option.id for _, option in catalog.options_for(role)) for role in plain.blueprint.roles}
    found = {role: rng.sample(known, min(OPTIONS, len(known))) for role, known in every.items()}
    return {role: found[together.get(role, role)] for role in found}


def _with_combinations(plain: Scenario, catalog: Catalog, only: Mapping[str, Sequence[str]]) -> Table:
    """Return the table with splits, cascades, fallbacks and hedges, as if availability and times mattered."""
    answer = next(f for f, flow in plain.blueprint.flows.items() if any(s.asks == "llm" for s in flow.steps()))
    bounds = (
        Bound("a", f"flows.{answer}.availability", False, 0.5),
        Bound("b", f"flows.{answer}.ttft_ms.p99", True, 1e9),
    )
    allowed = plain.tactics.allowed | {"fallback", "split", "cascade", "hedge"}
    tactics = dataclasses.replace(plain.tactics, allowed=allowed, split_shares=(0.4,), hedge_at=0.6)
    asked = dataclasses.replace(plain, requirements=bounds, tactics=tactics)
    return dataclasses.replace(table(asked, catalog, only=only), scenario=plain)


def _counts(rng: random.Random, full: Table) -> dict[str, int]:
    counts = dict.fromkeys(full.candidates, 2)
    for role in rng.sample(list(counts), len(counts)):
        wanted = rng.choice([2, 3, 4])
        product = 1
        for other, count in counts.items():
            product *= wanted if other == role else count
        counts[role] = wanted if product <= MOST_DESIGNS else 2
    return counts


def _few(rng: random.Random, candidates: Sequence[Candidate], count: int, invented: bool) -> tuple[Candidate, ...]:
    """Return leaving it out (where allowed) and a few options, each sized for every use of the cache.

    Where there are combinations, all but one are such, each made by another tactic.
    """
    stems: dict[str, list[Candidate]] = {}
    for c in candidates:
        if not c.is_none:
            stems.setdefault(re.sub(r"\+[a-z_]+", "", c.id), []).append(c)
    left_out = [c for c in candidates if c.is_none]
    combined: dict[str, list[str]] = {}
    for stem in sorted(stems):
        if "~" in stem:
            combined.setdefault(stems[stem][0].combined_by, []).append(stem)
    wanted = count - len(left_out)
    if combined:
        plain = [stem for stem in sorted(stems) if "~" not in stem]
        ways = rng.sample(sorted(combined), min(len(combined), wanted - 1))
        chosen = sorted([rng.choice(plain), *(rng.choice(combined[way]) for way in ways)])
    else:
        chosen = sorted(rng.sample(sorted(stems), min(len(stems), wanted)))
    found = [*left_out, *(c for stem in chosen for c in stems[stem])]
    return tuple(_invent(rng, c) for c in found) if invented else tuple(found)


def _serving_all(rng: random.Random, group: Sequence[str], full: Table, invented: bool) -> dict[str, list[Candidate]]:
    """Return one or two systems that serve all roles of a group, by role; invented ones fail together all the same."""
    systems = sorted({c.system for c in full.candidates[group[0]] if c.shared})
    found: dict[str, list[Candidate]] = {role: [] for role in group}
    for system in rng.sample(systems, min(len(systems), rng.choice([1, 2]))):
        up = 1 - 10 ** rng.uniform(-6, -2)
        for role in group:
            c = next(c for c in full.candidates[role] if c.system == system)
            new = _invent(rng, c) if invented and role == group[0] else c
            times = {name: _times(rng) for name in c.latency} if invented else c.latency
            found[role].append(dataclasses.replace(new, availability=up if invented else c.availability, latency=times))
    return found


def _invent(rng: random.Random, c: Candidate) -> Candidate:
    if c.is_none:
        return dataclasses.replace(c, quality=rng.choice([1.0, 0.9]))
    price = c.members[0].lines[0].price
    usd = rng.choice([float(rng.randrange(1, 6) * 100), rng.uniform(10, 2000)])
    return dataclasses.replace(
        c,
        lines=(CostLine("invented", 1.0, "", usd, False, price),),
        operations_h_per_month=rng.choice([0.0, 2.0, rng.uniform(1, 50)]),
        availability=rng.choice([1.0, 1 - 10 ** rng.uniform(-6, -2), 0.999]),
        quality=rng.choice([1.0, rng.uniform(0.4, 1)]),
        latency={name: _times(rng) for name in c.latency},
    )


def _times(rng: random.Random) -> tuple[Distribution, Distribution]:
    first: Distribution = Lognormal.from_mean_cv(
        rng.choice([20, 50, 200, 600]) * rng.uniform(0.5, 2), rng.choice([0.1, 0.3, 0.8, 2.0])
    )
    if rng.random() < 0.4:
        first = series(first, Wait(rng.choice([0.02, 0.5, 0.9]), 1 / rng.uniform(20, 500)))
    return first, series(first, Lognormal.from_mean_cv(rng.uniform(20, 800), 0.5)) if rng.random() < 0.3 else first


def metric_names(found: Sequence[Judged]) -> list[str]:
    """Return the metrics that differ between designs."""
    return sorted(name for name in found[0].metrics if len({round(j.metrics[name], 12) for j in found}) > 1)


def draw_bounds(rng: random.Random, found: Sequence[Judged], count: int) -> list[Bound]:
    """Return bounds on metrics, each at or between the values of designs, so that it cuts off a good part of them."""
    names = metric_names(found)
    picked = rng.sample(names, min(count, len(names)))
    times = [name for name in names if name.rpartition(".")[2] in ("p90", "p95", "p99", "p99.9")]
    if times and rng.random() < 0.6:
        picked[:1] = [rng.choice(times)]
    return [_bound(rng, found, name) for name in dict.fromkeys(picked)]


def _bound(rng: random.Random, found: Sequence[Judged], name: str) -> Bound:
    upper = not (name == "quality" or name.endswith(".availability"))
    values = sorted({j.metrics[name] for j in found}, reverse=not upper)
    at = min(int(rng.betavariate(2, 2) * len(values)), len(values) - 1)
    following = values[min(at + 1, len(values) - 1)]
    limit = rng.choice([values[at], (values[at] + following) / 2])
    if limit == 1.0 and name.endswith(".availability"):
        limit = (1.0 + min(values)) / 2  # a scenario cannot ask for all of the time
    while split_percentile(name) and any(abs(value - limit) < RESOLUTION * limit for value in values):
        limit *= 1 + 3 * RESOLUTION
    return Bound(f"constraints.{name}", name, upper, float(round(limit)) if name in COUNTS else limit)


def draw_filters(rng: random.Random, full: Table) -> list[Filter]:
    """Return up to two rules on single options, drawn from what the table holds."""
    options = [(role, c) for role, found in full.candidates.items() for c in found if c.option and c.component]
    role, c = rng.choice(options)
    assert c.option
    assert c.component
    rules = [
        Filter("constraints.clouds.allow", "cloud", frozenset(rng.sample(["aws", "azure", "gcp", "vendor"], 3)), True),
        Filter("constraints.residency.require", "residency", frozenset(["eu"]), True),
        Filter("constraints.licences.deny", "licence", frozenset([c.component.licence]), False),
        Filter("constraints.modes.deny", "mode", frozenset([c.option.mode]), False),
        Filter(f"choices.pin.{role}", "pin", frozenset([rng.choice([c.option.id, c.component.id])]), True, role),
        Filter("choices.exclude[0]", "exclude", frozenset([rng.choice([c.option.id, c.component.id])]), False),
    ]
    optional = [r for r, found in full.candidates.items() if any(x.is_none for x in found)]
    if optional:
        rules.append(Filter(f"choices.pin.{optional[0]}", "pin", frozenset(["none"]), True, optional[0]))
    return rng.sample(rules, rng.choice([0, 0, 0, 1, 1, 2]))


def draw_pairs(rng: random.Random, full: Table, count: int) -> list[Pair]:
    """Return pairs of components or options of the table, some of them for one role only."""
    options = [(role, c) for role, found in full.candidates.items() for c in found if c.option]
    found = []
    for index in range(count):
        kind, members = rng.choice(["apart", "together"]), []
        while len(members) < 2:
            role, c = rng.choice(options)
            one = rng.choice(c.members)
            name = rng.choice([one.component_id, one.option.id if one.option else ""])
            side = Member(name, rng.choice([None, role]))
            members += [side] if side not in members else []
        names = frozenset(map(str, members))
        found.append(Pair(f"choices.{kind}[{index}]", kind, names, kind == "together", None, tuple(members)))
    return found


OBJECTIVES = (
    "cost",
    "percentile",
    "mean",
    "availability",
    "quality",
    "weighted",
    "lexicographic",
    "other",
    "one_weight",
)


def draw_goals(rng: random.Random, kind: str, found: Sequence[Judged]) -> tuple[Goal, ...]:
    """Return the goals of an objective of a kind."""
    names = metric_names(found)
    if kind == "lexicographic":
        picked = rng.sample(names, min(rng.choice([2, 3]), len(names)))
        return tuple(_single(name) for name in picked)
    if kind == "weighted":
        nonlinear = [
            n for n in names if n == "quality" or n.endswith(".availability") or n.rpartition(".")[2][0] == "p"
        ]
        first = rng.choice(["cost_usd_per_month", "cost_usd_per_month", rng.choice(names)])
        picked = dict.fromkeys([first, *rng.sample(nonlinear, min(len(nonlinear), rng.choice([1, 2])))])
        return (Goal(tuple(_weighted(rng, name, found) for name in picked), "weighted"),)
    if kind == "one_weight":
        return (Goal((_weighted(rng, rng.choice(names), found),), "one weight"),)
    ends = {
        "percentile": ("p50", "p90", "p95", "p99", "p99.9"),
        "mean": ("mean",),
        "availability": ("availability",),
        "quality": ("quality",),
        "cost": ("cost_usd_per_month",),
        "other": ("operations_h_per_month", *COUNTS),
    }[kind]
    fitting = [name for name in names if name.split(".")[-1] in ends or any(name.endswith("." + end) for end in ends)]
    return (_single(rng.choice(fitting)),) if fitting else (_single("cost_usd_per_month"),)


def _single(name: str) -> Goal:
    more = name == "quality" or name.endswith(".availability")
    return Goal((Term(name, -1.0 if more else 1.0),), f"{'maximize' if more else 'minimize'} {name}")


def _weighted(rng: random.Random, name: str, found: Sequence[Judged]) -> Term:
    """Return a term whose range over the designs is of the order of 1 to 10, so that every term matters."""
    values = [j.metrics[name] for j in found]
    scale = rng.uniform(1, 10) / (max(values) - min(values))
    return Term(name, -scale if name == "quality" or name.endswith(".availability") else scale)


def with_question(full: Table, requirements: Sequence[Requirement], goals: Sequence[Goal]) -> Table:
    """Return the table of the same candidates under other requirements and goals."""
    return dataclasses.replace(
        full, scenario=dataclasses.replace(full.scenario, requirements=tuple(requirements), objective=tuple(goals))
    )


def bare(pool: Mapping[str, Sequence[Candidate]], scenario: Scenario) -> Model:
    """Return a model over a pool that holds no constraint at all."""
    problem = pulp.LpProblem("bare", pulp.LpMinimize)
    x = {
        (role, c.id): problem.add_variable(f"x__{role}__{c.id}", 0, 1, pulp.LpInteger)
        for role, found in pool.items()
        for c in found
    }
    y = {
        key: problem.add_variable(f"y__{'__'.join(key)}", 0, 1, pulp.LpInteger)
        for key in sorted({key for _, _, key in distinct(pool)})
    }
    model = Model(problem, pool, scenario, x, y)
    problem.setObjective(model.total(lambda c: 0.0))
    return model


__all__ = [
    "OBJECTIVES",
    "bare",
    "cut_blueprint",
    "draw_bounds",
    "draw_filters",
    "draw_goals",
    "draw_pairs",
    "small_table",
    "value",
    "with_question",
]
