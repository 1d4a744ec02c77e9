"""What ``diff`` and ``compare`` take: a scenario (solved), a design file or a ``proposal.json`` (judged)."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from advisor.analysis.answers import Deadline
    from advisor.analysis.comparison import Side
    from advisor.catalog.load import Catalog
    from advisor.errors import Problem
    from advisor.scenario.load import Scenario
    from advisor.yamlfile import Document

scenario_option = click.option(
    "--scenario",
    "scenario_file",
    metavar="SCENARIO",
    type=click.Path(),
    help="Judge designs and proposals under this scenario (default: the one that each names or stands beside).",
)
metrics_option = click.option(
    "--metrics",
    metavar="A,B,...",
    help="Compare these metrics only, for example cost,answer.ttft_ms.p95,quality.",
)
markdown_option = click.option("--markdown", is_flag=True, help="Print Markdown, for a pull request.")
format_option = click.option(
    "--format",
    "document",
    type=click.Choice(["md", "html"]),
    help="Print a document: Markdown, or one HTML page that needs no network.",
)


def wanted(metrics: str | None) -> list[str]:
    """Return the names that ``--metrics`` lists."""
    return [name.strip() for name in (metrics or "").split(",") if name.strip()]


def one_format(as_json: bool, markdown: bool, document: str | None = None) -> None:
    """Refuse two formats at once."""
    asked = [name for name, on in (("--json", as_json), ("--markdown", markdown), ("--format", document)) if on]
    if len(asked) > 1:
        raise click.UsageError(f"{asked[0]} and {asked[1]} exclude each other")


def made_by(name: str, sides: Sequence[str], document: str, **options: object) -> str:
    """Return the command that prints a document again."""
    import shlex

    parts = ["advisor", name, *sides, "--format", document]
    for option, value in options.items():
        parts += [f"--{option.replace('_', '-')}", str(value)] if value is not None else []
    return shlex.join(parts)


def exit_code(sides: Sequence[Side]) -> int:
    """Return 3 when a side is infeasible, 4 when one is not proved, else 0."""
    found = {side.status for side in sides}
    return 3 if "infeasible" in found else (4 if "not_proved" in found else 0)


class Loader:
    """Reads sides; each scenario is solved once, and every problem of every side is reported at once."""

    def __init__(
        self, catalog: Catalog, scenario: str | None, as_of: datetime.date | None, time_limit_s: float
    ) -> None:
        from advisor.analysis.answers import Deadline

        self.catalog, self.scenario, self.as_of = catalog, scenario, as_of
        self.deadline: Deadline = Deadline.after(time_limit_s)
        self.judged = False  # whether a side is a design or a proposal, which --scenario is about

    def sides(self, names: Sequence[str], progress: Callable[[int, int, str], None]) -> list[Side]:
        """Return what each name stands for. Raises :class:`InputError` with the problems of all of them."""
        from advisor.analysis.comparison import check_count
        from advisor.errors import InputError, Problem

        loaded: list[Callable[[], Side]] = []
        problems: list[Problem] = []
        check_count(len(names))
        for name in names:
            try:
                loaded.append(self._load(name))
            except InputError as error:
                problems += error.problems
        if not problems and self.scenario and not self.judged:
            said = "designs and proposals are judged under it; what is given are scenarios, solved as they stand"
            problems.append(Problem("", 0, "--scenario", said))
        if problems:
            raise InputError(problems)
        found = []
        for index, finish in enumerate(loaded):
            progress(index, len(loaded), names[index])
            found.append(finish())
        return _distinct(found)

    def _load(self, name: str) -> Callable[[], Side]:
        """Return what is left to do for a side after its files have been read."""
        from advisor.designs import at_proposal
        from advisor.errors import bad_input
        from advisor.yamlfile import load

        if name == "-":
            raise bad_input("standard input is not read here; name a file", file=name)
        path = at_proposal(Path(name))
        document = load(path, str(path))
        if not isinstance(document.data, dict):
            raise bad_input("is neither a scenario, a design nor a proposal", file=str(path), line=1)
        if "schema_version" not in document.data and "design" not in document.data:
            return self._scenario(name, path)
        self.judged = True
        if "schema_version" in document.data:
            return self._proposal(name, path, document)
        return self._design(name, path)

    def _scenario(self, name: str, path: Path) -> Callable[[], Side]:
        from advisor.analysis.answers import solve
        from advisor.analysis.what_if import side
        from advisor.candidates.table import table
        from advisor.scenario.load import load_scenario

        loaded = load_scenario(path, self.catalog)
        return lambda: side(name, solve(table(loaded, loaded.catalog or self.catalog, self.as_of), self.deadline))

    def _design(self, name: str, path: Path, recorded: float | None = None) -> Callable[[], Side]:
        from advisor.designs import evaluate, load_design

        loaded, choices = load_design(path, self.catalog, self.scenario)
        result = evaluate(choices, loaded, loaded.catalog or self.catalog, as_of=self.as_of)

        def finish() -> Side:
            from advisor.analysis.comparison import Side

            status = "feasible" if result.feasible else "requirements_broken"
            notes = (*result.consistent, *_recorded(recorded, result.cost_usd_per_month))
            return Side(name, status, result, loaded, notes=notes)

        return finish

    def _proposal(self, name: str, path: Path, document: Document) -> Callable[[], Side]:
        """Return a proposal judged again under its own scenario, which ``propose -o`` writes beside it."""
        from advisor.designs import load_proposed_scenario

        data: dict[str, Any] = document.data
        if "design" not in data:
            loaded = load_proposed_scenario(path, data, self.catalog, self.scenario)
            return lambda: _without_design(name, data, loaded)
        cost = (data.get("metrics") or {}).get("cost_usd_per_month") if isinstance(data.get("metrics"), dict) else None
        return self._design(name, path, float(cost) if isinstance(cost, int | float) else None)


def _without_design(name: str, data: dict[str, Any], scenario: Scenario) -> Side:
    """Return a proposal that holds no design; of an infeasible one the conflict is looked up by its paths."""
    from advisor.analysis.comparison import Side

    infeasible = data.get("status") == "infeasible"
    listed = data.get("conflict") or []
    paths = [one.get("path") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    conflict = tuple(r for r in scenario.requirements if r.path in paths) if paths else None
    return Side(name, "infeasible" if infeasible else "not_proved", None, scenario, conflict)


def _recorded(recorded: float | None, now: float) -> tuple[str, ...]:
    """Return a note when a proposal says another cost than it has today."""
    from advisor.render import numbers

    if recorded is None or abs(recorded - now) < 0.005:
        return ()
    return (
        f"recorded at {numbers.usd(recorded)}/month, judged again at {numbers.usd(now)}/month: "
        "the catalog, its prices or the scenario have changed since",
    )


def _distinct(sides: Sequence[Side]) -> list[Side]:
    """Return sides whose labels differ: a name that is given twice gets its place."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    found = []
    for side in sides:
        seen[side.label] = seen.get(side.label, 0) + 1
        again = seen[side.label]
        found.append(replace(side, label=f"{side.label} ({again})") if again > 1 else side)
    return found
