"""The items of a session, worked out one after the other from its setup."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import bad_input
from advisor.rehearsal import clarify, curveballs, words
from advisor.rehearsal.course import CONFLICT, DRILL, FEASIBLE, LENGTHS, Asked, Designing, Fact, Item, Length, Setup
from advisor.rehearsal.curveballs import Change, Curveball
from advisor.rehearsal.design_phase import deciding_roles
from advisor.rehearsal.prices import figures
from advisor.rehearsal.question import Choice, Phase, Question, Several
from advisor.rehearsal.registry import KINDS, OPENING, question, questions, told_by
from advisor.rehearsal.world import World, possible
from advisor.scenario.load import Scenario, scenario_from_text

MOST_OPENINGS = 8  # tries at a question that rests on nothing which the brief leaves open
MOST_TRIED, VOLUMES = 40, (0.3, 4.0)  # of a drill: questions made, and factors of the volumes
MOST_LISTED = 9  # requirements that a question about a conflict lists


def inputs(setup: Setup) -> tuple[Scenario, Catalog]:
    """Return scenario and catalog of a setup.

    Raises:
        InputError: they cannot be read any more, or are not what the session was begun with.
    """
    catalog = load_catalog(setup.catalog_folder or None)
    scenario = scenario_from_text(setup.text, catalog, setup.file)
    known = scenario.catalog or catalog
    if setup.digests != (scenario.digest, known.digest):
        raise bad_input(
            f"the session was begun with catalog {setup.digests[1]}, and this is {known.digest}: its truths would be "
            "others; begin a new session"
        )
    return scenario, known


@dataclass(frozen=True)
class Unsolved:
    """Scenario and catalog of a session that is about to begin."""

    scenario: Scenario
    catalog: Catalog


def world(setup: Setup) -> World:
    """Return the solved scenario of a setup. Raises :class:`InputError`: it has no design, so nothing to rehearse."""
    scenario, catalog = inputs(setup)
    as_of = datetime.date.fromisoformat(setup.as_of) if setup.as_of else None
    found = World.of(scenario, catalog, as_of=as_of)
    if not found.feasible:
        raise bad_input(
            "is not solved to a proved optimum, so there is nothing to rehearse against; see advisor propose",
            file=setup.file,
        )
    return found


def items(setup: Setup, solved: World | None = None) -> Iterator[Item]:
    """Yield the items of a session in order, each worked out when it is asked for.

    Raises:
        InputError: the scenario has no proved optimum.
    """
    if setup.drill:
        yield from _drill(solved or world(setup), setup)
        return
    first = opening(setup, *((solved.scenario, solved.catalog) if solved else inputs(setup)))
    yield from first
    yield from _after(setup, solved or world(setup), [one.question.kind for one in first])


def opening(setup: Setup, scenario: Scenario, catalog: Catalog) -> tuple[Asked, ...]:
    """Return the first questions of a session: nothing is solved for them, and they tell nothing that is left open."""
    if setup.drill:
        return ()
    rng, open_ = _rng(setup, "opening"), {fact.name for fact in left_open(setup, scenario)}
    kinds = rng.sample(sorted(OPENING), len(OPENING)) * MOST_OPENINGS
    tries = (OPENING[name](Unsolved(scenario, catalog), rng) for name in kinds)
    found = {one.text: one for one in tries if one and not any(title in one.text for title in open_)}
    return tuple(Asked(one, "open") for one in _mixed([*found.values()])[: LENGTHS[setup.minutes].opening])


def _mixed(found: list[Question]) -> list[Question]:
    """Return questions so that the first of each kind come before the second ones."""
    return sorted(found, key=lambda one: sum(one.kind == other.kind for other in found[: found.index(one)]))


def _after(setup: Setup, here: World, opened: Sequence[str]) -> Iterator[Item]:
    """Yield the items after the opening; of the kinds that it asked about no more.

    Questions about the best design wait until nothing more is to be designed, and those that ask for its cost come
    before those that state it.
    """
    length, asked = LENGTHS[setup.minutes], [*opened]
    yield from clarify.asking(here, _rng(setup, "asking"), length.asks)
    first = _design(here, length)
    spoilers = [here.best.design[role].name for role in first.roles if not here.best.design[role].is_none]
    late: list[Asked] = []
    estimates = length.estimate + length.opening - len(opened)
    yield from _without(spoilers, _questions(here, setup, length.clarify, "clarify", asked), late)
    yield from _without(spoilers, _questions(here, setup, estimates, "estimate", asked), late)
    yield first
    yield from _adapt(here, setup, length)
    yield from late
    yield from _questions(here, setup, length.adapt, "adapt", asked)
    yield from _questions(here, setup, length.defend, "defend", asked)


def left_open(setup: Setup, scenario: Scenario) -> tuple[Fact, ...]:
    """Return what the brief of a session leaves open; () for a drill, which has no brief."""
    return () if setup.drill else clarify.left_open(scenario, _rng(setup, "asking"))


def _rng(setup: Setup, purpose: str) -> random.Random:
    """Return the random numbers of one purpose, so that more of one kind of item changes no other."""
    return random.Random(f"{setup.seed}/{purpose}")


def _questions(here: World, setup: Setup, count: int, phase: Phase, asked: list[str]) -> Iterator[Asked]:
    """Yield so many questions of a phase, each of another kind, whose answers no kind asked before tells."""
    left = count
    for one in questions(here, _rng(setup, phase), phase, KINDS.keys() - told_by(asked)) if count else ():
        if one.kind not in told_by(asked):
            asked.append(one.kind)
            yield Asked(one, phase)
            left -= 1
        if not left:
            return


def _without(names: Sequence[str], asked: Iterator[Asked], late: list[Asked]) -> Iterator[Asked]:
    """Yield the questions that name nothing that is still to be chosen; the others are kept for later."""
    for one in asked:
        shown = " ".join((one.question.text, one.question.hint, *one.question.derivation))  # which may be shown at once
        if any(name in shown for name in names):
            late.append(one)
        else:
            yield one


def _drill(here: World, setup: Setup) -> Iterator[Asked]:
    """Yield questions of one kind, of the scenario and of the scenario at other volumes, none twice."""
    rng, kind = _rng(setup, "drill"), KINDS[setup.drill]
    seen: set[str] = set()
    for attempt in range(MOST_TRIED):
        factor = round(math.exp(rng.uniform(*map(math.log, VOLUMES))), 2)
        now = here if attempt == 0 else possible(partial(_at_volume, here, factor))
        found = question(now, kind, rng.getrandbits(32)) if now is not None else None
        if found is None or now is None or found.text in seen:
            continue
        seen.add(found.text)
        other = now is not here
        folder = f"question_{len(seen)}" if other else ""
        yield Asked(found, kind.phase, folder=folder, text=now.scenario.text if other else "")
        if len(seen) == DRILL:
            return


def _at_volume(here: World, factor: float) -> World:
    return here.what_if(here.grown(factor))


def _design(here: World, length: Length) -> Designing:
    roles = deciding_roles(here.best, length.roles)
    return Designing(
        number=0,
        name="",
        news="",
        text=here.scenario.text,
        figures="",
        settings=(),
        roles=roles,
        given={role: c.id for role, c in here.best.design.items() if role not in roles},
        best={role: c.id for role, c in here.best.design.items()},
        proved=True,
        command=words.command("propose", words.SCENARIO),
    )


# --- adapt ------------------------------------------------------------------------------------------------------------


def _adapt(here: World, setup: Setup, length: Length) -> Iterator[Item]:
    """Yield the changes, each on top of those before it."""
    rng = _rng(setup, "curveballs")
    left = curveballs.shuffled(list(curveballs.KINDS), rng)
    impossible_after = rng.randrange(length.curveballs) if length.impossible else -1
    figures_text, now = "", here
    for number in range(1, length.curveballs + 1):
        found = curveballs.feasible(now, left)
        if found is None:
            break
        left.remove(found.kind)
        before, now = now, found.world
        if found.change.rise is not None:
            figures_text = figures(before.catalog, found.change.rise)
        yield _still_feasible(found, number)
        yield _revision(found, before, number, figures_text, here)
        if number - 1 == impossible_after:
            yield from _impossible(now, number, rng)


def _revision(found: Curveball, before: World, number: int, figures_text: str, start: World) -> Designing:
    best = found.world.best
    return Designing(
        number=number,
        name=found.change.name,
        news=found.change.news,
        text=found.world.scenario.text,
        figures=figures_text,
        settings=_settings(found.change),
        roles=tuple(best.design),
        given={},
        best={role: c.id for role, c in best.design.items()},
        proved=True,
        command=words.command("propose", stage_file(number)),
    )


def _settings(change: Change) -> tuple[str, ...]:
    return tuple(words.setting(path, value) for path, value in change.changes.items())


def stage_file(number: int) -> str:
    """Return the file that holds the scenario after so many changes, in the folder of a debrief.

    >>> stage_file(0), stage_file(2)
    ('scenario.yml', 'after_2/scenario.yml')
    """
    return f"after_{number}/{words.SCENARIO}" if number else words.SCENARIO


YES, NO = "yes", "no"
STILL = "Is there still a design in the catalog that meets every requirement?"


def _still_feasible(found: Curveball, number: int) -> Asked:
    best = found.world.best
    shown = f"yes: the best one now costs {words.money(best.cost_usd_per_month)}, proved by solving again"
    asked = _yes_or_no(STILL, YES, (found.change.news, shown), words.command("propose", stage_file(number)))
    return Asked(asked, "adapt", found.change.news)


def _impossible(now: World, number: int, rng: random.Random) -> Iterator[Asked]:
    """Yield a change under which nothing is feasible: whether something is, and what would have to give."""
    found = curveballs.impossible(now, curveballs.shuffled(list(curveballs.TOO_HARD), rng))
    if found is None:
        return
    conflict = [words.requirement(one) for one in found.world.conflict() or ()]
    settings = [word for text in _settings(found.change) for word in ("--set", text)]
    command = words.command("what-if", stage_file(number), *settings)
    shown = f"no: {'; '.join(conflict)} cannot hold{' together' if len(conflict) > 1 else ', whatever is chosen'}"
    asked = _yes_or_no(STILL, NO, (found.change.news, shown), command)
    ways = _ways(found, command, rng)
    taken_back = ("The interviewer takes this change back; the requirements are those of before.",)
    yield Asked(asked, "adapt", found.change.news, () if ways else taken_back)
    if ways:
        yield Asked(ways, "adapt", "", taken_back)


def _ways(found: Curveball, command: str, rng: random.Random) -> Question | None:
    """Return the question which requirements would, dropped alone, give a design; None where it is not clear."""
    truth = curveballs.single_ways(found) if len(found.world.conflict() or ()) > 1 else ()  # else it is the change
    listed = _listed(found.world, [words.requirement(one) for one in found.world.conflict() or ()], rng)
    if not truth or len(listed) < 2:
        return None
    named = [words.requirement(one) for one in truth]
    return Question(
        kind=CONFLICT,
        competence="adaptability",
        phase="adapt",
        text="Under this change, which requirements would each, dropped alone with all the others kept, give a design?",
        form=Several(tuple(listed)),
        truth=frozenset(named),
        derivation=(
            found.change.news,
            *(f"without {one}: there is a design, found by solving again" for one in named),
            "without any other one: there is none, as those in conflict are all still there",
        ),
        command=command,
        hint=f"{len(named)} of these {len(listed)} would.",
    )


def _listed(world: World, conflict: Sequence[str], rng: random.Random) -> list[str]:
    """Return the conflict among other requirements, in the order of the file."""
    every = list(dict.fromkeys(words.requirement(one) for one in world.scenario.requirements))
    others = [one for one in every if one not in conflict]
    kept = {*conflict, *rng.sample(others, min(len(others), max(0, MOST_LISTED - len(conflict))))}
    return [one for one in every if one in kept]


def _yes_or_no(text: str, truth: str, derivation: tuple[str, ...], command: str) -> Question:
    return Question(
        kind=FEASIBLE,
        competence="adaptability",
        phase="adapt",
        text=text,
        form=Choice((YES, NO)),
        truth=truth,
        derivation=derivation,
        command=command,
        hint="Think of the best value that any component in the catalog reaches, and of what that costs.",
    )
