"""What questions of a rehearsal take to make and to check, and for how long somebody would wait for one.

    python benchmarks/rehearsal.py [EXAMPLE ...] [--jobs 2] [--drill KIND ... | --drills] [--no-kinds]

In processor seconds. Of every kind: making a question, and checking that it stays the same with a tenth more or less
traffic; on a solved scenario that knows nothing else yet, so the two scenarios with other traffic are in every check
that needs them, though a session solves them once. Of a session of 35 minutes, and of drills that are named: when each
item is ready with so many processes, each on a processor of its own, and how long somebody would wait who takes 10, 3
or 1 s an item, two key presses before the first included; --drills has a line of a drill of every kind. Default: three
examples; one takes a quarter of the time.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor import resources
from advisor.catalog.load import Catalog, load_catalog
from advisor.rehearsal.course import Asked, Designing, Item, Setup
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.opening import opening
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.stability import stable
from advisor.rehearsal.start import Start
from advisor.rehearsal.strands import in_order, placed, strands
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario, load_scenario

EXAMPLES = ("support_copilot", "card_fraud", "shop_search")
SEEDS = 3  # tried until a kind makes a question
SEED, MINUTES, PACES_S = 7, 35, (10.0, 3.0, 1.0)
PRESSED = 2  # Enter for the brief, Enter to begin
START_S = 0.3  # by which a process that starts with the command is later than its first page
Made = tuple[int, Item | None, float]


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
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--drill", nargs="*", default=())
    parser.add_argument("--drills", action="store_true")
    parser.add_argument("--no-kinds", action="store_true")
    arguments = parser.parse_args()
    catalog = load_catalog()
    scenarios = {name: load_scenario(resources.example(name), catalog) for name in arguments.examples}
    if not (arguments.no_kinds or arguments.drill or arguments.drills):
        _kinds({name: World.of(one, one.catalog or catalog) for name, one in scenarios.items()})
    for name, one in scenarios.items():
        for drill in KINDS if arguments.drills else arguments.drill or ("",):
            _session(name, one, one.catalog or catalog, drill, arguments.jobs, told=not arguments.drills)


# --- kinds ------------------------------------------------------------------------------------------------------------


def _kinds(worlds: dict[str, World]) -> None:
    print(f"{'kind':<24}" + "".join(f"{name[:14]:>14}{'make':>7}{'check':>8}" for name in worlds))
    for kind in KINDS.values():
        found = [_took(kind, world) for world in worlds.values()]
        print(f"{kind.name:<24}" + "".join(f"{t.end:>14}{t.make_s:>7.2f}{t.check_s:>8.2f}" for t in found), flush=True)


def _took(kind: Kind, world: World) -> Took:
    world = World(world.answer, world.only).anew()  # with nothing remembered
    start = time.process_time()
    made = ((seed, kind.make(world, random.Random(seed))) for seed in range(SEEDS))
    seed, found = next(((seed, one) for seed, one in made if one), (0, None))
    middle = time.process_time()
    asked = found is not None and stable(kind, world, seed, found)
    end = "asked" if asked else "unstable" if found else "none"
    return Took(middle - start, time.process_time() - middle, end)


# --- a session --------------------------------------------------------------------------------------------------------


def _session(name: str, scenario: Scenario, catalog: Catalog, drill: str, jobs: int, *, told: bool) -> None:
    setup = Setup("scenario.yml", scenario.text, "", "", (scenario.digest, catalog.digest), SEED, MINUTES, drill)
    first = opening(setup, scenario, catalog)
    made = _side_by_side(setup, scenario, catalog, jobs)
    items = [*first, *(item for item in _course(made, setup) if item is not None)]
    moments = {id(item): took for _, item, took in made}
    ready = [0.0] * len(first)
    for item in items[len(first) :]:  # what comes before it in the session has to be there too
        ready.append(max([*ready[-1:], START_S + _moment(item, moments, made)]))
    waits = {pace: list(_waits(ready, pace)) for pace in PACES_S}
    first_s = f"{waits[1.0][0]:.1f} s" if items else "none comes"
    later = ", ".join(f"{max(found[1:], default=0.0):.1f} s at {pace:g} s an item" for pace, found in waits.items())
    what = f"{name}, {drill or f'{MINUTES} minutes'}, {len(items)} items with {jobs} processes"
    print(f"{what}; wait for the first: {first_s}, for a later one at most: {later}", flush=True)
    for number, item in enumerate(items if told else ()):
        each = "".join(f"{found[number]:>7.1f}" for found in waits.values())
        print(f"  {number + 1:>3} {_title(item):<36} ready {ready[number]:>6.1f} s   waits{each} s", flush=True)


def _side_by_side(setup: Setup, scenario: Scenario, catalog: Catalog, jobs: int) -> list[Made]:
    """Return what processes make that work at the same time, with the seconds after which each is there.

    They are worked out here one step at a time: always the next of the one that is furthest behind.
    """
    every = range(len(strands(setup)))
    working = [_made(setup, scenario, catalog, every[first::jobs]) for first in range(min(jobs, len(every)))]
    clocks, found = [0.0] * len(working), list[Made]()
    while any(math.isfinite(clock) for clock in clocks) and None not in _course(found, setup)[-1:]:
        one = clocks.index(min(clocks))
        made = next(working[one], None)
        clocks[one] = math.inf if made is None else made[2]
        found += [] if made is None else [made]
    return sorted(found, key=lambda one: one[0])


def _course(found: Sequence[Made], setup: Setup) -> list[Item | None]:
    """Return the items that have come, in order, None behind the last there will be."""
    return list(in_order(lambda place: [item for one, item, _ in found if one == place], setup))


def _made(setup: Setup, scenario: Scenario, catalog: Catalog, numbers: Sequence[int]) -> Iterator[Made]:
    """Yield what one process makes."""
    took, start = 0.0, time.process_time()
    for place, item in placed(setup, Start(scenario, catalog), numbers):
        took += time.process_time() - start
        yield place, item, took
        start = time.process_time()


def _moment(item: Item, moments: Mapping[int, float], made: Sequence[Made]) -> float:
    """Return when an item is there; one of a drill has been given a folder since, and its command names it."""
    if id(item) in moments:
        return moments[id(item)]
    assert isinstance(item, Asked)
    return next(took for _, one, took in made if isinstance(one, Asked) and one.question.text == item.question.text)


def _waits(ready: Sequence[float], pace_s: float) -> Iterator[float]:
    now = PRESSED * min(pace_s, 1.0)
    for one in ready:
        wait = max(0.0, one - now)
        yield wait
        now += wait + pace_s


def _title(item: Item) -> str:
    kind = item.question.kind if isinstance(item, Asked) else item.name if isinstance(item, Designing) else "asking"
    return f"{item.part} {kind}"


if __name__ == "__main__":
    main()
