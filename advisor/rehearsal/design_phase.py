"""Designs that are typed: a component and a size a role, judged by ``evaluate`` and by nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.changes import carried_over
from advisor.analysis.fixed import within_target
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table
from advisor.errors import AdvisorError, InputError, nearest
from advisor.evaluation.result import Evaluation
from advisor.optimizer.goal import goal_value
from advisor.rehearsal import words
from advisor.rehearsal.scoring import Points, regret

_UNITS = re.compile(r"[\s,]+(\d{1,5})\s*(?:units?|u|×|x)\b", re.IGNORECASE)
_ZONES = re.compile(r"[\s,]+([1-3])\s*(?:zones?|z)\b", re.IGNORECASE)
LONGEST = 200
TARGET = "sizing.target_utilisation"
LEFT_OUT = (NONE, "no", "nothing", "-", "leave out", "left out")


class ChoiceError(AdvisorError):
    """A choice for a role that cannot be made; says why, and what can."""

    exit_code = 2


@dataclass(frozen=True)
class Wish:
    """What was typed for a role: a component, option or candidate, and a size where one was given."""

    name: str
    units: int | None = None
    zones: int | None = None


def wish(text: str) -> Wish:
    """Return what a typed choice says.

    Raises:
        ChoiceError: it names nothing.

    >>> wish("Qdrant, 3 units 2 zones"), wish("qdrant 3u")
    (Wish(name='Qdrant', units=3, zones=2), Wish(name='qdrant', units=3, zones=None))
    """
    shown = " ".join(text.split())
    if len(shown) > LONGEST:
        raise ChoiceError(f"the choice is longer than {LONGEST} characters")
    sizes = [pattern.search(shown) for pattern in (_UNITS, _ZONES)]
    units, zones = (int(found[1]) if found else None for found in sizes)
    for pattern in (_UNITS, _ZONES):
        shown = pattern.sub("", shown)
    name = shown.strip(" ,;")
    if not name:
        raise ChoiceError("the choice names nothing; type a component, for example: qdrant 3 units 2 zones, or none")
    return Wish(name, units, zones)


def resolve(text: str, role: str, table: Table, caches: frozenset[str] = frozenset()) -> Candidate:
    """Return the candidate that a typed choice means.

    Without a size it is the cheapest of that component; with one it may be of any size that carries the load.

    Args:
        caches: the cache roles that are in use.

    Raises:
        ChoiceError: no such component, a role that cannot be left out, a size that cannot be run.

    >>> import advisor
    >>> from advisor.candidates.table import table
    >>> found = table(advisor.load_scenario(advisor.example("support_copilot")), advisor.load_catalog())
    >>> resolve("qdrant 4 units", "vector_store", found).units
    4
    """
    asked = wish(text)
    if leaves_out(asked.name):
        return _left_out(role, table)
    known = [c for c in table.candidates[role] if not c.is_none]
    exact = [c for c in known if c.id == asked.name]
    fitting = exact or [c for c in known if asked.name.lower() in _names(c)]
    if not fitting:
        raise ChoiceError(_unknown(asked.name, role, table))
    behind = [c for c in fitting if all((cache in caches) == used for cache, used in c.behind.items())] or fitting
    return _of_size(asked, role, table, caches, behind)


def _left_out(role: str, table: Table) -> Candidate:
    if not table.scenario.blueprint.roles[role].optional:
        raise ChoiceError(f"{role} cannot be left out in this architecture; choose a component")
    return table.find(role, NONE)


def _names(candidate: Candidate) -> tuple[str, ...]:
    """Return what a candidate answers to, in small letters; a combination only to what it is called as a whole."""
    if candidate.parts:
        return (candidate.name.lower(),)
    option = candidate.option.id.lower() if candidate.option else ""
    return (candidate.component_id.lower(), option, candidate.name.lower())


def _unknown(name: str, role: str, table: Table) -> str:
    plain = [c for c in table.candidates[role] if not (c.is_none or c.parts)]
    components = {c.component_id for c in plain}
    options = {c.option.id for c in plain if c.option}
    near = nearest(name, [*components, *options])
    what = _refused(name, role, table) or f"'{name}' is not a component of {role}{near}"
    return f"{what}; there are: {', '.join(sorted(components))}"


def _refused(name: str, role: str, table: Table) -> str:
    """Return why a component or option of a role has no candidate here; "" for one that the role does not have."""
    for one in table.rejections:
        called = (one.component.id, one.option.id, one.component.name)
        if one.role == role and name.lower() in map(str.lower, called):
            why = words.titled(one.reason, table.catalog.records.dimensions)
            return f"{one.component.name} cannot be used here ({one.option.title}): {why}"
    return ""


def _of_size(asked: Wish, role: str, table: Table, caches: frozenset[str], fitting: Sequence[Candidate]) -> Candidate:
    """Return the cheapest of a size: of the sizes that were considered, or else of any that carries the load."""
    sized = [c for c in fitting if asked.units in (None, c.units) and asked.zones in (None, c.zones)]
    if sized:
        return min(sized, key=_cheapness)
    first = {c.option.id.partition("@")[0]: c for c in sorted(fitting, key=_cheapness, reverse=True) if c.option}
    found, refused = [], []
    for option, one in sorted(first.items(), key=lambda pair: _cheapness(pair[1])):
        units = asked.units or one.units
        try:
            zones = asked.zones or min(one.zones, units)
            found.append(_sized(asked, one, table.sized(role, option, units, zones, caches)))
        except (InputError, ValueError) as error:
            refused.append(f"{one.name} cannot be run so: {error}")
    if not found:
        raise ChoiceError(refused[0])
    return min(found, key=_cheapness)


def _sized(asked: Wish, one: Candidate, found: Candidate) -> Candidate:
    """Return a candidate of a size that was asked for, if it has sizes and carries the load. Raises ``ValueError``."""
    if one.option is not None and one.option.unit is None and asked.units:
        raise ValueError("its provider sizes it, there are no units to choose")
    full = [(name, load.utilisation) for name, load in found.loads.items() if load.utilisation > 1]
    if full:
        raise ValueError(f"{found.size} would be at {100 * full[0][1]:.0f} % of its {full[0][0]} at peak")
    return found


def _cheapness(candidate: Candidate) -> tuple[float, str]:
    return candidate.cost_usd_per_month, candidate.id


# --- whole designs ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What a design does under the scenario as it stands.

    Attributes:
        evaluation: None when it cannot be run; ``problems`` says why.
        broken: paths of the requirements that do not hold; ``sizing.target_utilisation`` when a unit is fuller at peak
            than the scenario plans for, which the optimum may not be either.
        more: by how much its goal is worse than the optimum's, relative; None when it cannot be run.
        points: by regret; nothing for a design that is not feasible, which is shown apart.
    """

    evaluation: Evaluation | None
    problems: tuple[str, ...]
    broken: tuple[str, ...]
    more: float | None
    points: Points

    @property
    def feasible(self) -> bool:
        """Whether it can be run and every requirement holds."""
        return self.evaluation is not None and not self.broken


