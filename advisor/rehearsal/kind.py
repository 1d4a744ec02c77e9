"""A kind of question: made from any solved scenario for which it makes sense, and from none other."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from advisor.catalog.load import Catalog
from advisor.rehearsal.question import Competence, Phase, Question
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario

Make = Callable[[World, random.Random], Question | None]
Holds = Callable[[World, Question], bool]
Stays = Callable[[World, Question], bool]
RestsOn = Literal["figures", "design", "optimum"]


class Brief(Protocol):
    """What is known of a world before it is solved; a kind that needs no more can open a session."""

    @property
    def scenario(self) -> Scenario:
        """What is asked for."""

    @property
    def catalog(self) -> Catalog:
        """Where its figures are from."""


@dataclass(frozen=True)
class Kind:
    """A kind of question.

    Attributes:
        name: as users and files write it. title: as people read it.
        competence, phase: what it practises, and when a session asks it.
        make: returns a question about a world, None where it makes no sense there; a pure function of both arguments.
        rests_on: what the truth follows from, which decides how it is tested for stability: the ``figures`` that the
            text states, the ``design`` as it is, or the ``optimum``, which has to be found again.
        holds: whether a question's truth is the same in a world moved from its own, where that is found faster than by
            making the question again; None where it is not.
        stays: whether the truth is the same with a tenth more or less traffic, where that is found faster than from the
            worlds that are moved so; None where it is not.
        slow: whether its truth takes many designs to find although it rests on no other optimum.
    """

    name: str
    title: str
    competence: Competence
    phase: Phase
    make: Make
    rests_on: RestsOn
    holds: Holds | None = None
    stays: Stays | None = None
    slow: bool = False

    @property
    def light(self) -> bool:
        """Whether a drill asks it of scenarios that are solved quickly."""
        return self.slow or self.rests_on == "optimum"
