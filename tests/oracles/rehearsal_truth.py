"""The truth of every kind of rehearsal question, found in another way than the kind finds it.

By hand from the figures that the question states, by solving the scenario that its command describes from nothing, by
judging a design again, by sampling. Each function takes the world and the question, and fails when the truth differs.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from advisor.analysis.changes import carried_over
from advisor.analysis.overrides import change
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import table
from advisor.evaluation.evaluate import judge, stages
from advisor.evaluation.result import Evaluation
from advisor.optimizer.found import Found
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.optimizer.solver import Status
from advisor.rehearsal import words
from advisor.rehearsal.question import Question
from advisor.rehearsal.world import World

ROUNDED = 2e-3  # what figures in a text, rounded to four digits, do to a result
MINUTES = 43_800
NAMES = {"min": min, "max": max, "ceil": math.ceil}
NUMBER = r"(\d[\d ]*(?:\.\d+)?)"
_FRESH: dict[tuple[int, tuple[str, ...]], tuple[World, Found]] = {}


def number(text: str) -> float:
    """Return a number that is written with thousands apart."""
    return float(re.sub(r"\s", "", text))


def numbers(pattern: str, text: str) -> list[float]:
    """Return the groups of a pattern's first match as numbers."""
    found = re.search(pattern, text)
    assert found, f"the text does not state {pattern}: {text}"
    return [number(group) for group in found.groups()]


def by_hand(formula: str, values: Any) -> float:
    """Return the value of a blueprint's formula, by Python's own rules."""
    return float(eval(formula, {"__builtins__": {}, **NAMES}, dict(values)))


def settings(question: Question) -> tuple[str, ...]:
    """Return the changes that a question's command makes."""
    typed = shlex.split(question.command)
    return tuple(typed[i + 1] for i, word in enumerate(typed) if word == "--set")


def fresh(world: World, changes: tuple[str, ...]) -> Found:
    """Return the optimum of a changed scenario, with nothing that the world knows."""
    key = (id(world), tuple(sorted(changes)))
    if key not in _FRESH:
        scenario = change(world.scenario, list(changes), world.catalog).scenario
        found = optimise(Search(table(scenario, world.catalog, world.table.as_of, only=world.only)))
        assert found.status is not Status.STOPPED
        _FRESH[key] = (world, found)  # the world stays alive, so that its id is its own
    return _FRESH[key][1]


def cost(found: Found) -> float:
    """Return what an optimum costs, infinite where there is none."""
    return found.best.cost_usd_per_month if found.best else math.inf


def bound_of(world: World, name: str) -> Any:
    """Return the bound that an option stands for."""
    return next(b for b in world.scenario.bounds if words.bound(b) == name)


def near(question: Question, value: float, within: float = ROUNDED) -> None:
    """Fail when a truth is not this number."""
    assert question.truth == pytest.approx(value, rel=within), question.text


# --- estimation -------------------------------------------------------------------------------------------------------


def peak_rate(world: World, question: Question) -> None:
    """The blueprint's formulas with the workload's numbers, over the seconds of a month."""
    name = question.form.quantity.removeprefix("peak rate of ")
    flow = world.catalog.blueprint(world.scenario.blueprint.id).flows[name]
    values = world.scenario.workload
    peak = by_hand(flow.rate_per_month, values) / (730 * 3600) * by_hand(flow.peak_to_average, values)
    near(question, peak, 1e-9)


def tokens_a_month(world: World, question: Question) -> None:
    """Runs times the share that gets past the cache times tokens, step by step through the flows."""
    title, role = question.form.quantity.split(" tokens of ")
    dimension = {"prompt": "input_tokens_per_s", "answer": "output_tokens_per_s"}[title]
    values, total = world.scenario.workload, 0.0
    for flow in world.scenario.blueprint.flows.values():
        rate = by_hand(flow.rate_per_month, values)
        for step in flow.path:
            used = step.cache and not world.best.design[step.cache].is_none
            share = 1 - values[step.hit_share] if used else 1.0
            for inner, part in [(step, 1.0), *((one, share) for one in step.on_miss)]:
                if inner.asks and words.role(inner.asks) == role:
                    total += rate * part * by_hand(inner.work.get(dimension, "0"), values)
    near(question, total / 1e6, 1e-9)


