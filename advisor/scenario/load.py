"""From a scenario file to a checked :class:`Scenario`: every problem at once, every default listed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from advisor.catalog.blueprint import Blueprint, Step
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.model import CloudFigures
from advisor.errors import InputError, Problem, bad_input, listing, nearest
from advisor.scenario.assumption import Assumption
from advisor.scenario.checks import semantic_problems
from advisor.scenario.defaults import DEFAULT_USD_PER_HOUR, Sizing, assumed, means, sizing
from advisor.scenario.goals import Goal, goals
from advisor.scenario.model import Quantity, RequestSize, ScenarioFile
from advisor.scenario.request_sizes import workload
from advisor.scenario.requirements import Bound, Filter, Requirement
from advisor.scenario.standing import Standing, standing
from advisor.scenario.stated import bounds, filters
from advisor.scenario.tactics import AllowedTactics, allowed_tactics
from advisor.schema import salvage, shown
from advisor.yamlfile import Document, load, parse


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    Attributes:
        workload: every parameter of the blueprint with its mean; ``spread`` holds the cv of those that are random.
        ranges: (low, high) of the parameters whose mean is stated with a range.
        requirements: bounds and filters, in the order of the file.
        objective: goals, the most important first.
        digest: first 12 hex digits of the SHA-256 of the file's text.
        clouds: what a GB out of each and a call to another one cost.
        share: groups of roles that the same units may serve.
        catalog: the catalog under which it was read, with what the scenario brings of its own.
    """

    file: str
    text: str
    digest: str
    title: str
    description: str
    owner: str
    blueprint: Blueprint
    workload: Mapping[str, float]
    spread: Mapping[str, float]
    given: frozenset[str]
    requirements: tuple[Requirement, ...]
    objective: tuple[Goal, ...]
    sizing: Sizing
    usd_per_hour: float
    assumptions: tuple[Assumption, ...]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    tactics: AllowedTactics = field(default_factory=AllowedTactics)
    standing: Standing = field(default_factory=Standing)
    clouds: Mapping[str, CloudFigures] = field(default_factory=dict)
    share: tuple[tuple[str, ...], ...] = ()
    request_sizes: tuple[RequestSize, ...] = ()
    partial: bool = False
    catalog: Catalog | None = field(default=None, compare=False, repr=False)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The requirements that bound a metric."""
        return tuple(r for r in self.requirements if isinstance(r, Bound))

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The requirements on single options."""
        return tuple(r for r in self.requirements if isinstance(r, Filter))

    @cached_property
    def cache_roles(self) -> tuple[str, ...]:
        """Optional roles whose presence changes the demand on others, looked for once."""
        return self.blueprint.cache_roles

    @cached_property
    def asking(self) -> Mapping[tuple[str | None, str | None], Step]:
        """(Role, operation) -> the first step that asks for it; several state the same items and processor time."""
        steps = [step for flow in self.blueprint.flows.values() for step in flow.steps()]
        return {(step.asks, step.do): step for step in reversed(steps)}


def load_scenario(path: Path | str, catalog: Catalog | None = None) -> Scenario:
    """Return the scenario of a file. Raises :class:`InputError` with every problem that it has."""
    return _scenario(load(Path(path), str(path)), _text(Path(path)), catalog or load_catalog())


def scenario_from_text(text: str, catalog: Catalog, file: str = "scenario") -> Scenario:
    """Return the scenario of a YAML text; ``file`` is the name that problems show."""
    return _scenario(parse(text, file), text, catalog)


def _text(path: Path) -> str:
    from advisor.yamlfile import read_text

    return read_text(path)


def _scenario(document: Document, text: str, catalog: Catalog) -> Scenario:
    if not isinstance(document.data, dict):
        raise bad_input(
            "a scenario is a mapping with title, blueprint and workload; `advisor init` writes one",
            file=document.file,
            line=1,
        )
    of_own: list[Problem] = []
    catalog = _with_own(document, catalog, of_own)
    problems: list[Problem] = []
    blueprint = _blueprint(document, catalog, problems)
    raw, found = salvage(ScenarioFile, document, {"title": "?", "blueprint": "?", "workload": {}})
    problems += found
    if raw is not None and blueprint is not None:
        problems += semantic_problems(document, raw, blueprint, catalog)
    if of_own:
        problems = [*of_own, *_apart_from_own(document, problems)]
    if problems or raw is None or blueprint is None:
        raise InputError(_without_repeats(problems))
    return _build(document, text, raw, blueprint, catalog)


