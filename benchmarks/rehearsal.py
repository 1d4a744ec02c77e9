"""What questions of a rehearsal take to make and to check, and for how long somebody would wait for one.

    python benchmarks/rehearsal.py [EXAMPLE ...] [--jobs 2] [--seed 7] [--level LEVEL] [--no-kinds]
                                   [--minutes 35 ... | --drill KIND ... | --drills]

In processor seconds. Of every kind: making a question, and checking that it stays the same with a tenth more or less
traffic; on a solved scenario that knows nothing else yet, so the two scenarios with other traffic are in every check
that needs them, though a session solves them once. Of sessions of some lengths, or of drills that are named: when each
item is ready with so many processes, each on a processor of its own, and how long somebody would wait who takes 10, 3
or 1 s an item, two key presses before the first included; --drills has a line of a drill of every kind. With --level
they are about a scenario that is generated of the example's blueprint. Default: three examples, 35 minutes.
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor import resources
from advisor.candidates.unswept import unswept
from advisor.catalog.load import Catalog, load_catalog
from advisor.rehearsal.course import Asked, Designing, Item, Setup
from advisor.rehearsal.drill import Given, Placed
from advisor.rehearsal.generate import LEVELS, Level, scenario_text
from advisor.rehearsal.kind import Kind
from advisor.rehearsal.opening import opening
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.stability import stable
from advisor.rehearsal.start import Start
from advisor.rehearsal.strands import in_order, strands, upcoming
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario, load_scenario, scenario_from_text

EXAMPLES = ("support_copilot", "card_fraud", "shop_search")
SEEDS = 3  # tried until a kind makes a question
SEED, LENGTH, PACES_S = 7, 35, (10.0, 3.0, 1.0)
PRESSED = 2  # Enter for the brief, Enter to begin
FILE = "scenario.yml"
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
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=int, nargs="*", default=(LENGTH,))
    parser.add_argument("--level", choices=LEVELS, help="generate a scenario of each example's blueprint instead")
    parser.add_argument("--drill", nargs="*", default=())
    parser.add_argument("--drills", action="store_true")
    parser.add_argument("--no-kinds", action="store_true")
    arguments = parser.parse_args()
    catalog = load_catalog()
    scenarios = {name: _scenario(name, arguments.level, arguments.seed, catalog) for name in arguments.examples}
    drills = list(KINDS) if arguments.drills else arguments.drill
    if not (arguments.no_kinds or drills):
        _kinds({name: World.of(one, one.catalog or catalog) for name, one in scenarios.items()})
    for name, one in scenarios.items():
        asked = [(LENGTH, drill) for drill in drills] or [(minutes, "") for minutes in arguments.minutes]
        for minutes, drill in asked:
            text, known = one.text, one.catalog or catalog
            setup = Setup(FILE, text, "", "", (one.digest, known.digest), arguments.seed, minutes, drill)
            _session(name, Start(one, known), setup, arguments.jobs, told=not arguments.drills)


def _scenario(name: str, level: Level | None, seed: int, catalog: Catalog) -> Scenario:
    """Return an example, or a scenario that is generated of its blueprint."""
    example = load_scenario(resources.example(name), catalog)
    if level is None:
        return example
    return scenario_from_text(scenario_text(example.blueprint.id, level, seed, catalog), catalog, FILE)


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


def _session(name: str, start: Start, setup: Setup, jobs: int, *, told: bool) -> None:
    first = opening(setup, start.scenario, start.catalog)
    made = _side_by_side(setup, start, jobs)
    items = [*first, *(item for item in _course(made, setup) if item is not None)]
    moments = {id(item): took for _, item, took in made}
    ready = [0.0] * len(first)
    for item in items[len(first) :]:  # what comes before it in the session has to be there too
        ready.append(max([*ready[-1:], START_S + _moment(item, moments, made)]))
    waits = {pace: list(_waits(ready, pace)) for pace in PACES_S}
    first_s = f"{waits[1.0][0]:.1f} s" if items else "none comes"
    later = ", ".join(f"{max(found[1:], default=0.0):.1f} s at {pace:g} s an item" for pace, found in waits.items())
    what = f"{name}, {setup.drill or f'{setup.minutes} minutes'}, {len(items)} items with {jobs} processes"
    print(f"{what}; wait for the first: {first_s}, for a later one at most: {later}", flush=True)
    for number, item in enumerate(items if told else ()):
        each = "".join(f"{found[number]:>7.1f}" for found in waits.values())
        print(f"  {number + 1:>3} {_title(item):<36} ready {ready[number]:>6.1f} s   waits{each} s", flush=True)


def _side_by_side(setup: Setup, start: Start, jobs: int) -> list[Made]:
    """Return what processes make that work at the same time, with the seconds after which each is there.

    They are worked out here one step at a time: always the next of the one that is furthest behind.
    """
    gc.freeze()  # as a process does
    every = strands(setup)
    processes = [_Process(Start(start.scenario, start.catalog)) for _ in range(jobs)]
    found, taken = list[Made](), set[int]()
    while None not in _course(found, setup)[-1:]:
        one = min(processes, key=lambda each: each.clock_s)
        if one.strand is None:
            come = [made for made in found if made[2] <= one.clock_s]
            number = upcoming(_given(come), setup, taken)
            if number is None:  # it looks again when another one is further
                later = [each.clock_s for each in processes if each.strand is not None]
                one.clock_s = math.nextafter(min(later), math.inf) if later else math.inf
                continue
            taken.add(number)
            one.strand = every[number].spin(one.start, setup)
        found += one.step()
    return sorted(found, key=lambda made: made[0])


@dataclass
class _Process:
    """A process: what its session starts from, how far its clock is, and the strand that it works out."""

    start: Start
    clock_s: float = 0.0
    strand: Iterator[Placed] | None = None

    def step(self) -> Iterator[Made]:
        """Yield the next item of its strand, if there is one more; the clock goes on by what that took."""
        assert self.strand is not None, "it has nothing to do"
        begun = time.process_time()
        with unswept():
            made = next(self.strand, None)
        if made is None:
            gc.collect()
        self.clock_s += time.process_time() - begun
        if made is None:
            self.strand = None
        else:
            yield (*made, self.clock_s)


def _course(found: Sequence[Made], setup: Setup) -> list[Item | None]:
    """Return the items that have come, in order, None behind the last there will be."""
    return list(in_order(_given(found), setup))


def _given(found: Sequence[Made]) -> Given:
    return lambda place: [item for one, item, _ in found if one == place]


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