def stored_data(world: World, question: Question) -> None:
    """The blueprint's formula with the workload's numbers."""
    role = question.form.quantity.removeprefix("data in ").replace(" ", "_")
    stock = world.scenario.blueprint.roles[role].stock
    found = [by_hand(formula, world.scenario.workload) for formula in stock.values()]
    assert any(question.truth == pytest.approx(one, rel=1e-9) for one in found)


def units_needed(world: World, question: Question) -> None:
    """The largest of peak over planned capacity among the dimensions that the text states, rounded up."""
    (target,) = numbers(r"planned to (\d+) % utilisation", question.text)
    rows = re.findall(rf"peak {NUMBER}[ /][^;]*; one [^\n]+ carries {NUMBER}(?=[ /])", question.text)
    most = max(number(peak) / (number(each) * target / 100) for peak, each in rows)
    assert question.truth == math.ceil(most)


def _memory(question: Question) -> tuple[float, float]:
    """Return GB of weights and GB of cache."""
    shape = r"has ([\d.]+) GB of weights as published(?: in 16 bits)?, (\d+) layers and (\d+) KV heads of size (\d+)"
    weights, layers, heads, size = numbers(shape, question.text)
    streams, tokens = numbers(rf", (\d+) requests at a time of {NUMBER} tokens", question.text)
    bits = 16.0 if "with these weights" in question.text else numbers(r"with weights in (\d+) bits", question.text)[0]
    return weights * bits / 16, 2 * layers * heads * size * 2 * tokens * streams / 1e9


def memory_needed(world: World, question: Question) -> None:
    """Weights and cache from the stated shape."""
    near(question, sum(_memory(question)), 1e-6)


def memory_fit(world: World, question: Question) -> None:
    """Weights and cache against nine tenths of the stated cards."""
    cards, gb = numbers(r"memory of (\d+) cards? of ([\d.]+) GB", question.text.replace("of one card", "of 1 card"))
    weights, cache = _memory(question)
    assert (question.truth == "it fits") == (weights + cache <= 0.9 * cards * gb)


# --- cost -------------------------------------------------------------------------------------------------------------


def _line(text: str) -> float:
    """Return what a line of a bill comes to: quantity at a price, tiers, free part, minimum; hours; a move."""
    quantity, how = text.split(" at ", 1)
    (amount,) = numbers(rf"{NUMBER} [^\d]*$", quantity) if ":" not in quantity else numbers(rf": {NUMBER} ", quantity)
    free = numbers(rf"the first {NUMBER} free", how)[0] if "free" in how else 0.0
    billed, least = max(0.0, amount - free), numbers(r"at least ([\d.]+) USD", how)[0] if "at least" in how else 0.0
    if "by tier" not in how:
        return max(least, billed * numbers(r"^([\d.e-]+) USD", how)[0])
    total, below = 0.0, 0.0
    for end, usd in re.findall(r"(up to [\d .]+|beyond): ([\d.e-]+) USD", how):
        top = math.inf if end == "beyond" else number(end.removeprefix("up to "))
        total += max(0.0, min(billed, top) - below) * float(usd)
        below = top
    return max(least, total)


def _bills(text: str) -> dict[str, float]:
    """Return role -> USD a month of the bills in a text."""
    found = {}
    for name, bill in re.findall(r"^- ([a-z0-9 ]+) \(.*?\): (.* h of people at .*)$", text, re.MULTILINE):
        parts = re.split(r"; (?=[^;]* at |[\d. ]+ USD/month to pay)", bill)
        found[name] = sum(_line(part) if "to pay off" not in part else numbers(NUMBER, part)[0] for part in parts)
    return found


