"""``advisor doctor``: what works on this machine, and what to do about the rest. Each check really does the thing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import click

from advisor.commands.options import json_option
from advisor.errors import AdvisorError

OLDEST_PYTHON = (3, 11)
REINSTALL = "reinstall: pip install --force-reinstall advisor"
NEEDED_FILES = ("page.html.j2", "page.css", "page.js", "schema/proposal.schema.json")
MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


@dataclass(frozen=True)
class Finding:
    """What a check found. ``remedy`` says what to do, "" when nothing needs doing."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Say what works on this machine and what to do about the rest.

    Solves, draws and reads for real. Exit codes: 0 everything needed works, 1 something needed fails.

    \b
    Examples:
      advisor doctor
      advisor doctor --json
    """
    found = [examine(check) for check in CHECKS]
    if as_json:
        import json

        data = {"schema_version": 1, "checks": [asdict(finding) for finding in found]}
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        for finding in found:
            _show(finding)
    raise SystemExit(any(finding.status == "fail" for finding in found))


def _show(finding: Finding) -> None:
    mark, colour = MARKS[finding.status]
    mark = mark if os.environ.get("NO_COLOR") else click.style(mark, fg=colour)
    click.echo(f"{mark} {finding.name.ljust(16)}  {finding.detail}")
    if finding.remedy:
        click.echo(f"{' ' * 20}{finding.remedy}")


def examine(check: Callable[[], Finding]) -> Finding:
    """Return what a check finds; one that breaks has failed, it does not end the examination."""
    name = check.__name__.removeprefix("check_")
    try:
        return check()
    except AdvisorError as error:  # says itself what to do
        return Finding(name, "fail", str(error).partition("\n")[0])
    except Exception as error:
        return Finding(name, "fail", f"{type(error).__name__}: {error}".partition("\n")[0], REINSTALL)


def check_python() -> Finding:
    """Check that this Python is new enough."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("python", "fail", version, "install Python 3.11 or newer")
    return Finding("python", "ok", f"{version} at {sys.executable}")


def check_solver() -> Finding:
    """Check that the solver is there and solves: the smallest x in 0..1 with x >= 0.5, whole, is 1."""
    import pulp

    from advisor.optimizer.solver import Session, Status, version

    problem = pulp.LpProblem("doctor")
    x = problem.add_variable("x", 0, 1, cat="Integer")
    problem.setObjective(1 * x)
    problem.addConstraint(x >= 0.5, "half")
    outcome = Session(problem).solve(1 * x)
    if outcome.status is not Status.OPTIMAL or abs(outcome.objective - 1) > 1e-9:
        said = f"{outcome.status.value} {outcome.objective:g}"
        return Finding("solver", "fail", f"{version()} answered {said} instead of 1", REINSTALL)
    return Finding("solver", "ok", version())


def check_diagrams() -> Finding:
    """Check that a program draws."""
    from advisor.render import graphviz_tool

    path, what = graphviz_tool.find_program()
    drawn = graphviz_tool.png("digraph { a -> b }")
    if not drawn.startswith(b"\x89PNG"):
        return Finding("diagrams", "fail", f"{what} at {path} does not write PNG", "pip install graphviz-pure")
    return Finding("diagrams", "ok", f"{what} at {path}")


def check_charts() -> Finding:
    """Check that the chart renderer renders."""
    from importlib import metadata

    import vl_convert

    spec = {"data": {"values": [{"x": 1}]}, "mark": "bar", "encoding": {"x": {"field": "x", "type": "quantitative"}}}
    if "<svg" not in vl_convert.vegalite_to_svg(spec):
        return Finding("charts", "fail", "the chart renderer wrote no SVG", REINSTALL)
    return Finding("charts", "ok", f"vl-convert {metadata.version('vl-convert-python')}")


def check_catalog() -> Finding:
    """Check that the shipped catalog loads."""
    from advisor import resources
    from advisor.catalog.load import load_catalog

    catalog = load_catalog()
    counts = f"{len(catalog.records.components)} components, {len(catalog.options)} options"
    where = resources.folder("catalog")
    return Finding("catalog", "ok", f"{counts}, digest {catalog.digest}, newest price check {catalog.date}, in {where}")


def check_templates() -> Finding:
    """Check that templates, schemas and the example are where they belong."""
    from advisor import resources

    folder = resources.folder("templates")
    missing = [name for name in NEEDED_FILES if not (folder / name).is_file()]
    if not resources.example("support_copilot").is_file():
        missing.append("the example support_copilot")
    if missing:
        return Finding("templates", "fail", f"missing in {folder}: {', '.join(missing)}", REINSTALL)
    return Finding("templates", "ok", f"in {folder}")


def check_cache() -> Finding:
    """Check that the parsed catalog can be kept; without it every start is slower, nothing else."""
    import platformdirs

    from advisor.errors import InputError
    from advisor.files import write_all

    if os.environ.get("ADVISOR_NO_CACHE"):
        return Finding("cache", "ok", "switched off by ADVISOR_NO_CACHE")
    folder = platformdirs.user_cache_path("advisor")
    try:
        write_all(folder, {"doctor": b""})[0].unlink()
    except InputError as error:
        return Finding(
            "cache",
            "warn",
            f"{error.problems[0].message}; every start reads the whole catalog",
            "set XDG_CACHE_HOME to a folder that can be written",
        )
    return Finding("cache", "ok", f"in {folder}")


def check_terminal() -> Finding:
    """Say whether output is coloured, and whether the terminal can show the signs we use."""
    encoding = sys.stdout.encoding or "unknown"
    utf8 = "set PYTHONIOENCODING=utf-8"
    if "utf" not in encoding.lower():
        return Finding("terminal", "warn", f"{encoding} lacks ✓ and ≤; they may print as ?", utf8)
    if os.environ.get("NO_COLOR"):
        return Finding("terminal", "ok", f"{encoding}, no colours: NO_COLOR is set")
    colours = "colours" if sys.stdout.isatty() else "no colours: not a terminal"
    return Finding("terminal", "ok", f"{encoding}, {colours}")


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_solver,
    check_diagrams,
    check_charts,
    check_catalog,
    check_templates,
    check_cache,
    check_terminal,
)