def leaves_out(text: str) -> bool:
    """Return whether a typed choice leaves the role out."""
    return text.strip().lower() in LEFT_OUT


def missing(made: Mapping[str, object], table: Table) -> tuple[str, ...]:
    """Return the roles that a design says nothing about and that cannot be left out."""
    roles = table.scenario.blueprint.roles
    return tuple(role for role in table.candidates if role not in made and not roles[role].optional)


def judge(made: Mapping[str, Candidate], optimum: Evaluation, table: Table) -> Verdict:
    """Return what a design does; optional roles that it says nothing about are left out.

    Args:
        optimum: under the same scenario. table: of this scenario; candidates of another load are run as they are.
    """
    lacking = missing(made, table)
    if lacking:
        return Verdict(None, tuple(f"{role}: nothing was chosen" for role in lacking), (), None, Points(0.0, False))
    none = {role: table.find(role, NONE) for role in table.candidates if role not in made}
    kept = carried_over(replace(optimum, design={role: {**none, **made}[role] for role in table.candidates}), table)
    if kept.evaluation is None:
        problems = tuple(words.titled(problem, table.catalog.records.dimensions) for problem in kept.problems)
        return Verdict(None, problems, (), None, Points(0.0, False))
    goal = table.scenario.objective[0]
    best, value = goal_value(goal, optimum), goal_value(goal, kept.evaluation)
    more = max(0.0, (value - best) / max(abs(best), 1e-12))
    broken = [check.requirement.path for check in kept.evaluation.checks if not check.holds]
    broken += [TARGET] if kept.evaluation.feasible and not within_target(kept.evaluation) else []
    return Verdict(kept.evaluation, (), tuple(broken), more, regret(1 + more, 1.0, not broken))


def deciding_roles(optimum: Evaluation, count: int) -> tuple[str, ...]:
    """Return the roles that decide cost and time, in the blueprint's order; all for 0.

    Half of them are the dearest, the other half the slowest that users wait for.
    """
    roles = list(optimum.design)
    if count <= 0 or count >= len(roles):
        return tuple(roles)
    times = {role: 0.0 for role in roles}
    for flow in optimum.flows.values():
        for stage in (stage for measure in flow.measures.values() for stage in measure.stages if stage.role):
            times[stage.role] = max(times[stage.role], stage.share * stage.mean)
    cost = {role: c.cost_usd_per_month for role, c in optimum.design.items()}
    dearest = sorted(roles, key=lambda role: (-cost[role], role))
    slowest = sorted(roles, key=lambda role: (-times[role], role))
    kept = list(dict.fromkeys(role for pair in zip(dearest, slowest, strict=True) for role in pair))[:count]
    return tuple(sorted(kept, key=roles.index))