def monthly_cost(world: World, question: Question) -> None:
    """What the text states of the rest, and the three bills worked out by hand."""
    (rest,) = numbers(rf"cost {NUMBER} USD/month together", question.text)
    bills = _bills(question.text)
    assert len(bills) == 3
    near(question, rest + sum(bills.values()))


def token_cost(world: World, question: Question) -> None:
    """Stated calls times tokens times prices."""
    millions = {"input": 0.0, "output": 0.0}
    past = rf"(?:, {NUMBER} % of them past the cache)?"
    row = rf"^- .*, (input|output): (.*?) runs a month{past}, (.*) tokens per run"
    for way, rate, share, work in re.findall(row, question.text, re.MULTILINE):
        runs, tokens = (by_hand(re.sub(r"\s", "", text).replace("×", "*"), {}) for text in (rate, work))
        millions[way] += runs * (number(share) / 100 if share else 1.0) * tokens / 1e6
    prices = dict(re.findall(r"(input|output) tokens: ([\d.]+) USD per million", question.text))
    near(question, sum(millions[way] * float(usd) for way, usd in prices.items()), 1e-6)


def largest_cost_driver(world: World, question: Question) -> None:
    """The largest of the bills in the text."""
    bills = _bills(question.text)
    assert set(bills) == set(question.form.options)
    assert max(bills, key=lambda role: bills[role]) == question.truth


def cost_share(world: World, question: Question) -> None:
    """The bill in the text over the stated cost."""
    (whole,) = numbers(rf"design costs {NUMBER} USD/month", question.text)
    (bill,) = _bills(question.text).values()
    near(question, 100 * bill / whole)


def break_even_price(world: World, question: Question) -> None:
    """At the break-even, the design with the dearer component costs what the best one without it costs."""
    (bill,) = numbers(rf"bills {NUMBER} USD/month", question.text)
    assert world.cost + bill * question.truth / 100 == pytest.approx(cost(fresh(world, settings(question))), rel=1e-3)


def cache_hit_rate(world: World, question: Question) -> None:
    """A straight line in the share of misses, and the design judged again at that share."""
    now, whole, missed, budget = numbers(
        rf"With {NUMBER} % of hits .* costs {NUMBER} USD/month; of that, {NUMBER} USD/month .* down to {NUMBER} USD",
        question.text,
    )
    near(question, 100 * (1 - (1 - now / 100) * (1 - (whole - budget) / missed)), 0.02)
    again = _kept(world, settings(question))
    assert again is not None
    assert again.cost_usd_per_month == pytest.approx(budget, rel=1e-3)


def self_hosting_volume(world: World, question: Question) -> None:
    """Every volume in turn: the first at which the machines that carry it cost less."""
    hosted, hours, machine, carries, own = numbers(
        rf"costs {NUMBER} USD per million requests of this workload and {NUMBER} USD/month .* costs {NUMBER} USD/month "
        rf"a machine, which carries {NUMBER} million .*, and {NUMBER} USD/month of people",
        question.text,
    )
    volumes = np.linspace(0.0, 2 * question.truth, 200_001)[1:]
    owned = np.maximum(1, np.ceil(volumes / carries)) * machine + own
    wins = volumes[volumes * hosted + hours >= owned]
    near(question, float(wins[0]), 0.01)


# --- latency ----------------------------------------------------------------------------------------------------------


def largest_stage(world: World, question: Question) -> None:
    """Means by averaging quantiles, of every flow whose stages the options are."""
    middles = (np.arange(400) + 0.5) / 400
    for flow in world.scenario.blueprint.flows.values():
        for measure in flow.measures.values():
            means: dict[str, float] = {}
            for step, share, time in stages(flow, measure.at, world.best.design, world.scenario):
                name = f"{words.role(step.asks or '')} {step.do or 'wait'}".strip()
                means[name] = share * float(np.mean(time.quantiles(list(middles))))
            if set(means) == set(question.form.options) and measure.title in question.text:
                assert max(means, key=lambda name: means[name]) == question.truth
                return
    raise AssertionError("no flow has these stages")


