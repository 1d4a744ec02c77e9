"""What questions of a rehearsal take to make and to check, and for how long somebody would wait for one.

    python benchmarks/rehearsal.py [EXAMPLE ...] [--pace SECONDS]

Two tables, in processor seconds. Of every kind: making a question, and checking that it stays the same with a tenth
more or less traffic; on a solved scenario that knows nothing else yet, so the two scenarios with other traffic are in
every check that needs them, though a session solves them once. Of a session of 35 minutes: when each item is ready, and
how long somebody would wait who begins at once and takes --pace seconds an item, on a machine with nothing else to do.
Default: three examples; one of them takes a quarter of the time.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor import resources
from advisor.catalog.load import Catalog, load_catalog
from advisor.rehearsal import prepare
from advisor.rehearsal.course import Asked, Designing, Item, Setup
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.stability import stable
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario, load_scenario

EXAMPLES = ("support_copilot", "card_fraud", "shop_search")
SEEDS = 3  # tried until a kind makes a question
SEED, MINUTES, PACE_S = 7, 35, 10.0
START_S = 1.5  # a new process with the catalog read


@dataclass(frozen=True)
class Took:
    """Seconds to make and to check a question, and what came of it."""

    make_s: float
    check_s: float
    end: str


def main() -> None:
    """Run the benchmark and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", nargs="*", default=EXAMPLES)
    parser.add_argument("--pace", type=float, default=PACE_S)
    arguments = parser.parse_args()
    catalog = load_catalog()
    scenarios = {name: load_scenario(resources.example(name), catalog) for name in arguments.examples}
    _kinds({name: World.of(one, one.catalog or catalog) for name, one in scenarios.items()})
    for name, one in scenarios.items():
        _session(name, one, one.catalog or catalog, arguments.pace)


# --- kinds ------------------------------------------------------------------------------------------------------------


def _kinds(worlds: dict[str, World]) -> None:
    print(f"{'kind':<24}" + "".join(f"{name[:14]:>14}{'make':>7}{'check':>8}" for name in worlds))
    for kind in KINDS.values():
        found = [_took(kind, world) for world in worlds.values()]
        print(f"{kind.name:<24}" + "".join(f"{t.end:>14}{t.make_s:>7.2f}{t.check_s:>8.2f}" for t in found), flush=True)


def _took(kind: Kind, world: World) -> Took:
    world = World(world.answer, world.only)  # with nothing remembered
    start = time.process_time()
    made = ((seed, kind.make(world, random.Random(seed))) for seed in range(SEEDS))
    seed, found = next(((seed, one) for seed, one in made if one), (0, None))
    middle = time.process_time()
    asked = found is not None and stable(kind, world, seed, found)
    end = "asked" if asked else "unstable" if found else "none"
    return Took(middle - start, time.process_time() - middle, end)


# --- a session --------------------------------------------------------------------------------------------------------


def _session(name: str, scenario: Scenario, catalog: Catalog, pace_s: float) -> None:
    setup = Setup("scenario.yml", scenario.text, "", "", (scenario.digest, catalog.digest), SEED, MINUTES)
    opening = len(prepare.opening(setup, scenario, catalog))
    made = list(_made(scenario, catalog, setup))
    ready = [0.0 if number < opening else START_S + took for number, (_, took) in enumerate(made)]
    waits = list(_waits(ready, pace_s))
    print(f"\n{name}, {MINUTES} minutes, {len(ready)} items: ready after {ready[-1]:.0f} s; ", end="")
    print(f"the first after {ready[0]:.1f} s; the longest wait at {pace_s:g} s an item {max(waits):.1f} s")
    for number, (item, _) in enumerate(made):
        print(f"  {number + 1:>3} {_title(item):<36}{ready[number]:>7.1f} s  wait {waits[number]:.1f} s", flush=True)


def _made(scenario: Scenario, catalog: Catalog, setup: Setup) -> Iterator[tuple[Item, float]]:
    """Yield the items with the seconds after which each is there; the scenario is solved for the first of them."""
    start = time.process_time()
    for item in prepare.items(setup, World.of(scenario, catalog)):
        yield item, time.process_time() - start


def _waits(ready: Sequence[float], pace_s: float) -> Iterator[float]:
    now = 0.0
    for one in ready:
        wait = max(0.0, one - now)
        yield wait
        now += wait + pace_s


def _title(item: Item) -> str:
    kind = item.question.kind if isinstance(item, Asked) else item.name if isinstance(item, Designing) else "asking"
    return f"{item.part} {kind}"


if __name__ == "__main__":
    main()
