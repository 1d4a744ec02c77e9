"""Tables of medium size, too large to enumerate, drawn from a seed, and questions about them whose bounds bind."""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Iterator
from pathlib import Path

from advisor import resources
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import load_catalog
from advisor.evaluation.evaluate import judge
from advisor.models.latency import Lognormal, Wait, series
from advisor.scenario.goals import Goal, Term
from advisor.scenario.load import load_scenario
from advisor.scenario.requirements import COUNTS, Bound
from oracles.problems import cut_blueprint, with_question

ROLES = ("input_guardrail", "conversation_store", "embedding", "vector_store", "reranker", "llm", "semantic_cache")
MEASURES = ("flows.answer.latency_ms", "flows.answer.ttft_ms")


@functools.cache
def catalog_table(scenario_path: str, roles: tuple[str, ...], hit_share: float) -> Table:
    """Return the catalog's own candidates for some roles of the example."""
    catalog = load_catalog()
    scenario = load_scenario(Path(scenario_path), catalog)
    workload = {**scenario.workload, "cache_hit_share": hit_share}
    blueprint = cut_blueprint(catalog.blueprint(scenario.blueprint.id), roles).taken(workload)
    cheapest = (Goal((Term("cost_usd_per_month", 1.0),), "minimize cost"),)
    return table(
        dataclasses.replace(
            scenario, blueprint=blueprint, workload=workload, requirements=(), objective=cheapest, clouds={}
        ),
        catalog,
    )


def medium_table(seed: int, each: int = 7) -> Table:
    """Return a table of seven roles, one of them an optional cache, with up to ``each`` drawn candidates a role."""
    rng = random.Random(f"medium {seed}")
    roles = ROLES if seed % 2 else ROLES[:-1]
    full = catalog_table(str(resources.example("support_copilot")), roles, rng.choice([0.2, 0.5, 0.9]))
    found = {role: tuple(_drawn(rng, options, each)) for role, options in full.candidates.items()}
    return dataclasses.replace(full, candidates=found)


def _drawn(rng: random.Random, options: tuple[Candidate, ...], each: int) -> Iterator[Candidate]:
    """Yield some candidates with drawn constants, faster ones dearer, the same for every use of a cache."""
    stems: dict[str, list[Candidate]] = {}
    for c in options:
        if c.is_none:
            yield c
        else:
            stems.setdefault(c.id.split("+")[0], []).append(c)
    for stem in sorted(rng.sample(sorted(stems), min(each, len(stems)))):
        speed = rng.random()
        first = Lognormal.from_mean_cv(20 * 30 ** (1 - speed) * rng.uniform(0.7, 1.4), rng.choice([0.2, 0.6, 1.5]))
        last = series(first, Wait(rng.choice([0.05, 0.5]), 1 / rng.uniform(50, 400))) if rng.random() < 0.5 else first
        price, hours = 100 * 10**speed * rng.uniform(0.7, 1.4), rng.uniform(0, 20)
        availability, quality = 1 - 10 ** rng.uniform(-5, -2.5), rng.uniform(0.8, 1.0)
        for c in stems[stem]:
            line = dataclasses.replace(c.lines[0], usd_per_month=price * (0.8 if any(c.behind.values()) else 1.0))
            yield dataclasses.replace(
                c,
                lines=(line,),
                operations_h_per_month=hours,
                usd_per_hour=0.0,
                availability=availability,
                quality=quality,
                latency={name: (first, last) for name in c.latency},
            )


def random_designs(rng: random.Random, full: Table, count: int = 60) -> list[dict[str, Candidate]]:
    """Return designs whose candidates are sized for the caches that they use."""
    caches = full.scenario.blueprint.cache_roles
    found = []
    for _ in range(count):
        design = {role: rng.choice(full.candidates[role]) for role in caches}
        used = {role: not c.is_none for role, c in design.items()}
        for role, options in full.candidates.items():
            fits = [c for c in options if all(used[cache] == yes for cache, yes in c.behind.items())]
            design.setdefault(role, rng.choice(fits))
        found.append({role: design[role] for role in full.candidates})
    return found


def medium_question(seed: int) -> Table:
    """Return a medium table under two percentile bounds at different levels and two or three other bounds, each met by
    about a third of all random designs, with a goal."""
    rng = random.Random(f"question {seed}")
    full = medium_table(seed)
    picked = [judge(design, full.scenario) for design in random_designs(rng, full)]
    others = [
        "quality",
        "flows.answer.availability",
        "operations_h_per_month",
        "flows.answer.latency_ms.mean",
        "clouds",
    ]
    names = [f"{MEASURES[0]}.{rng.choice(['p95', 'p99', 'p99.9'])}", f"{MEASURES[1]}.{rng.choice(['p50', 'p90'])}"]
    names += rng.sample(others, rng.choice([2, 3]))
    bounds = []
    for name in names:
        upper = not (name == "quality" or name.endswith("availability"))
        values = sorted((e.metric(name) for e in picked), reverse=not upper)
        limit = values[len(values) // 3]
        bounds.append(Bound(f"constraints.{name}", name, upper, float(round(limit)) if name in COUNTS else limit))
    goal = rng.choice(
        ["cost_usd_per_month", "cost_usd_per_month", "operations_h_per_month", "flows.answer.ttft_ms.mean"]
    )
    return with_question(full, bounds, (Goal((Term(goal, 1.0),), f"minimize {goal}"),))