def p95_without_stage(world: World, question: Question) -> None:
    """Sampled: lognormals through the stated percentiles, those past the cache together or not at all."""
    out = question.form.quantity.partition(" without ")[2]
    rng, total, missed = np.random.default_rng(1), np.zeros(400_000), np.zeros(400_000)
    share = 1.0
    for name, p50, p95, taken in re.findall(
        rf"^- (.*): p50 {NUMBER} ms, p95 {NUMBER} ms(?:, taken by the same {NUMBER} %)?", question.text, re.MULTILINE
    ):
        if name != out:
            median, high = number(p50), number(p95)
            time = median * np.exp(math.log(high / median) / 1.6448536 * rng.standard_normal(len(total)))
            share = number(taken) / 100 if taken else share
            total, missed = (total, missed + time) if taken else (total + time, missed)
    total += missed * (rng.random(len(total)) < share)
    near(question, float(np.quantile(total, 0.95)), 0.015)


# --- reliability ------------------------------------------------------------------------------------------------------


def _chain(question: Question) -> dict[str, float]:
    return {name: number(a) / 100 for name, a in re.findall(rf"^- (.*): {NUMBER} %$", question.text, re.MULTILINE)}


def chain_availability(world: World, question: Question) -> None:
    """The product of the stated availabilities."""
    near(question, (1 - math.prod(_chain(question).values())) * MINUTES, 1e-4)


def chain_with_redundancy(world: World, question: Question) -> None:
    """The product with the weakest part doubled."""
    parts = _chain(question)
    (twice,) = re.findall(r"Now (.*) gets a second copy", question.text)
    assert parts[twice] == min(parts.values())
    parts[twice] = 1 - (1 - parts[twice]) ** 2
    near(question, (1 - math.prod(parts.values())) * MINUTES, 1e-4)


def _stopped(text: str) -> set[str]:
    """Return the roles that have too few units left, units dealt to zones one by one."""
    row = r"^- (.*?): .*, (\d+) units in (\d+) zones?; the peak needs (\d+)$"
    stopped = set()
    for name, units, zones, needed in re.findall(row, text, re.MULTILINE):
        dealt = [len(range(zone, int(units), int(zones))) for zone in range(int(zones))]
        if sum(dealt) - max(dealt) < int(needed):
            stopped.add(name)
    return stopped


def loss_of_zone(world: World, question: Question) -> None:
    """Units dealt to zones one by one."""
    assert question.truth == _stopped(question.text)


def zone_within_target(world: World, question: Question) -> None:
    """Minutes of a month, with the outage where too few units are left."""
    target, usual, hours = numbers(
        rf"target of {NUMBER} % a month .* down {NUMBER} minutes(?:.|\n)*lost for {NUMBER} h", question.text
    )
    down = usual + (60 * hours if _stopped(question.text) else 0)
    assert (question.truth == "still within its target") == (1 - down / MINUTES >= target / 100)


def price_of_n_plus_1(world: World, question: Question) -> None:
    """What is billed for all units, divided by their number."""
    (units,) = numbers(r"For (\d+) units? the bill is", question.text)
    lines = re.findall(rf"{NUMBER} h at ([\d.]+) USD", question.text)
    near(question, sum(number(hours) * float(usd) for hours, usd in lines) / units)
    (before,), (after, difference) = (
        numbers(rf": {NUMBER} USD/month{more}", line)
        for more, line in zip(("", rf"; difference {NUMBER}"), question.derivation, strict=True)
    )
    assert after - before == pytest.approx(difference, abs=0.02), question.derivation


# --- requirements -----------------------------------------------------------------------------------------------------


