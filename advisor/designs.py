"""Designs that people bring: read, checked against scenario and catalog, and judged."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.model import Component, Name
from advisor.errors import InputError, Problem, bad_input, listing, nearest
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.scenario.load import Scenario, load_scenario
from advisor.schema import Strict, build
from advisor.yamlfile import Document, load

Choice = str | Mapping[str, Any] | None
PROPOSAL, SCENARIO = "proposal.json", "scenario.yml"  # as ``propose -o`` names them


class RoleChoice(Strict):
    """One role of a design: a candidate id alone, or an option with its units and zones.

    ``id``: as ``advisor candidates`` prints it. ``component`` is checked against the option, and is enough alone when
    it has only one option for the role.
    """

    id: Name | None = None
    component: Name | None = None
    option: Name | None = None
    units: int | None = Field(None, ge=1, le=10_000)
    zones: int | None = Field(None, ge=1, le=3)


class DesignFile(Strict):
    """A design file: the scenario it is judged under (a path relative to this file) and a choice for each role."""

    scenario: str | None = None
    design: dict[Name, Any]


def load_design(
    path: Path | str, catalog: Catalog | None = None, scenario: Path | str | None = None
) -> tuple[Scenario, dict[str, Choice]]:
    """Return the scenario and the choices of a design file (YAML), or of a ``proposal.json`` or the folder of one.

    Args:
        scenario: judge under this one instead of the one that the file names, or that a proposal stands beside.

    Raises:
        InputError: every problem of the design file, or else of the scenario.
    """
    path = at_proposal(Path(path))
    document = load(path, str(path))
    if not isinstance(document.data, dict):
        raise bad_input("a design is a mapping with scenario and design", file=str(path), line=1)
    if "schema_version" in document.data:
        data = document.data
        document.data = {"design": _of_proposal(document)}
        return load_proposed_scenario(path, data, catalog, scenario), Choices(document.data["design"], document)
    raw = build(DesignFile, document)
    problems = [p for role in raw.design for p in _shape_problems(document, role, raw.design[role])]
    if raw.scenario is None and scenario is None:
        problems.append(
            document.problem(("scenario",), "is missing: the scenario file that the design is judged under")
        )
    if problems:
        raise InputError(problems)
    place = Path(scenario) if scenario is not None else path.parent / str(raw.scenario)
    return load_scenario(place, catalog), Choices(raw.design, document)


def at_proposal(path: Path) -> Path:
    """Return the path of a folder's proposal, or of the file itself."""
    return path / PROPOSAL if path.is_dir() else path


def load_proposed_scenario(
    path: Path, data: Mapping[str, Any], catalog: Catalog | None = None, scenario: Path | str | None = None
) -> Scenario:
    """Return the scenario that a proposal was made from, which ``propose -o`` writes beside it.

    Args:
        path: where ``proposal.json`` is; ``data`` is what stands in it.
        scenario: take this one instead, whatever the proposal was made from.

    Raises:
        InputError: there is none beside it, or it is not what the proposal was made from.
    """
    if scenario is not None:
        return load_scenario(scenario, catalog)
    beside = path.with_name(SCENARIO)
    if not beside.exists():
        raise bad_input(f"has no {SCENARIO} beside it; name its scenario with --scenario", file=str(path))
    loaded = load_scenario(beside, catalog)
    if data.get("scenario_digest") not in (None, loaded.digest):
        raise bad_input(
            f"was made from another scenario than {beside}, which has changed since; say which with --scenario",
            file=str(path),
        )
    return loaded


class Choices(dict[str, Any]):
    """Role -> choice as a file states it, with the file, so that problems found later point into it too."""

    def __init__(self, choices: Mapping[str, Any], document: Document) -> None:
        super().__init__(choices)
        self.document = document

    def placed(self, problem: Problem) -> Problem:
        """Return a problem of a role at its line of the file."""
        role = problem.path.removeprefix("design.")
        return self.document.problem(("design", role), problem.message)


