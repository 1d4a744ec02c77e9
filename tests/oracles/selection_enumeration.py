"""Every design of a small selection problem, one after the other, worked out from the JSON data alone.

Nothing of advisor is used: totals are added up here, paths are walked one by one, and whether the units of a pool can
carry its load is decided in exact fractions.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Data = dict[str, Any]
SLIP = 1e-9


@dataclass(frozen=True)
class Design:
    """A design and its totals; None for the smallest or largest value of nothing."""

    chosen: Mapping[str, str]
    units: Mapping[str, Mapping[str, int]]
    totals: Mapping[str, float | None]


def designs(data: Data) -> list[Design]:
    """Return all designs that obey the rules and serve the pools; limits are not looked at."""
    choices = {name: role for name, role in data["roles"].items() if not is_pool(role)}
    pools = {name: role for name, role in data["roles"].items() if is_pool(role)}
    lists = [_options(role) for role in choices.values()]
    plans = [list(_plans(pool, data)) for pool in pools.values()]
    found = []
    for combination in itertools.product(*lists):
        chosen = dict(zip(choices, (o["option"] for o in combination), strict=True))
        if not obeys(data, chosen):
            continue
        for counts in itertools.product(*plans):
            units = dict(zip(pools, counts, strict=True))
            picked = dict(zip(choices, combination, strict=True))
            totals = {a: total(data, a, picked, units) for a in attributes(data)}
            found.append(Design(chosen, units, totals))
    return found


def is_pool(role: Any) -> bool:
    """Return whether a role is a pool."""
    return isinstance(role, dict) and role.get("kind") == "pool"


def _options(role: Any) -> list[dict[str, Any]]:
    if isinstance(role, list):
        return role
    return [*role["options"], *([{"option": "none"}] if role.get("optional") else [])]


def attributes(data: Data) -> list[str]:
    """Return every attribute."""
    names: dict[str, None] = {}
    for role in data["roles"].values():
        holders = role["units"].values() if is_pool(role) else _options(role)
        for holder in holders:
            names.update(dict.fromkeys(k for k in holder if k != "option"))
    for pair in data.get("pairs", []):
        names.update(dict.fromkeys(k for k in pair if k not in ("from", "to", "from_option", "to_option")))
    return list(names)


def obeys(data: Data, chosen: Mapping[str, str]) -> bool:
    """Return whether a choice obeys requires and excludes."""
    for first, *others in data.get("requires", []):
        if chosen[first[0]] == first[1] and any(chosen[r] != o for r, o in others):
            return False
    return not any(all(chosen[r] == o for r, o in members) for members in data.get("excludes", []))


def total(data: Data, name: str, picked: Mapping[str, Mapping[str, Any]], units: Any) -> float | None:
    """Return an attribute's total."""
    kind = data.get("aggregate", {}).get(name, "sum")
    active = [
        p
        for p in data.get("pairs", [])
        if name in p and picked[p["from"]]["option"] == p["from_option"] and picked[p["to"]]["option"] == p["to_option"]
    ]
    if kind == "critical_path":
        times = {role: Fraction(option.get(name, 0)) for role, option in picked.items()}
        between = {(p["from"], p["to"]): Fraction(p[name]) for p in active}
        return float(max(_walks(data.get("edges", []), times, between)))
    values = [Fraction(o[name]) for o in picked.values() if name in o] + [Fraction(p[name]) for p in active]
    for pool, counts in units.items():
        stated = data["roles"][pool]["units"]
        values += [n * Fraction(stated[u][name]) for u, n in counts.items() if name in stated[u]]
    if kind == "sum":
        return float(sum(values))
    if kind == "product":
        return float(math.prod(values))
    return float({"min": min, "max": max}[kind](values)) if values else None


def _walks(edges: Any, times: Mapping[str, Fraction], between: Mapping[Any, Fraction]) -> Iterator[Fraction]:
    """Yield the length of every path that starts anywhere and ends anywhere."""
    stack = [(role, time) for role, time in times.items()]
    yield Fraction(0)
    while stack:
        role, length = stack.pop()
        yield length
        for source, target in edges:
            if source == role:
                stack.append((target, length + between.get((source, target), 0) + times[target]))


