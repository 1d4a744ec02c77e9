"""The command that is printed with a question, run where it says, gives the question's truth; kind by kind."""

from __future__ import annotations

import functools
import itertools
import json
import random
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import rehearsal_case as case
from click.testing import CliRunner

from advisor.analysis.answers import Answer
from advisor.commands.main import cli
from advisor.optimizer.search import Search
from advisor.proposal import Proposal
from advisor.rehearsal import folder, prepare, words
from advisor.rehearsal.course import Asked, Setup
from advisor.rehearsal.kinds.changes import IMPOSSIBLE, band_of
from advisor.rehearsal.question import Number, Question, options
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.running import in_debrief
from advisor.rehearsal.world import World
from advisor.scenario.load import scenario_from_text

SIZE = ("units", "zones", "needed_units")
CLOSE = 2e-3  # texts have three digits
SEEDS = 4
NOT_IN_IT = {  # kinds whose command shows what their truth is worked out of
    "self_hosting_volume": "the candidates whose bills cross",
    "dominated": "the candidates in which two designs differ",
    "cache_hit_rate": "the best design at that share of hits, which is sized anew",
}
TIGHTER = case.TEXT.replace("9_000", "7_000").replace("{min: 0.992}", "{min: 0.993}")  # half of it is too little
FULL = ("churn_scores", "company_gateway", "phone_agent", "card_fraud")  # where the small catalog gives no question


@dataclass(frozen=True)
class Shown:
    """A question with what its command shows, as text and as JSON."""

    world: World
    asked: Question
    run: Callable[..., str]

    @property
    def truth(self) -> Any:
        """What is true."""
        return self.asked.truth

    @property
    def text(self) -> str:
        """What the command prints."""
        return self.run()

    @property
    def data(self) -> Any:
        """What the command prints as JSON."""
        return json.loads(self.run("--json"))

    @property
    def costs(self) -> tuple[float, float | None]:
        """The costs before and after a change; None where no design meets everything then."""
        found = self.data
        return found["before"]["cost_usd_per_month"], found["after"]["cost_usd_per_month"]

    def has(self, value: float, *near: str) -> bool:
        """Return whether a line with all of some words has a number, up to three digits."""
        lines = [line for line in self.text.splitlines() if all(word in line for word in near)]
        return any(abs(found / value - 1) < 6e-3 for line in lines for found in numbers(line))


def numbers(line: str) -> list[float]:
    """Return the numbers of a line whose thousands stand apart."""
    return [float(re.sub(r"\s", "", found)) for found in re.findall(r"\d{1,3}(?:\s\d{3})+(?:\.\d+)?|\d+\.?\d*", line)]


def usd(text: str, pattern: str) -> float:
    """Return an amount that a question states."""
    found = re.search(pattern, text)
    assert found is not None, text
    return numbers(found[1])[0]


# --- by command -------------------------------------------------------------------------------------------------------


def rise(one: Shown) -> bool:
    """The price of a change, in USD, as a band, or that nothing meets it."""
    before, after = one.costs
    if isinstance(one.asked.form, Number):
        return after is not None and after - before == pytest.approx(one.truth, rel=CLOSE)
    return bool(one.truth == (IMPOSSIBLE if after is None else band_of(after / before - 1)))


def unknown(one: Shown) -> bool:
    """What the design left as it is does at an end of the figure that is the truth, as the derivation has it."""
    found = one.data
    (moved,), kept = found["changes"], found["kept"]
    parameters = one.world.scenario.blueprint.parameters
    line = one.asked.derivation[0]
    at_end = f"{words.cents(kept['cost_usd_per_month'])} USD/month" if kept["possible"] else "cannot be run as it is"
    title = parameters[moved["path"].removeprefix("workload.")].title
    return title == one.truth == line.partition(":")[0] and at_end in line


def residency(one: Shown) -> bool:
    """The price of keeping data somewhere; where it is required already the change takes it back."""
    before, after = one.costs
    if "require=null" in one.asked.command:
        assert after is not None
        return bool(one.truth == band_of(before / after - 1))
    return rise(one)