def binding_constraint(world: World, question: Question) -> None:
    """The scenario without each bound, solved from nothing."""
    better = {o for o in question.form.options if cost(fresh(world, _dropped(world, o))) < 0.99 * world.cost}
    assert question.truth == better


def _dropped(world: World, option: str) -> tuple[str, ...]:
    return (f"{bound_of(world, option).path}=null",)


def order_by_slack(world: World, question: Question) -> None:
    """Slack of the values and limits as the text states them."""
    slack = {}
    row = rf"^- (.*) (at most|at least) {NUMBER}(.*); it has {NUMBER}.*$"
    for name, way, limit, unit, value in re.findall(row, question.text, re.MULTILINE):
        most, has = number(limit), number(value)
        room = (most - has if way == "at most" else has - most) / most
        slack[f"{name} {way} {limit}{unit}"] = 1 - (100 - has) / (100 - most) if "availability" in name else room
    assert list(question.truth) == sorted(slack, key=lambda name: slack[name])


def cheapest_to_relax(world: World, question: Question) -> None:
    """The scenario with each bound a fifth looser, solved from nothing."""
    costs = {}
    for option in question.form.options:
        bound = bound_of(world, option)
        limit = bound.limit * (1.2 if bound.upper else 0.8)
        if bound.metric.endswith(".availability"):
            limit = 1 - (1 - bound.limit) * 1.2
        if float(bound.limit).is_integer() and bound.metric in ("clouds", "vendors", "self_operated"):
            limit = bound.limit + 1
        costs[option] = cost(fresh(world, (words.setting(bound.path, float(limit)),)))
    assert costs[str(question.truth)] == pytest.approx(min(costs.values()), rel=1e-6)
    saved = {option: world.cost - usd for option, usd in costs.items()}
    for option in set(costs) - {question.truth} - question.also:
        assert saved[option] < saved[str(question.truth)] / 1.2


def _price(world: World, question: Question, before: float, after: float) -> None:
    """Compare a price, in USD or as a band of a cost."""
    if isinstance(question.truth, float):
        near(question, after - before, 1e-6)
        return
    rise = after / before - 1
    bands = {"nothing": 0.01, "1-10 %": 0.1, "10-50 %": 0.5, "more than": math.inf}
    expected = "no design" if math.isinf(after) else next(name for name, most in bands.items() if rise <= most)
    assert str(question.truth).startswith(expected)


def price_of_p95(world: World, question: Question) -> None:
    """The changed scenario, solved from nothing."""
    (place,) = [text.partition("=") for text in settings(question)]
    bound = next(b for b in world.scenario.bounds if b.path == place[0])
    assert float(place[2]) == pytest.approx(0.7 * bound.limit)
    _price(world, question, world.cost, cost(fresh(world, settings(question))))


def budget_halved(world: World, question: Question) -> None:
    """The scenario with half the budget, solved from nothing."""
    (text,) = settings(question)
    assert float(text.partition("=")[2]) == next(b.limit for b in world.scenario.bounds if "cost" in b.metric) / 2
    found = fresh(world, settings(question)).best
    same = found is not None and all(c.id == world.best.design[r].id for r, c in found.design.items())
    expected = "no design" if found is None else "feasible, the same" if same else "feasible, with another"
    assert str(question.truth).startswith(expected)


def budget_halved_way(world: World, question: Question) -> None:
    """Half the budget with each requirement given up, solved from nothing: is there a design?"""
    budget = next(b for b in world.scenario.bounds if "cost" in b.metric)
    half = words.setting(budget.path, budget.limit / 2)
    assert fresh(world, (half,)).status is Status.INFEASIBLE
    enough = {o for o in question.form.options if fresh(world, (half, *_dropped(world, o))).best is not None}
    assert question.truth == enough


def violated_requirement(world: World, question: Question) -> None:
    """The design with what the text puts in, judged again."""
    role = shlex.split(question.command)[-1]
    shown = question.text.split(" is replaced by ")[1]
    found = [c for c in world.table.candidates[role] if shown.startswith(f"{words.candidate(c)} [")]
    broken = []
    for one in found:
        design = judge({**world.best.design, role: one}, world.scenario)
        broken.append({words.bound(c.requirement) for c in design.checks if not c.holds})
    assert question.truth in broken


