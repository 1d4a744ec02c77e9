"""The design of a session and the changes that it has to survive, each on top of those before it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from advisor.rehearsal import curveballs, words
from advisor.rehearsal.course import CONFLICT, FEASIBLE, Asked, Designing, Item, Length
from advisor.rehearsal.curveballs import Change, Curveball
from advisor.rehearsal.design_phase import deciding_roles
from advisor.rehearsal.prices import figures
from advisor.rehearsal.question import Choice, Question, Several
from advisor.rehearsal.world import World

MOST_LISTED = 9  # requirements that a question about a conflict lists


def first_design(here: World, length: Length) -> Designing:
    """Return the first design to be made: the deciding roles are open, the others given."""
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


def changes(here: World, length: Length, rng: random.Random) -> Iterator[Item]:
    """Yield the changes, each on top of those before it."""
    left = curveballs.shuffled(list(curveballs.KINDS), rng)
    impossible_after = rng.randrange(length.curveballs) if rng.random() < length.impossible else -1
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