def break_even(one: Shown) -> bool:
    """What the best design without a component costs more, as a share of its bill."""
    before, after = one.costs
    bill = usd(one.asked.text, r"bills ([\d .]+) USD")
    return after is not None and 100 * (after - before) / bill == pytest.approx(one.truth, rel=CLOSE)


def flips(one: Shown) -> bool:
    """The roles that are filled by another component after the change."""
    found = one.data
    changed = {role["role"] for role in found["roles"] if role["kind"] in ("replaced", "added", "removed")}
    return bool({words.role(name) for name in changed} == one.truth)


def replacement(one: Shown) -> bool:
    """What fills the role after the change."""
    after = one.data["after"]["design"].values()
    return any(str(name).startswith(one.truth) for name in after) or any(
        str(name).startswith(also) for also in one.asked.also for name in after
    )


def cheapest(one: Shown) -> bool:
    """What the bound that saves most saves."""
    before, after = one.costs
    saved = usd(one.asked.derivation[0], r"saves ([\d .]+) USD")
    return after is not None and before - after == pytest.approx(saved, rel=CLOSE)


def halved(one: Shown) -> bool:
    """What half the budget does."""
    found = one.data
    if found["after"]["cost_usd_per_month"] is None:
        return bool(one.truth == "no design meets everything")
    same = found["before"]["design"] == found["after"]["design"]
    return bool(one.truth == ("feasible, the same design stays" if same else "feasible, with another design"))


def way_out(one: Shown) -> bool:
    """That dropping one of the bounds makes half the budget enough, or that one of those that do not does not."""
    return (one.costs[1] is not None) == bool(one.truth)


def bindings(one: Shown) -> bool:
    """The bounds whose other side is cheaper."""
    looser = {step["path"]: step["loosen"] for step in one.data["constraints"]}
    bounds = {words.bound(b): b.path for b in one.world.scenario.bounds}
    saves = {name for name in options(one.asked.form) if (looser[bounds[name]] or {}).get("limit") is not None}
    return bool(one.truth <= saves)


def violated(one: Shown) -> bool:
    """The requirements that a swap breaks, in the line of what is swapped in."""
    names = [re.split(" at (?:most|least)", name)[0] for name in one.truth]
    return all(name.split()[-1] in one.text for name in names) and "breaks" in one.text


def slack(one: Shown) -> bool:
    """The order of the bounds by their slack."""
    by_path = {check["path"]: check["slack"] for check in one.data["constraints"]}
    bounds = {words.bound(b): by_path[b.path] for b in one.world.scenario.bounds}
    return sorted(one.truth, key=lambda name: bounds[name]) == list(one.truth)


def dearest(one: Shown) -> bool:
    """The dearest role of the design."""
    design = one.data["design"]
    return bool(words.role(max(design, key=lambda role: design[role]["cost_usd_per_month"])) == one.truth)


def share(one: Shown) -> bool:
    """The share of the dearest role in the whole."""
    found = one.data
    most = max(chosen["cost_usd_per_month"] for chosen in found["design"].values())
    return bool(100 * most / found["metrics"]["cost_usd_per_month"] == pytest.approx(one.truth, rel=CLOSE))


def units(one: Shown) -> bool:
    """The fewest units of an option that carry the peak."""
    rows = next(iter(one.data["roles"].values()))
    return one.truth in {row["needed_units"] for row in rows}


def tokens(one: Shown) -> bool:
    """The bill of a hosted model, which is its tokens."""
    rows = next(iter(one.data["roles"].values()))
    return any(row["bill_usd_per_month"] == pytest.approx(one.truth, rel=CLOSE) for row in rows)


def one_more(one: Shown) -> bool:
    """The difference of a candidate and of one with a unit more."""
    rows = next(iter(one.data["roles"].values()))
    alike = [row for row in rows if {*row["tactics"]} <= {"replicate"}]
    by_size = {(row["option"], row["units"]): row["cost_usd_per_month"] for row in alike}
    pairs = [(by_size[name, count + 1] - was) for (name, count), was in by_size.items() if (name, count + 1) in by_size]
    return any(extra == pytest.approx(one.truth, rel=CLOSE) for extra in pairs)