# --- changes ----------------------------------------------------------------------------------------------------------


def flips_at_10x(world: World, question: Question) -> None:
    """The scenario at ten times its rates, solved from nothing, role by role."""
    assert _tenfold(world, question)
    then = fresh(world, settings(question)).best
    assert then is not None
    old, new = (
        {role: [x.component_id for x in c.members] for role, c in one.design.items()} for one in (world.best, then)
    )
    assert question.truth == {words.role(role) for role in new if old[role] != new[role]}


def cost_multiplier_10x(world: World, question: Question) -> None:
    """The scenario at ten times its rates, solved from nothing."""
    assert _tenfold(world, question)
    near(question, cost(fresh(world, settings(question))) / world.cost, 1e-6)


def _tenfold(world: World, question: Question) -> bool:
    """Return whether the command sets rates of the workload to ten times what they are, and lifts budgets."""
    rest = [text for text in settings(question) if not text.endswith("=null")]
    values = [(text.partition("=")[0].split(".")[1], float(text.partition("=")[2])) for text in rest]
    return bool(values) and all(v == pytest.approx(10 * world.scenario.workload[name]) for name, v in values)


def residency_excluded(world: World, question: Question) -> None:
    """The regions of every option, as the catalog has them."""
    (region, role) = re.findall(r"region '(.*?)'.* cannot fill (.*) then", question.text)[0]
    names = {
        option
        for option in question.form.options
        if not any(
            region in one.residency for c, one in world.catalog.options_for(role.replace(" ", "_")) if c.id == option
        )
    }
    assert question.truth == names


def price_of_residency(world: World, question: Question) -> None:
    """The scenario with or without the rule, solved from nothing."""
    other = cost(fresh(world, settings(question)))
    before, after = (other, world.cost) if settings(question)[0].endswith("=null") else (world.cost, other)
    _price(world, question, before, after)


def cloud_lost(world: World, question: Question) -> None:
    """The scenario without the cloud, solved from nothing."""
    _price(world, question, world.cost, cost(fresh(world, settings(question))))


def model_withdrawn(world: World, question: Question) -> None:
    """The scenario without it, solved from nothing; every other option is pinned and dearer."""
    (role,) = re.findall(r"What fills ([a-z0-9 ]+) in the best design then", question.text)
    best = fresh(world, settings(question)).best
    assert best is not None
    assert best.design[role.replace(" ", "_")].component_id in {question.truth, *question.also}
    for option in set(question.form.options) - {question.truth} - question.also:
        pinned = (*settings(question), f"choices.pin.{role.replace(' ', '_')}={option}")
        assert cost(fresh(world, pinned)) > best.cost_usd_per_month


def withdrawn_regret(world: World, question: Question) -> None:
    """The scenario without it, solved from nothing; every role that it fills is told with its cost."""
    near(question, cost(fresh(world, settings(question))) - world.cost, 1e-6)
    (gone,) = re.findall(r'exclude=\[.*"([a-z0-9_]+)"\]', question.command)
    told = re.findall(rf"(?:Now|,) ([a-z0-9 ]+) costs {NUMBER} USD/month", question.text)
    filled = {words.role(r): c.cost_usd_per_month for r, c in world.best.design.items() if gone in c.names}
    assert {role: number(usd) for role, usd in told} == pytest.approx(filled, rel=ROUNDED)


def dominated(world: World, question: Question) -> None:
    """Both designs judged again and compared metric by metric."""
    verdicts = set()
    rows = re.findall(r"^- (.*): A has .*; B has (.*)$", question.text, re.MULTILINE)
    sides = [[(role.replace(" ", "_"), c) for c in _shown(world, role.replace(" ", "_"), text)] for role, text in rows]
    for first in sides[0]:
        for second in sides[1]:
            b = judge({**world.best.design, **dict([first, second])}, world.scenario)
            verdicts.add(_dominance(world.best, b))
    assert question.truth in verdicts