def _plans(pool: Any, data: Data) -> Iterator[dict[str, int]]:
    """Yield the unit counts, up to a few more than can be needed, that carry a pool's load."""
    most = {}
    for unit in pool["units"]:
        able = [c for c in pool["classes"].values() if _rate(c, unit)]
        loads = [Fraction(c["demand"]) / Fraction(c["throughput"][unit]) for c in able]
        most[unit] = math.ceil(sum(loads)) + data.get("extra_units", 0)
    for counts in itertools.product(*(range(most[unit] + 1) for unit in pool["units"])):
        plan = dict(zip(pool["units"], counts, strict=True))
        if carries(pool, plan):
            yield plan


def _rate(one: Any, unit: str) -> float:
    return float(one["throughput"].get(unit, 0))


def carries(pool: Any, plan: Mapping[str, int]) -> bool:
    """Return whether the units of at most two types carry all classes, in exact fractions.

    What both types can serve goes to the first in the order of how much of the second it spares: a fractional knapsack.
    """
    first, *rest = pool["units"]
    second = rest[0] if rest else None
    left, shared = {unit: Fraction(count) for unit, count in plan.items()}, []
    for one in pool["classes"].values():
        loads = {u: Fraction(one["demand"]) / Fraction(one["throughput"][u]) for u in pool["units"] if _rate(one, u)}
        if len(loads) == 1:
            ((unit, load),) = loads.items()
            left[unit] -= load
        elif one["demand"]:
            shared.append((loads[first], loads[second]))
    if min(left.values()) < 0:
        return False
    for on_first, on_second in sorted(shared, key=lambda pair: pair[1] / pair[0], reverse=True):
        share = min(Fraction(1), left[first] / on_first)
        left[first] -= share * on_first
        if second is not None:
            left[second] -= (1 - share) * on_second
    return min(left.values()) >= 0


def within(data: Data, design: Design) -> bool:
    """Return whether a design is within all limits."""
    return all(_holds(data, text, design) for text in data.get("limits", []))


def _holds(data: Data, text: str, design: Design) -> bool:
    sense = next(s for s in ("<=", ">=", "=") if s in text)
    name, bound_text = text.split(sense)
    bound = float(bound_text)
    value = design.totals[name]
    if value is None:
        return sense == (">=" if data["aggregate"][name] == "min" else "<=")
    slip = SLIP * max(abs(bound), abs(value))
    return {"<=": value <= bound + slip, ">=": value >= bound - slip, "=": abs(value - bound) <= slip}[sense]


def optimum(data: Data, found: list[Design]) -> float | None:
    """Return the best total of the goal over designs within the limits, None when there is none."""
    name, sign = (data["minimize"], 1) if "minimize" in data else (data["maximize"], -1)
    values = [d.totals[name] for d in found if d.totals[name] is not None and within(data, d)]
    return sign * min((sign * v for v in values if v is not None), default=math.nan) if values else None


def front(data: Data, found: list[Design], metrics: list[tuple[str, int]]) -> set[tuple[float, ...]]:
    """Return the points that no other design within the limits is at least as good as. ``metrics``: (name, sign)."""
    points = set()
    for design in found:
        values = [design.totals[name] for name, _ in metrics]
        if within(data, design) and None not in values:
            points.add(tuple(sign * v for (_, sign), v in zip(metrics, values, strict=True)))  # type: ignore[operator]
    kept: list[tuple[float, ...]] = []
    for point in sorted(points):
        slips = [SLIP * max(1e-300, abs(v)) for v in point]
        if not any(all(o <= v + s for o, v, s in zip(other, point, slips, strict=True)) for other in kept):
            kept.append(point)
    return {tuple(sign * v for (_, sign), v in zip(metrics, point, strict=True)) for point in kept}


# --- random problems ------------------------------------------------------------------------------------------------

KINDS = {"cost": "sum", "hours": "sum", "time": "critical_path", "up": "product", "rate": "min", "worst": "max"}