def _of_proposal(document: Document) -> dict[str, Any]:
    """Return role -> candidate id of a proposal.json (JSON is YAML; only the ids are needed)."""
    design = document.data.get("design")
    if design is None and document.data.get("status") == "infeasible":
        raise InputError([document.problem(("status",), "is infeasible: this proposal holds no design to judge")])
    if not isinstance(design, dict) or not all(
        isinstance(c, dict) and isinstance(c.get("id"), str) for c in design.values()
    ):
        raise InputError([document.problem(("design",), "a proposal's design has an id for every role")])
    return {role: c["id"] for role, c in design.items()}


def _shape_problems(document: Document, role: str, choice: object) -> Iterator[Problem]:
    if choice is None or isinstance(choice, str):
        return
    try:
        build(RoleChoice, document, ("design", role))
    except InputError as error:
        yield from error.problems


def evaluate(
    design: Mapping[str, Choice],
    scenario: Scenario,
    catalog: Catalog | None = None,
    *,
    as_of: datetime.date | None = None,
    candidates: Table | None = None,
) -> Evaluation:
    """Return what a design does under a scenario.

    Args:
        design: role -> candidate id (as ``advisor candidates`` prints), or ``{"option": ..., "units": ..., "zones":
            ...}``, or ``{"id": ...}``, or None / "none" to leave an optional role out. Roles that are missing are left
        out.
        candidates: the table to look ids up in, when many designs of one scenario are judged (default: built here).

    Raises:
        InputError: unknown roles, candidates, options, or a design that is overloaded at peak; all at once.

    >>> import advisor
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"))
    >>> best = advisor.propose(scenario, explain=False).best
    >>> again = advisor.evaluate({role: c.id for role, c in best.design.items()}, scenario)
    >>> again.cost_usd_per_month == best.cost_usd_per_month
    True
    """
    known = candidates or table(scenario, catalog or scenario.catalog or load_catalog(), as_of)
    problems = [
        Problem(
            "",
            0,
            f"design.{role}",
            f"is not a role; roles: {listing(known.candidates, 20)}{nearest(role, known.candidates)}",
        )
        for role in design
        if role not in known.candidates
    ]
    caches = frozenset(role for role in scenario.blueprint.cache_roles if not _is_none(design.get(role)))
    chosen: dict[str, Candidate] = {}
    for role in known.candidates:
        try:
            chosen[role] = _candidate(known, role, design.get(role), caches)
        except InputError as error:
            problems += [Problem("", 0, f"design.{role}", problem.message) for problem in error.problems]
        except ValueError as error:
            problems.append(Problem("", 0, f"design.{role}", str(error)))
    if problems:
        raise InputError(design.placed(p) if isinstance(design, Choices) else p for p in problems)
    return judge(chosen, scenario)


def _only_option(component: str | None, fitting: Mapping[str, Component]) -> str:
    """Return the option that a component alone means: its only one for the role."""
    if component is None:
        raise ValueError("give a candidate id, or option (or a component that has one option) with units and zones")
    own = [name for name, owner in fitting.items() if owner.id == component]
    if not own:
        names = {owner.id for owner in fitting.values()}
        raise ValueError(f"found component '{component}', which cannot fill this role{nearest(component, names)}")
    if len(own) > 1:
        raise ValueError(f"{component} has {len(own)} options for this role; name one: {listing(own, 20)}")
    return own[0]


def _is_none(choice: Choice) -> bool:
    return choice is None or choice == NONE or (isinstance(choice, Mapping) and choice.get("id") == NONE)


def _candidate(known: Table, role: str, choice: Choice, caches: frozenset[str]) -> Candidate:
    if _is_none(choice):
        if not known.scenario.blueprint.roles[role].optional:
            raise ValueError(f"is {'missing' if choice is None else 'left out'}; this role is not optional")
        return known.find(role, NONE)
    if isinstance(choice, str):
        return known.named(role, choice)
    assert choice is not None
    if choice.get("id"):
        return known.named(role, choice["id"])
    fitting = {option.id: component for component, option in known.catalog.options_for(role)}
    option_id = choice.get("option") or _only_option(choice.get("component"), fitting)
    if option_id not in fitting:
        raise ValueError(f"found '{option_id}', which is not an option for this role{nearest(option_id, fitting)}")
    if choice.get("component") not in (None, fitting[option_id].id):
        raise ValueError(f"'{option_id}' is an option of {fitting[option_id].id}, not of {choice['component']}")
    return known.sized(role, option_id, choice.get("units") or 1, choice.get("zones") or 1, caches)
