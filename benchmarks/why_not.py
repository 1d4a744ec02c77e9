"""What ``advisor why-not SCENARIO COMPONENT`` takes from its start to its end, for every component.

    python benchmarks/why_not.py [SCENARIO] [--jobs N] [--runs N] [--ways-out N]

Each command runs ``--runs`` times in turns with all others, and the middle one counts: what else runs meanwhile
counts too. Beside it, as the reference: a program that only starts, and the scenario solved and nothing asked.
Of the N slowest and N in the middle it is also shown what the ways out take: until the verdict, until the end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from advisor import resources
from advisor.analysis.forced import Wish
from advisor.candidates.table import Table, table
from advisor.catalog.load import load_catalog
from advisor.scenario.load import load_scenario

PROMISE_S = 1.0
SHOWN = 10
Timed = tuple[float, float]  # seconds until the first line, until the end


def main() -> None:
    """Ask about every component and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default=resources.example("support_copilot"), type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--ways-out", type=int, default=3, metavar="N")
    arguments = parser.parse_args()
    catalog = load_catalog()
    wishes = _wishes(table(load_scenario(arguments.scenario, catalog), catalog))
    every = [["--version"], ["check", str(arguments.scenario)], *(_words(arguments.scenario, wish) for wish in wishes)]
    runs = [[_command(words)[1] for words in every] for _ in range(arguments.runs)]
    start, solved, *asked = (statistics.median(times) for times in zip(*runs, strict=True))
    quickest = [min(times) for times in zip(*runs, strict=True)][2:]
    found = sorted(zip(asked, wishes, strict=True), key=lambda one: -one[0])
    above = sum(seconds > PROMISE_S for seconds in asked)
    print(f"{len(found)} components: {above} above {PROMISE_S:g} s, median {statistics.median(asked):.2f} s")
    above = sum(seconds > PROMISE_S for seconds in quickest)
    print(f"the quickest run of each: {above} above, worst {max(quickest):.2f} s")
    print(f"{start:8.2f}  a program that starts\n{solved:8.2f}  the scenario solved (check)")
    for seconds, wish in found[:SHOWN]:
        print(f"{seconds:8.2f}  {wish.role}: {wish.name}")
    half, count = len(found) // 2, arguments.ways_out
    print("with --ways-out: until the verdict, until the end")
    for _, wish in (*found[:count], *found[half : half + count]):
        words = [*_words(arguments.scenario, wish), "--ways-out", "--jobs", str(arguments.jobs)]
        verdict, end = _command(words)
        print(f"{verdict:8.2f}{end:8.2f}  {wish.role}: {wish.name}")


def _wishes(candidates: Table) -> list[Wish]:
    named = {(role, c.component_id): None for role, found in candidates.candidates.items() for c in found}
    return [Wish(role, name) for role, name in named]


def _words(scenario: Path, wish: Wish) -> list[str]:
    return ["why-not", str(scenario), wish.name, "--role", wish.role]


def _command(words: Sequence[str]) -> Timed:
    """Return when the first line of a command is there, and when it ends."""
    begun = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", "advisor", *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        first = time.perf_counter() - begun
        process.stdout.read()
    assert process.returncode == 0
    return first, time.perf_counter() - begun


if __name__ == "__main__":
    main()
