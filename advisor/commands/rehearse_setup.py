"""What decides a rehearsal: options, scripts and answers to questions become a setup, and back the command for it."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog
    from advisor.rehearsal.course import Setup
    from advisor.rehearsal.generate import Level
    from advisor.rehearsal.script import Script
    from advisor.scenario.load import Scenario

SEEDS = 1_000_000  # of sessions whose seed is not given: short enough to type again
MODES = ("script", "resume", "debrief", "show_history", "export", "interviewer")
SETTING = ("scenario", "blueprint", "level", "seed", "minutes", "drill")
OPTION = {"show_history": "--history"}
GENERATED = "generated.yml"
DEFAULT_MINUTES: Final = 35
DEFAULT_LEVEL: Final = "on_site"


@dataclass(frozen=True)
class Begun:
    """A setup with its scenario and catalog."""

    setup: Setup
    scenario: Scenario
    catalog: Catalog

    def again(self, script: str | None = None, *, beside: bool = True) -> str:
        """Return the command that plays the session again, by a script if it was played by one.

        ``beside``: it is run in the folder of the debrief, where the scenario is; else anywhere.
        """
        return again(self.setup, script, beside=beside)


def again(setup: Setup, script: str | None = None, *, beside: bool = True) -> str:
    """Return the command that plays a session again, see :meth:`Begun.again`."""
    from advisor.rehearsal.words import SCENARIO

    words = [*(setup.generated or (SCENARIO if beside else setup.file,)), "--seed", str(setup.seed)]
    words += ["--drill", setup.drill] if setup.drill else ["--minutes", str(setup.minutes)]
    words += ["--as-of", setup.as_of] if setup.as_of else []
    words += ["--catalog", setup.catalog_folder] if setup.catalog_folder else []
    played = ("--script", Path(script).name) if script else ()
    return shlex.join(["advisor", "rehearse", *words, *played])


def check(given: dict[str, Any]) -> None:
    """Refuse options that exclude each other."""
    modes = [name for name in MODES if given[name]]
    named = [OPTION.get(name, f"--{name}") for name in modes]
    if len(modes) > 1:
        raise click.UsageError(f"{' and '.join(named)} exclude each other")
    if given["scenario"] and (given["blueprint"] or given["level"]):
        raise click.UsageError("give a SCENARIO, or --blueprint and --level to generate one")
    setting = [name for name in SETTING if given[name] is not None]
    if modes and modes[0] in ("resume", "debrief", "show_history") and setting:
        raise click.UsageError(f"{named[0]} takes what was saved; leave out {', '.join(setting)}")
    if given["resume"] and given["no_history"]:
        raise click.UsageError("--resume and --no-history exclude each other")
    if given["debrief"] and given["output"] is None:
        raise click.UsageError("--debrief writes files; give -o DIR")
    if given["as_json"] and (not modes or modes[0] not in ("script", "show_history")):
        raise click.UsageError("--json goes with --script or --history")
    if given["drill"] is not None:
        _check_drill(given["drill"])


def _check_drill(kind: str) -> None:
    from advisor.errors import bad_input
    from advisor.rehearsal.registry import KINDS

    if kind not in KINDS:
        raise bad_input(_unknown(kind, "kinds", KINDS), path="--drill")


def _unknown(name: str, what: str, known: Collection[str]) -> str:
    from advisor.errors import listing, nearest

    return f"found '{name}'; {what}: {listing(known, 60)}{nearest(name, known)}"


def read_script(given: dict[str, Any]) -> Script:
    """Return the script that options name.

    Raises:
        InputError: every problem of it; where there are any, those of the scenario that is named beside it too.
    """
    from advisor.commands import options
    from advisor.errors import InputError
    from advisor.rehearsal.script import load_script

    try:
        return load_script(Path(given["script"]))
    except InputError as error:
        problems = [*error.problems]
    if given["scenario"]:
        try:
            options.load_inputs(given["scenario"], given["catalog_folder"])
        except InputError as error:
            problems += error.problems
    raise InputError(problems)


def scripted(given: dict[str, Any], script: Script) -> dict[str, Any]:
    """Return the options with what the script says where the command line says nothing.

    Raises:
        InputError: every kind or blueprint of the script that there is none of, with its line; that it has no seed.
    """
    raw = script.raw
    _check_names(given, script)
    found = dict(given)
    for name in ("blueprint", "level", "seed", "drill", "feedback"):
        found[name] = given[name] if given[name] is not None else getattr(raw, name)
    found["minutes"] = given["minutes"] or (str(raw.minutes) if raw.minutes else None)
    beside = str(Path(given["script"]).parent / raw.scenario) if raw.scenario else None
    found["scenario"] = given["scenario"] or (None if given["blueprint"] else beside)
    if found["scenario"]:
        found |= {"blueprint": None, "level": None}
    if found["seed"] is None:
        from advisor.errors import InputError

        message = "is missing: a script is played on the session that a seed gives; give it here or as --seed"
        raise InputError([script.document.problem(("seed",), message)])
    return found


def _check_names(given: dict[str, Any], script: Script) -> None:
    from advisor.catalog.load import load_catalog
    from advisor.errors import InputError
    from advisor.rehearsal.registry import KINDS

    problems = []
    if script.raw.drill and script.raw.drill not in KINDS:
        problems.append(script.document.problem(("drill",), _unknown(script.raw.drill, "kinds", KINDS)))
    blueprints = load_catalog(given["catalog_folder"]).records.blueprints if script.raw.blueprint else {}
    if script.raw.blueprint and script.raw.blueprint not in blueprints:
        known = _unknown(script.raw.blueprint, "blueprints", sorted(blueprints))
        problems.append(script.document.problem(("blueprint",), known))
    if problems:
        raise InputError(problems)


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options with what is asked on the terminal where they leave a choice: blueprint, level, length."""
    from advisor.catalog.load import load_catalog

    found = dict(given)
    if found["scenario"] is None and found["blueprint"] is None and found["seed"] is None:
        blueprints = sorted(load_catalog(given["catalog_folder"]).records.blueprints)
        click.echo("Blueprints: " + ", ".join(blueprints), err=True)
        kind = click.Choice(blueprints)
        found["blueprint"] = click.prompt("Blueprint", default="rag_assistant", type=kind, show_choices=False, err=True)
        if found["level"] is None:
            levels = click.Choice(("warm_up", "on_site", "staff"))
            found["level"] = click.prompt("Level", default=DEFAULT_LEVEL, type=levels, err=True)
    if found["minutes"] is None and found["drill"] is None:
        lengths = click.Choice(("15", "35", "60"))
        found["minutes"] = click.prompt("Minutes", default=str(DEFAULT_MINUTES), type=lengths, err=True)
    return found


