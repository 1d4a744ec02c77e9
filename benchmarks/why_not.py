"""What why-not takes for every component of a scenario, one by one, and whole commands from their start.

    python benchmarks/why_not.py [SCENARIO] [--jobs N] [--commands N]

Each question is asked of a copy of the solved scenario, so that none learns from another. Prints in wall seconds how
many take longer than is promised, the slowest, and of the slowest and of those in the middle what the command takes
from its start until its verdict is printed and until its end. Anything else that runs meanwhile counts too.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from advisor import resources
from advisor.__main__ import SWEEPS, THREADS
from advisor.analysis.answers import UNLIMITED, Answer, solve
from advisor.analysis.forced import Wish
from advisor.analysis.why_not import why_not
from advisor.candidates.table import table
from advisor.catalog.load import load_catalog
from advisor.scenario.load import load_scenario

PROMISE_S = 1.0
SHOWN = 10
Timed = tuple[float, str, Wish]  # seconds, how it ended


def main() -> None:
    """Ask about every component and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default=resources.example("support_copilot"), type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--commands", type=int, default=3, help="whole commands of the slowest, and of the middle")
    arguments = parser.parse_args()
    os.environ.setdefault(THREADS, "1")  # as the program does
    gc.set_threshold(*SWEEPS)
    catalog = load_catalog()
    answer = solve(table(load_scenario(arguments.scenario, catalog), catalog))
    found = sorted((_asked(answer, wish, arguments.jobs) for wish in _wishes(answer)), key=lambda one: -one[0])
    above = sum(seconds > PROMISE_S for seconds, *_ in found)
    middle = statistics.median(seconds for seconds, *_ in found)
    print(f"{len(found)} components, {arguments.jobs} jobs: {above} above {PROMISE_S:g} s, median {middle:.2f} s")
    for seconds, kind, wish in found[:SHOWN]:
        print(f"{seconds:8.2f}  {kind:<12}{wish.role}: {wish.name}")
    half, count = len(found) // 2, arguments.commands
    print("commands with start, reading and solving: until the verdict, until the end")
    for _, kind, wish in (*found[:count], *found[half : half + count]):
        verdict, end = _command(arguments.scenario, wish, arguments.jobs)
        print(f"{verdict:8.2f}{end:8.2f}  {kind:<12}{wish.role}: {wish.name}")


def _wishes(answer: Answer) -> list[Wish]:
    named = {(role, c.component_id): None for role, found in answer.table.candidates.items() for c in found}
    return [Wish(role, name) for role, name in named]


def _asked(answer: Answer, wish: Wish, jobs: int) -> Timed:
    """Return what a question takes in a process that begins as a copy of this one."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_ask, args=(answer, wish, jobs, there))
    process.start()
    seconds, kind = here.recv()
    process.join()
    return seconds, kind, wish


def _ask(answer: Answer, wish: Wish, jobs: int, there: Connection) -> None:
    begun = time.perf_counter()
    kind = why_not(answer, (wish,), UNLIMITED, jobs=jobs).kind
    there.send((time.perf_counter() - begun, kind))


def _command(scenario: Path, wish: Wish, jobs: int) -> tuple[float, float]:
    """Return when the first line is there, and when the command ends."""
    arguments = ["why-not", str(scenario), wish.name, "--role", wish.role, "--jobs", str(jobs)]
    begun = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", "advisor", *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        verdict = time.perf_counter() - begun
        process.stdout.read()
    assert process.returncode == 0
    return verdict, time.perf_counter() - begun


if __name__ == "__main__":
    main()