def memory(one: Shown) -> bool:
    """The weights, and the cache of a token for as many as there are."""
    lines = [line for line in one.text.splitlines() if "_bytes" in line]
    named = {line.split()[0]: numbers(line)[0] for line in lines}
    cards = int(re.findall(r"accelerators=(\d+)", one.asked.command)[0])
    tokens = int(re.findall(r"needed_tokens=(\d+)", one.asked.command)[0])
    whole = cards * (named["weights_bytes"] + named["kv_bytes_per_token"] * tokens)
    return bool(whole / 1e9 == pytest.approx(one.truth, rel=CLOSE))


def stage(one: Shown) -> bool:
    """The mean of the largest stage."""
    every = [found for flow in one.world.best.flows.values() for m in flow.measures.values() for found in m.stages]
    mean_ms = next(found.mean for found in every if one.truth == f"{words.role(found.role)} {found.operation}")
    return "is the largest stage" in one.text and (one.has(mean_ms / 1000, "mean") or one.has(mean_ms, "mean"))


def chain(one: Shown) -> bool:
    """The availability of a chain, of which the downtime is what is left of a month."""
    return f"{1 - one.truth / 43_800:.7g}"[:7] in one.text


def insisted(one: Shown) -> bool:
    """What a forced choice costs."""
    return one.has(one.truth, "costs", "USD a month")


def barred(one: Shown) -> bool:
    """Where each option of a component keeps data, none of them in the region."""
    region = re.findall(r"region '(\w+)'", one.asked.text)[0]
    places = re.findall(r"data in ([^·\n]*)", one.text)
    return bool(places) and not any(region in place.split(", ") for place in places)


def sizes(one: Shown) -> bool:
    """The units of each role that are told, and those that the peak needs."""
    found = one.data
    rows = found["roles"] if "roles" in found else {role: [chosen] for role, chosen in found["design"].items()}
    has = {(role, *(row[key] for key in SIZE)) for role, some in rows.items() for row in some}
    told = re.findall(r"- ([\w ]+): [^\n]*, (\d+) units? in (\d+) zones?; the peak needs (\d+)", one.asked.text)
    return bool(told) and all(
        (name.replace(" ", "_"), int(count), int(zones), int(needed)) in has for name, count, zones, needed in told
    )


GIVES: Mapping[str, Callable[[Shown], bool]] = {
    "unknown_first": unknown,
    "peak_rate": lambda one: one.has(one.truth, "/s"),
    "tokens_a_month": lambda one: one.has(one.truth, "million"),
    "stored_data": lambda one: one.has(one.truth, "GB"),
    "units_needed": units,
    "memory_needed": memory,
    "memory_fit": lambda one: one.asked.derivation[-1] in one.text,
    "monthly_cost": lambda one: one.has(one.truth, "cost", "USD/month"),
    "token_cost": tokens,
    "largest_cost_driver": dearest,
    "cost_share": share,
    "break_even_price": break_even,
    "largest_stage": stage,
    "p95_without_stage": lambda one: one.has(one.truth),
    "chain_availability": chain,
    "chain_with_redundancy": chain,
    "price_of_n_plus_1": one_more,
    "binding_constraint": bindings,
    "order_by_slack": slack,
    "cheapest_to_relax": cheapest,
    "price_of_p95": rise,
    "budget_halved": halved,
    "budget_halved_way": way_out,
    "violated_requirement": violated,
    "flips_at_10x": flips,
    "cost_multiplier_10x": lambda one: one.costs[1] / one.costs[0] == pytest.approx(one.truth, rel=CLOSE),  # type: ignore[operator]
    "loss_of_zone": sizes,
    "zone_within_target": sizes,
    "residency_excluded": barred,
    "price_of_residency": residency,
    "cloud_lost": rise,
    "model_withdrawn": replacement,
    "withdrawn_regret": rise,
    "forced_regret": insisted,
}