def draw(seed: int, *, pools: bool = True) -> tuple[Data, list[Design]]:
    """Return a random problem with limits that bind, and all its designs."""
    rng = random.Random(seed)
    names = rng.sample(["auth", "cache", "db", "llm", "queue"], rng.choice([2, 3, 3, 4]))
    used = ["cost", *rng.sample(list(KINDS)[1:], rng.choice([1, 2, 3]))]
    roles: dict[str, Any] = {name: _draw_role(rng, used) for name in names}
    data: Data = {"roles": roles, "aggregate": {a: KINDS[a] for a in used if KINDS[a] != "sum"}}
    edges = [[a, b] for i, a in enumerate(names) for b in names[i + 1 :] if rng.random() < 0.5]
    data["edges"] = edges
    data["pairs"] = _draw_pairs(rng, roles, used, edges) if rng.random() < 0.6 else []
    for key in ("requires", "excludes"):
        if rng.random() < 0.4:
            data[key] = [_draw_members(rng, roles) for _ in range(rng.choice([1, 2]))]
    if pools and rng.random() < 0.3:
        roles["pool"] = _draw_pool(rng)
    _draw_goal(rng, data, used)
    found = designs(data)
    if found:
        picked = rng.sample(used, min(len(used), rng.choice([0, 1, 1, 2, 3])))
        data["limits"] = [_draw_limit(rng, data, found, name) for name in picked]
    return data, found


def _value(rng: random.Random, name: str) -> float:
    if KINDS[name] == "product":
        return rng.choice([1.0, 0.999, 0.9, round(rng.uniform(0.5, 1), 3), 1 - 10 ** rng.uniform(-6, -1)])
    return rng.choice([float(rng.randrange(0, 6)), round(rng.uniform(0, 9), 1), rng.uniform(0, 9)])


def _draw_role(rng: random.Random, used: list[str]) -> Any:
    options = [{"option": f"o{i}", **{a: _value(rng, a) for a in used}} for i in range(rng.choice([1, 2, 3, 4]))]
    rng.shuffle(options)
    return {"options": options, "optional": True} if rng.random() < 0.2 else options


def _draw_pairs(rng: random.Random, roles: Any, used: list[str], edges: list[list[str]]) -> list[Data]:
    found = []
    for source, target in rng.sample(edges, min(len(edges), rng.choice([1, 2]))):
        for a in _options(roles[source]):
            for b in _options(roles[target]):
                if rng.random() < 0.5:
                    ends = {"from": source, "from_option": a["option"], "to": target, "to_option": b["option"]}
                    names = rng.sample(used, rng.choice([1, 2]))
                    values = {n: _value(rng, n) for n in names}
                    if "cost" in values and rng.random() < 0.3:
                        values["cost"] = -values["cost"]
                    found.append({**ends, **values})
    return found


def _draw_members(rng: random.Random, roles: Any) -> list[list[str]]:
    names = rng.sample([r for r in roles if not is_pool(roles[r])], 2)
    return [[name, rng.choice(_options(roles[name]))["option"]] for name in names]


def _draw_pool(rng: random.Random) -> Data:
    prices = [1, 2.5, rng.uniform(1, 5)]
    units = {u: {"cost": rng.choice(prices), "cards": rng.choice([1, 2])} for u in ("big", "small")}
    classes = {}
    for name in ("long", "short")[: rng.choice([1, 2])]:
        rates = {u: rng.choice([0, 1, 2.5, rng.uniform(1, 4)]) for u in units}
        if not any(rates.values()):
            rates["big"] = 2.0
        classes[name] = {"demand": rng.choice([0.5, 3, 5, rng.uniform(0, 6)]), "throughput": rates}
    return {"kind": "pool", "units": units, "classes": classes}


def _draw_goal(rng: random.Random, data: Data, used: list[str]) -> None:
    pooled = any(is_pool(role) for role in data["roles"].values())
    name = rng.choice(["cost", *(a for a in used if not pooled or KINDS[a] != "sum")])
    data[rng.choice(["minimize", "maximize"]) if not (pooled and name == "cost") else "minimize"] = name


def _draw_limit(rng: random.Random, data: Data, found: list[Design], name: str) -> str:
    values = sorted({d.totals[name] for d in found} - {None})  # type: ignore[type-var]
    if not values:
        return f"{name}<=1"
    at = rng.randrange(len(values))
    following = values[min(at + 1, len(values) - 1)]
    bound = rng.choice([values[at], (values[at] + following) / 2])  # type: ignore[operator]
    pooled = any(is_pool(role) for role in data["roles"].values())
    sense = rng.choice(["<=", "<=", ">=", "="] if not (pooled and name == "cost") else ["<="])
    return f"{name}{sense}{bound!r}"
