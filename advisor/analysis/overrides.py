"""Changes to a scenario: ``PATH=VALUE`` is read, applied to a copy of its data, and checked as the file would be.

The file stays as it is. A value is written as in a scenario file (``6e7``, ``[pinecone]``, ``{mean: 500, cv: 0.8}``);
``null`` removes what stands at the path.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.analysis.paths import MISSING, Path_, at, known_paths, nearest_path, split, template
from advisor.catalog.load import Catalog
from advisor.errors import InputError, Problem, listing
from advisor.scenario.load import Scenario, scenario_from_text
from advisor.schema import shown
from advisor.yamlfile import Document, dotted, parse

MOST_CHANGES = 50
_REMOVE = ("null", "~")


@dataclass(frozen=True)
class Change:
    """One value of a scenario before and after; ``MISSING`` where nothing stands in the file.

    ``default``: what the blueprint fills in for a workload parameter that the file leaves out.
    """

    path: str
    before: Any
    after: Any
    default: float | None = None


@dataclass(frozen=True)
class Changed:
    """A scenario with changes applied, and what they were."""

    scenario: Scenario
    changes: tuple[Change, ...]


def change(scenario: Scenario, texts: Sequence[str], catalog: Catalog) -> Changed:
    """Return the scenario with every ``PATH=VALUE`` applied, in this order.

    Raises:
        InputError: every text that is no change, every path that does not exist (with the nearest), and everything
            that is wrong with the scenario that results. Problems that a change causes name it.

    >>> import advisor
    >>> catalog = advisor.load_catalog()
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"), catalog)
    >>> changed = change(scenario, ["constraints.cost_usd_per_month.max=17_500", "choices.exclude=[pinecone]"], catalog)
    >>> [(c.path, c.before is MISSING or c.before, c.after) for c in changed.changes]
    [('constraints.cost_usd_per_month.max', 20000, 17500), ('choices.exclude', True, ['pinecone'])]
    """
    original = parse(scenario.text, scenario.file)
    data = original.data
    problems: list[Problem] = []
    changes: list[Change] = []
    done: list[str] = []
    if len(texts) > MOST_CHANGES:
        raise InputError([Problem("", 0, "--set", f"found {len(texts)} changes; at most {MOST_CHANGES} are allowed")])
    for text in texts:
        try:
            path, value = read(text, scenario)
            if dotted(path) in done:
                raise _problem(dotted(path), "is given twice")
            done.append(dotted(path))
            changes.append(Change(dotted(path), at(original.data, path), value, _default(scenario, path)))
            data = _applied(data, path, value)
        except InputError as error:
            problems += error.problems
    try:
        changed = _checked(original, data, done, catalog)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return Changed(changed, tuple(changes))


def read(text: str, scenario: Scenario) -> tuple[Path_, Any]:
    """Return path and value of ``PATH=VALUE``; the value is MISSING when it removes.

    Raises:
        InputError: no equals sign, a path that a scenario of this blueprint cannot have, a value that is no YAML.
    """
    name, equals, written = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise _problem("", f"found {shown(text)}; write PATH=VALUE, for example workload.requests_per_month=6e7")
    cards = scenario.catalog.cards if scenario.catalog else ()
    path, known = split(name), known_paths(scenario.blueprint, cards)
    if path is None or template(path, scenario.blueprint) not in known:
        meant = nearest_path(name, known)
        first = listing(p for p in known if not {".", "["} & {*p})
        hint = f"; did you mean '{meant}'?" if meant else f"; they begin with {first}"
        raise _problem(name, f"is not a path of a {scenario.blueprint.id} scenario{hint}")
    return path, _value(name, written.strip())


def _value(name: str, written: str) -> Any:
    if not written:
        raise _problem(name, "has no value; null removes what the scenario says there")
    try:
        value = parse(written).data
    except InputError as error:
        raise _problem(name, f"found {shown(written)}, which {error.problems[0].message}") from None
    if value is None and written not in _REMOVE:
        raise _problem(name, f"found {shown(written)}, which holds no value; put text into quotes, null removes")
    return MISSING if value is None else value


def _problem(name: str, message: str) -> InputError:
    return InputError([Problem("", 0, f"--set {name}".strip(), message)])


def _default(scenario: Scenario, path: Path_) -> float | None:
    known = scenario.blueprint.parameters
    return known[path[1]].default if len(path) == 2 and path[0] == "workload" and path[1] in known else None


# --- applying ---------------------------------------------------------------------------------------------------------


def _applied(data: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    """Return a copy with a value set; one that cannot be set leaves no trace."""
    changed = copy.deepcopy(data)
    _apply(changed, path, value)
    return changed


def _apply(data: dict[str, Any], path: Path_, value: Any) -> None:
    if value is MISSING:
        _remove(data, path)
        return
    holder: Any = data
    for index, part in enumerate(path[:-1]):
        holder = _inner(holder, part, path, index)
    last = path[-1]
    if isinstance(holder, dict) and isinstance(last, str):
        holder[last] = value
    elif isinstance(holder, list) and isinstance(last, int) and last <= len(holder):
        holder[last : last + 1] = [value]
    else:
        raise _problem(dotted(path), f"{_what(holder)} stands at {dotted(path[:-1])}")


def _inner(holder: Any, part: str | int, path: Path_, index: int) -> Any:
    """Return what is below a part of a path, made where nothing is; a plain workload figure becomes its mean."""
    found = at(holder, (part,))
    empty: Any = [] if isinstance(path[index + 1], int) else {}
    if found is MISSING or found is None:
        found = empty
    elif isinstance(found, int | float) and path[0] == "workload":
        found = {"mean": found}
    if isinstance(holder, dict) and isinstance(part, str):
        holder[part] = found
    elif isinstance(holder, list) and isinstance(part, int) and part <= len(holder):
        holder[part : part + 1] = [found]
    else:
        raise _problem(dotted(path), f"{_what(holder)} stands at {dotted(path[:index]) or 'the top'}")
    return found


def _remove(data: Any, path: Path_) -> None:
    """Remove what stands at a path, and every mapping that is empty without it, up to the section."""
    if at(data, path) is MISSING:
        raise _problem(dotted(path), "removes nothing: the scenario says nothing there")
    for length in range(len(path), 0, -1):
        del at(data, path[: length - 1])[path[length - 1]]
        if length == 1 or at(data, path[: length - 1]) or length == 2:
            return


def _what(holder: Any) -> str:
    if isinstance(holder, list):
        return f"a list of {len(holder)}"
    return "a mapping" if isinstance(holder, dict) else shown(holder)


# --- checking ---------------------------------------------------------------------------------------------------------


def _checked(original: Document, data: Any, paths: Sequence[str], catalog: Catalog) -> Scenario:
    try:
        return scenario_from_text(as_text(data), catalog, original.file)
    except InputError as error:
        raise InputError(_placed(error.problems, original, paths)) from None


def as_text(data: Any) -> str:
    """Return plain data as YAML that is read back as the same data, text that looks like a number included.

    >>> as_text({"a": "1e5", "b": [1e5, None]})
    '"a": "1e5"\\n"b":\\n- 100000.0\\n- null\\n'
    """
    import yaml

    class Quoted(yaml.SafeDumper):
        """Quotes every text."""

    Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
    Quoted.ignore_aliases = lambda *_: True  # type: ignore[method-assign]
    return yaml.dump(data, Dumper=Quoted, sort_keys=False, allow_unicode=True, width=1_000_000)


def _placed(problems: Sequence[Problem], original: Document, paths: Sequence[str]) -> Iterator[Problem]:
    """Yield problems with the change that caused them; what is elsewhere gets its line in the file."""
    for problem in problems:
        cause = next((path for path in paths if _about(problem.path, path)), None)
        if cause is None:
            place = split(problem.path) or ()
            message = f"{problem.message} (after {', '.join(f'--set {path}' for path in paths)})"
            yield Problem(original.file, original.line(place), problem.path, message)
        else:
            inner = f"{problem.path}: " if problem.path != cause else ""
            yield Problem("", 0, f"--set {cause}", f"{inner}{problem.message}")


def _about(place: str, path: str) -> bool:
    return place == path or any(a.startswith((f"{b}.", f"{b}[")) for a, b in ((place, path), (path, place)))
