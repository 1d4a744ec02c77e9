"""Drills: which tries there are, what becomes of them, and that each question is true of the scenario that it names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
import rehearsal_case as case
from oracles.rehearsal_truth import TRUTH

import advisor
from advisor.rehearsal import drill, words
from advisor.rehearsal.course import DRILL, Asked
from advisor.rehearsal.question import Choice, Question
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.start import Start
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario, scenario_from_text

LIGHT, OTHER = "cost_multiplier_10x", "monthly_cost"


def start() -> Start:
    """Return the start of the shared case, not solved."""
    return Start(case.scenario(), case.catalog())


def made(kind: str, numbers: Iterable[int]) -> list[Asked]:
    """Return the questions of some tries of a drill."""
    found = drill.attempts(tuple(numbers), start(), case.setup(drill=kind))
    return [item for _, item in found if isinstance(item, Asked)]


def own(item: Asked) -> Scenario:
    """Return the scenario that is written for a question."""
    return scenario_from_text(item.text or case.TEXT, case.catalog(), "scenario.yml")


def test_one_try_is_the_scenario_itself() -> None:
    """It is the first one, or a later one of a kind whose truths take several solves; the others are within bounds."""
    for kind, place in ((LIGHT, drill.AS_IT_IS), (OTHER, 0)):
        found = drill.tries(case.setup(drill=kind))
        assert [number for number, one in enumerate(found) if one.as_it_is] == [place]
        assert found[place].factor == found[0].factor == 1
        low, high = drill.VOLUMES
        assert all(low <= one.factor <= high for one in found)
        assert len({seed for one in found for seed in one.seeds}) == drill.TRIES * drill.SEEDS
        assert found == drill.tries(case.setup(drill=kind))
        assert found != drill.tries(case.setup(drill=kind, seed=3))


def test_the_first_question_does_not_wait_for_the_scenario_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a kind that takes long, a process that has another try solves a lighter scenario and none before it."""
    solved: list[Any] = []
    true = World.of.__func__  # type: ignore[attr-defined]

    def of(cls: type[World], scenario: Scenario, *args: Any, **more: Any) -> World:
        solved.append(scenario.sizing.extra_units)
        return true(cls, scenario, *args, **more)  # type: ignore[no-any-return]

    monkeypatch.setattr(World, "of", classmethod(of))
    assert next(drill.attempts((0,), start(), case.setup(drill=LIGHT)))
    assert solved == [0]


@pytest.mark.parametrize("kind", [LIGHT, OTHER])
def test_news_say_how_the_scenario_of_a_question_differs(kind: str) -> None:
    """The traffic, what may be spent, and spare units are in its scenario as its news have them."""
    items, tries = made(kind, range(drill.AS_IT_IS + 1)), drill.tries(case.setup(drill=kind))
    (budget,) = (b for b in case.scenario().bounds if b.metric == "cost_usd_per_month")
    for item in items:
        rate = own(item).workload["requests_per_month"] / case.scenario().workload["requests_per_month"]
        assert any(one.factor == pytest.approx(rate) for one in tries)
        assert (f"{rate:g} times" in item.news) == (rate != 1)
        limit = next(b.limit for b in own(item).bounds if b.metric == budget.metric)
        assert limit == pytest.approx(budget.limit * max(1.0, rate))
        assert (words.money(limit) in item.news) == (rate > 1)
        assert (drill.NONE_SPARE in item.news) == bool(item.text), "the scenario itself has none"
        assert kind != LIGHT or not item.text or own(item).sizing.extra_units == 0
    assert {bool(item.text) for item in items} == {True, False}


def test_where_spare_units_are_needed_there_are_some() -> None:
    """A scenario that nothing meets without spare units is asked about with them, and nothing else is said."""
    found = advisor.load_scenario(advisor.example("card_fraud"))
    begun = Start(found, advisor.load_catalog())
    assert begun.at(drill.NO_SPARE).infeasible
    items = [item for _, item in drill.attempts((0,), begun, case.setup(drill=LIGHT)) if isinstance(item, Asked)]
    assert items
    assert [item.news for item in items] == [""]
    assert scenario_from_text(items[0].text, begun.catalog, "s").sizing.extra_units == found.sizing.extra_units > 0


@pytest.mark.parametrize("kind", [LIGHT, "price_of_p95", "forced_regret", "violated_requirement", OTHER])
def test_each_question_is_true_of_its_own_scenario(kind: str) -> None:
    """The scenario that is written beside a question, solved anew, has the truth that another way finds."""
    items = made(kind, (0, 1, drill.AS_IT_IS))
    assert items
    for item in items:
        TRUTH[kind](World.of(own(item), case.catalog()), item.question)


def asked(text: str) -> Asked:
    """Return a question that is told apart by its text only."""
    return Asked(Question("k", "cost", "adapt", text, Choice(("a", "b")), "a", ("",), "advisor", ""), "adapt", text="x")


def taken(tries: Iterable[str]) -> tuple[list[str], bool]:
    """Return the questions of a drill whose tries gave these, a letter each, and whether that is all."""
    found = [(number, one) for number, texts in enumerate(tries) for one in (*map(asked, texts), None)]
    return [one.question.text for one in drill.in_order(found)], drill.is_over(found)


def test_a_drill_has_ten_questions_none_twice() -> None:
    """What was asked before is left out; with the tenth one it is over, whatever else there is."""
    assert taken(["aab", "bc"]) == ([*"abc"], False)
    assert taken(["abcdef", "ghijkl"]) == ([*"abcdefghij"], True)
    assert DRILL == 10


def test_a_drill_ends_where_nothing_new_comes() -> None:
    """After some tries in a row that gave only what was asked before, or after more that gave nothing at all."""
    assert taken(["ab", *"a" * (drill.IDLE - 1)]) == ([*"ab"], False)
    assert taken(["ab", *"a" * drill.IDLE, "c"]) == ([*"ab"], True)
    assert taken(["ab", *"a" * (drill.IDLE - 1), "c", "a"]) == ([*"abc"], False)
    assert taken([*[""] * (drill.VAIN - 1)]) == ([], False)
    assert taken([*[""] * drill.VAIN, "c"]) == ([], True)


def test_questions_of_other_volumes_have_folders_in_order() -> None:
    """Each is numbered as it is asked; one about the scenario itself needs no folder."""
    plain = replace(asked("b"), text="")
    items = [asked("a"), None, plain, None, asked("c"), None]
    assert [one.folder for one in drill.in_order(enumerate(items))] == ["question_1", "", "question_3"]


def test_kinds_that_take_long_are_those_that_solve() -> None:
    """Every kind that rests on the optimum is light, and those that judge many designs; none else."""
    light = {name for name, kind in KINDS.items() if kind.light}
    assert light == {name for name, kind in KINDS.items() if kind.rests_on == "optimum"} | {"unknown_first"}


def test_tries_are_the_same_whoever_makes_them() -> None:
    """A process that works out some tries gives what one gives that works out all of them."""
    every = list(drill.attempts((0, 1, 2), start(), case.setup(drill=OTHER)))
    some = [list(drill.attempts((n,), start(), case.setup(drill=OTHER))) for n in range(3)]
    assert every == list(itertools.chain(*some))