def _shown(world: World, role: str, text: str) -> list[Candidate]:
    return [c for c in world.table.candidates[role] if text.startswith(f"{words.candidate(c)} [")]


def _dominance(a: Evaluation, b: Evaluation) -> str:
    """Return which of two designs is no better in anything and worse in something, half a percent not counting."""
    better = {"A": False, "B": False}
    names = {"cost_usd_per_month": True, **{x.metric: x.upper for x in a.scenario.bounds}}
    for name in names.keys() - {"operations_h_per_month"}:
        x, y = a.metric(name), b.metric(name)
        if name.endswith("availability"):
            x, y = 1 - x, 1 - y
        if abs(x - y) > 0.005 * max(abs(x), abs(y)):
            better["A" if (x < y) == (names[name] or name.endswith("availability")) else "B"] = True
    if better["A"] == better["B"]:
        return "neither is dominated"
    return "B is dominated" if better["A"] else "A is dominated"


def forced_regret(world: World, question: Question) -> None:
    """The scenario with a pin, solved from nothing."""
    name, _, role = shlex.split(question.command)[3:]
    near(question, cost(fresh(world, (f"choices.pin.{role}={name}",))) - world.cost, 1e-6)


def _kept(world: World, changes: tuple[str, ...]) -> Evaluation | None:
    """Return what the design does under a changed scenario."""
    scenario = change(world.scenario, list(changes), world.catalog).scenario
    own = {r: {m.option.id.partition("@")[0] for m in c.members if m.option} for r, c in world.best.design.items()}
    return carried_over(world.best, table(scenario, world.catalog, world.table.as_of, only=own)).evaluation


def unknown_first(world: World, question: Question) -> None:
    """The option whose ends break a requirement, or else move the cost of the design most."""
    blueprint = world.catalog.blueprint(world.scenario.blueprint.id)
    sizes: dict[str, float] = {}
    for name, parameter in blueprint.parameters.items():
        if parameter.title in question.form.options and name not in world.scenario.given:
            value, ends = world.scenario.workload[name], []
            for end in (value / 1.5, min(value * 1.5, parameter.most)):
                least = parameter.least if parameter.least is not None else 0.0
                ends.append(_moved(world, (words.setting(f"workload.{name}", float(max(end, least))),)))
            sizes[parameter.title] = max(ends)
    assert max(sizes, key=lambda title: sizes[title]) == question.truth
    assert _moved(world, settings(question)) == pytest.approx(max(sizes.values()), rel=1e-6), "the command shows it"


def _moved(world: World, changes: tuple[str, ...]) -> float:
    """Return by how much the cost of the design as it is moves, a share of it; 1 more where a requirement breaks."""
    after = _kept(world, changes)
    broken = after is None or not after.feasible
    return (1.0 if broken else 0.0) + (abs(after.cost_usd_per_month / world.cost - 1) if after else 0.0)


TRUTH: dict[str, Callable[[World, Question], None]] = {
    check.__name__: check
    for check in (
        unknown_first, peak_rate, tokens_a_month, stored_data, units_needed, memory_needed, memory_fit, monthly_cost,
        token_cost, largest_cost_driver, cost_share, break_even_price, cache_hit_rate, self_hosting_volume,
        largest_stage, p95_without_stage, chain_availability, chain_with_redundancy, loss_of_zone, zone_within_target,
        price_of_n_plus_1, binding_constraint, order_by_slack, cheapest_to_relax, price_of_p95, budget_halved,
        budget_halved_way, violated_requirement, flips_at_10x, cost_multiplier_10x, residency_excluded,
        price_of_residency, cloud_lost, model_withdrawn, withdrawn_regret, dominated, forced_regret,
    )
}  # fmt: skip