def hosted(one: Shown) -> bool:
    """What the hosted model costs at this volume, of the price and the hours that the question states."""
    price, hours = (usd(one.asked.text, rf"(\d[\d .]*) USD{per}") for per in (" per million", "/month of people"))
    return one.has(price * one.world.scenario.workload["requests_per_month"] / 1e6 + hours)


def compared(one: Shown) -> bool:
    """What the two candidates of the first role cost."""
    line = next(line for line in one.asked.text.splitlines() if line.startswith("- "))
    costs = [numbers(cost)[0] for cost in re.findall(r"\[(\d[\d .]*) USD/month", line)]
    return len(costs) == 2 and all(map(one.has, costs))


def more_hits(one: Shown) -> bool:
    """The best design at the share that is the truth: no dearer than the one that is not sized anew."""
    return one.costs[1] is not None and one.costs[1] <= usd(one.asked.text, r"down to (\d[\d .]*) USD") * (1 + CLOSE)


PARTS: Mapping[str, Callable[[Shown], bool]] = {
    "self_hosting_volume": hosted,
    "dominated": compared,
    "cache_hit_rate": more_hits,
}


def test_every_kind_has_its_figure() -> None:
    """Each kind says what its command gives, or why that is no more than what its truth is worked out of."""
    assert GIVES.keys() | NOT_IN_IT.keys() == KINDS.keys()
    assert PARTS.keys() == NOT_IN_IT.keys()
    assert not GIVES.keys() & NOT_IN_IT.keys()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_command_gives_the_truth(
    name: str, solved: Callable[[str], Proposal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run in the folder of the debrief, under the session's catalog, it shows what is true, or what makes it so."""
    monkeypatch.chdir(tmp_path)
    world, setup, asked = found(name, solved)
    (tmp_path / "scenario.yml").write_text(world.scenario.text, encoding="utf-8")
    command = in_debrief(asked.command, setup)

    def run(*more: str) -> str:
        done = CliRunner().invoke(cli, [*shlex.split(command)[1:], *more])
        assert done.exit_code in (0, 3), (command, done.output)  # 3: that nothing meets the change is the truth
        return done.stdout

    gives = GIVES.get(name) or PARTS[name]
    assert gives(Shown(world, asked, run)), (command, asked.truth)


def found(name: str, solved: Callable[[str], Proposal]) -> tuple[World, Setup, Question]:
    """Return a question of a kind with its world, of the small catalog where that gives one."""
    for world, setup in worlds(solved):
        for seed in range(SEEDS):
            asked = KINDS[name].make(world, random.Random(seed))
            if asked is not None:
                return world, setup, asked
    raise AssertionError(f"no world gives a question of {name}")


def worlds(solved: Callable[[str], Proposal]) -> Iterator[tuple[World, Setup]]:
    """Yield worlds with their setups, those of the small catalog first."""
    yield case.world(), case.setup()
    yield tighter(), case.setup()
    for name in FULL:
        one = solved(name)
        world = World(Answer(one.table, one.status, one.best, one.gap, None, Search(one.table)))
        yield world, replace(case.setup(), catalog_folder="")


@functools.cache
def tighter() -> World:
    """Return the scenario with less money, solved."""
    return World.of(scenario_from_text(TIGHTER, case.catalog(), "scenario.yml"), case.catalog())


def test_the_command_of_a_drill_runs_in_the_folder_of_its_debrief(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a question with a scenario of its own it names the file that is written for it."""
    setup = case.setup(drill="cost_multiplier_10x")
    items = list(itertools.islice(prepare.items(setup, case.world()), 3))
    for path, content in folder.files(setup.text, setup.file, items).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    for item in items:
        assert isinstance(item, Asked)
        assert f"{item.folder}/scenario.yml" in item.question.command
        shown = CliRunner().invoke(cli, [*shlex.split(in_debrief(item.question.command, setup))[1:], "--json"])
        found = json.loads(shown.stdout)
        times = found["after"]["cost_usd_per_month"] / found["before"]["cost_usd_per_month"]
        assert times == pytest.approx(item.question.truth, rel=CLOSE)