def drafted(given: dict[str, Any]) -> Setup:
    """Return the setup that options name, without its scenario; a seed that is not given is drawn.

    Raises:
        InputError: an unknown blueprint, or a catalog that cannot be read.
    """
    from advisor.rehearsal.course import Setup

    seed = secrets.randbelow(SEEDS) if given["seed"] is None else given["seed"]
    minutes = int(given["minutes"] or DEFAULT_MINUTES)
    folder = given["catalog_folder"]
    where = str(folder.resolve()) if folder else ""
    as_of = given["as_of"].isoformat() if given["as_of"] else ""
    named = () if given["scenario"] else _generated(given, seed)
    return Setup("", "", where, as_of, ("", ""), seed, minutes, given["drill"] or "", named)


def _generated(given: dict[str, Any], seed: int) -> tuple[str, ...]:
    """Return the options that generate a scenario, checked."""
    from advisor.catalog.load import load_catalog
    from advisor.rehearsal.generate import check as check_names

    catalog = load_catalog(given["catalog_folder"])
    blueprints = sorted(catalog.records.blueprints)
    blueprint = given["blueprint"] or blueprints[seed % len(blueprints)]
    level: Level = given["level"] or DEFAULT_LEVEL
    check_names(blueprint, level, catalog)
    return ("--blueprint", blueprint, "--level", level)


def begin(given: dict[str, Any], draft: Setup | None = None) -> Begun:
    """Return the setup that options name, with its scenario, which may have to be generated: that takes some solves.

    Args:
        draft: what :func:`drafted` returned for the options, so that its seed is not drawn again.

    Raises:
        InputError: every problem of catalog and scenario, or an unknown blueprint.
    """
    setup = draft or drafted(given)
    scenario, catalog = _scenario(given, setup)
    file, digests = str(Path(scenario.file).resolve()), (scenario.digest, catalog.digest)
    return Begun(replace(setup, file=file, text=scenario.text, digests=digests), scenario, catalog)


def _scenario(given: dict[str, Any], setup: Setup) -> tuple[Scenario, Catalog]:
    from advisor.catalog.load import load_catalog
    from advisor.commands import options
    from advisor.scenario.load import scenario_from_text

    if given["scenario"]:
        return options.load_inputs(given["scenario"], given["catalog_folder"])
    from advisor.rehearsal.generate import scenario_text

    catalog = load_catalog(given["catalog_folder"])
    _, blueprint, _, level = setup.generated
    text = scenario_text(blueprint, cast("Level", level), setup.seed, catalog)
    return scenario_from_text(text, catalog, GENERATED), catalog


def resumed(setup: Setup) -> Begun:
    """Return what a saved session was begun with. Raises :class:`InputError`: its scenario or catalog changed."""
    from advisor.rehearsal.prepare import inputs

    scenario, catalog = inputs(setup)
    return Begun(setup, scenario, catalog)