def _with_own(document: Document, catalog: Catalog, problems: list[Problem]) -> Catalog:
    """Return the catalog with the folders that the scenario names laid over it; what is wrong there is listed."""
    from advisor.catalog.overlay import overlaid

    try:
        return overlaid(catalog, _own_folders(document))
    except InputError as error:
        problems += error.problems
        return catalog


def _own_folders(document: Document) -> list[Path]:
    """Return the folders that a scenario names, from beside it."""
    named = document.data.get("catalogs")
    if not isinstance(named, list) or not all(isinstance(name, str) and name for name in named):
        return []
    return [Path(document.file).parent / name for name in named]


def _apart_from_own(document: Document, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield the problems that do not call unknown what a folder brings that could not be taken for other reasons."""
    from advisor.catalog.overlay import ids_in

    ids = [shown(name) for folder in _own_folders(document) for name in ids_in(folder)]
    starts = tuple(f"found {name}{after}" for name in ids for after in ";,")
    yield from (one for one in problems if not one.message.startswith(starts))


def _own(catalog: Catalog) -> Iterator[Assumption]:
    """Yield what the scenario brings of its own: figures that win over the shipped ones, and whole records."""
    for own in catalog.own:
        subject = f"{own.record}: {own.name}" if own.name else own.record
        what = "figure" if own.name else "record"
        reason = f"replaces {own.was}" if own.was else "is not in the shipped catalog"
        yield Assumption(subject, f"a {what} of your own", reason, own.file)


def _without_repeats(problems: Sequence[Problem]) -> list[Problem]:
    """Return one problem a place, by file and in order of lines: what has the wrong form is not missing as well."""
    first: dict[tuple[str, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.path), problem)
    files = list(dict.fromkeys(problem.file for problem in problems))
    return sorted(first.values(), key=lambda problem: (files.index(problem.file), problem.line))


def _blueprint(document: Document, catalog: Catalog, problems: list[Problem]) -> Blueprint | None:
    """Return the blueprint; for a misspelt name the nearest one, so that the rest is checked all the same."""
    name = document.data.get("blueprint")
    if not isinstance(name, str):
        return None
    known = catalog.records.blueprints
    if name not in known:
        problems.append(
            document.problem(
                ("blueprint",), f"found {shown(name)}; known blueprints: {listing(known)}{nearest(name, known)}"
            )
        )
        name = next(iter(get_close_matches(name, known, n=1)), "")
    return known.get(name)


def _build(document: Document, text: str, raw: ScenarioFile, blueprint: Blueprint, catalog: Catalog) -> Scenario:
    given = workload(raw)
    values = means(given, blueprint)
    return Scenario(
        file=document.file,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest()[:12],
        title=raw.title,
        description=raw.description or "",
        owner=raw.owner or "",
        blueprint=blueprint.taken(values),
        workload=values,
        spread={name: one.cv for name, one in given.items() if one.cv},
        given=frozenset(given),
        ranges={name: found for name, one in given.items() if (found := range_of(one))},
        request_sizes=tuple(raw.request_sizes),
        requirements=(*bounds(raw.constraints), *filters(raw)),
        objective=goals(raw.objective, blueprint),
        sizing=sizing(raw.sizing),
        usd_per_hour=raw.operations.usd_per_hour if raw.operations else DEFAULT_USD_PER_HOUR,
        assumptions=(*assumed(raw, given, blueprint), *_own(catalog)),
        tactics=allowed_tactics(raw.tactics),
        standing=standing(raw.today, catalog),
        clouds=catalog.records.clouds,
        share=tuple(map(tuple, raw.choices.share)),
        catalog=catalog,
    )


def range_of(quantity: Quantity) -> tuple[float, float] | None:
    """Return between which values a mean lies, None where no range is stated; an end that is left out is the mean.

    >>> range_of(Quantity(mean=3.0, high=5.0)), range_of(Quantity(mean=3.0))
    ((3.0, 5.0), None)
    """
    if quantity.low is None and quantity.high is None:
        return None
    mean = quantity.mean
    return mean if quantity.low is None else quantity.low, mean if quantity.high is None else quantity.high
