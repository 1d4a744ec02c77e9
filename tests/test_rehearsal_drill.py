"""Drills: which tries there are, what becomes of them, and that each question is true of the scenario that it names."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
import rehearsal_case as case
from oracles.rehearsal_truth import TRUTH

import advisor
from advisor.rehearsal import drill, elsewhere, words
from advisor.rehearsal.course import DRILL, Asked, Item
from advisor.rehearsal.opening import rng_of
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
    begun, setup = start(), case.setup(drill=kind)
    found = itertools.chain.from_iterable(drill.attempt(number, begun, setup) for number in numbers)
    return [item for _, item in found if isinstance(item, Asked)]


def own(item: Asked) -> Scenario:
    """Return the scenario that is written for a question."""
    return scenario_from_text(item.text or case.TEXT, case.catalog(), "scenario.yml")


def test_one_try_is_the_scenario_itself() -> None:
    """It is the first one, or a later one of a kind whose truths take several solves; the others are within bounds.

    Elsewhere the examples come as they are, then at other volumes; what is generated comes as it is.
    """
    for kind, place in ((LIGHT, drill.AS_IT_IS), (OTHER, 0)):
        found = drill.tries(case.setup(drill=kind))
        assert [number for number, one in enumerate(found) if one.as_it_is] == [place]
        assert found[place].factor == found[0].factor == 1
        low, high = drill.VOLUMES
        assert all(low <= one.factor <= high for one in found)
        volumes = [one.factor == 1 for one in found[drill.HERE :]]
        assert [sum(volumes[ten : ten + 10]) for ten in range(0, drill.ELSEWHERE, 10)] == [10, 0, 10, 10]
        others = [one.elsewhere for one in found]
        assert others == [*[None] * drill.HERE, *range(drill.ELSEWHERE)], "first this scenario, then others"
        assert len({seed for one in found for seed in one.seeds}) == len(found) * drill.SEEDS
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
    assert next(drill.attempt(0, start(), case.setup(drill=LIGHT)))
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
    items = [item for _, item in drill.attempt(0, begun, case.setup(drill=LIGHT)) if isinstance(item, Asked)]
    assert items
    assert [item.news for item in items] == [""]
    assert scenario_from_text(items[0].text, begun.catalog, "s").sizing.extra_units == found.sizing.extra_units > 0


def test_elsewhere_a_scenario_that_needs_spare_units_is_left() -> None:
    """Where nothing is met without them another scenario is asked about, which is found faster."""
    begun = Start(advisor.load_scenario(advisor.example("churn_scores")), advisor.load_catalog())
    setup = case.setup(drill=LIGHT)
    there = (elsewhere.start(begun, rng_of(setup, "elsewhere"), number) for number in itertools.count())
    number = next(n for n, one in enumerate(there) if one and one.scenario.blueprint.id == "fraud_detection")
    assert list(drill.attempt(drill.HERE + number, begun, setup)) == [(drill.HERE + number, None)]


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


def taken(here: Iterable[str], others: Iterable[str] = (), kind: str = LIGHT) -> tuple[list[str], bool]:
    """Return the questions of a drill whose tries gave these, a letter each, and whether that is all."""
    tries = {**dict(enumerate(here)), **{drill.HERE + number: texts for number, texts in enumerate(others)}}
    found = list(drill.in_order(lambda place: [*map(asked, tries[place]), None] if place in tries else [], kind))
    return [one.question.text for one in found if one is not None], None in found


def test_a_drill_has_ten_questions_none_twice() -> None:
    """What was asked before is left out; with the tenth one it is over, whatever else there is."""
    assert taken(["aab", "bc"]) == ([*"abc"], False)
    assert taken(["abcdef", "ghijkl"]) == ([*"abcdefghij"], True)
    assert DRILL == 10


@pytest.mark.parametrize(("kind", "most"), [(LIGHT, drill.VAIN_LIGHT), (OTHER, drill.VAIN)])
def test_where_nothing_new_comes_other_scenarios_follow(kind: str, most: int) -> None:
    """After some tries in a row that gave nothing, or what was asked before; then few come here until one is new."""
    assert taken(["ab", *"a" * (most - 1)], ["x"], kind) == ([*"ab"], False)
    assert taken(["ab", *"a" * most, "c"], ["xa", "y"], kind) == ([*"abxy"], False)
    assert taken(["ab", *"a" * (most - 1), "c", "a"], ["x"], kind) == ([*"abc"], False)
    assert taken([""] * drill.HERE, ["", "x", *[""] * (drill.ELSEWHERE - 2)], kind) == (["x"], True)
    assert taken([""] * (drill.IDLE - 1), [""] * (drill.IDLE - most), kind) == ([], True), "there is nothing"
    beside = drill.BESIDE
    assert taken([*"a" * (most + 1), "b", "c"], ["x"] * beside, kind) == ([*"axbc"], False), "it is gone back to"
    assert taken([*"a" * (most + 2)], [*"x" * beside, "y"], kind) == ([*"axy"], False), "and left again at once"
    assert taken(["a"] * (most + 1), ["", "bcdef", "ghijkl"], kind) == ([*"abcdefghij"], True)


def told(come: dict[int, str], taken: Iterable[int], kind: str = LIGHT) -> int | None:
    """Return the try that a process is told to make next.

    Args:
        come: place -> what has come of it, a letter a question; "…" behind it when more may come.
    """
    items = {place: [*map(asked, texts.strip("…"))] for place, texts in come.items()}
    given = {place: [*found, *([] if come[place].endswith("…") else [None])] for place, found in items.items()}
    return drill.upcoming(lambda place: given.get(place, []), kind, {*taken})


def test_a_process_makes_the_try_that_is_needed_next() -> None:
    """What is still being made is taken to end as the last try at the scenario did, and nothing is made twice."""
    first, beside = drill.HERE, [drill.HERE + number for number in range(drill.BESIDE)]
    assert (drill.VAIN_LIGHT, drill.VAIN) == (2, 8)
    assert [told({}, range(count)) for count in range(4)] == [0, 1, 2, 3], "each is thought to give something"
    assert told({0: "a", 1: "a"}, range(2)) == 2, "one more has to be in vain"
    assert told({0: "a", 1: "a"}, range(3)) == first, "and is thought to be, as the one before was"
    assert told({0: "a", 1: "a"}, [*range(3), *beside[:2]]) == beside[2]
    assert told({0: "a", 1: "a"}, [*range(3), *beside]) == 3
    assert told({0: "a", 1: "a", 2: "b…"}, range(3)) == 3, "one has given something already"
    assert told({0: "a", 1: "", 2: "", first: "x"}, [*range(3), first]) == first + 1
    assert told({0: "a", 1: "", 2: ""}, range(3), OTHER) == 3
    assert told({0: "a", 1: "abc"}, [0, 1, 3], OTHER) == 2
    assert told({0: "abcde", 1: "fghij…"}, range(2)) is None, "there are ten"
    assert told({0: "abcde"}, range(drill.HERE + drill.ELSEWHERE)) is None, "all are being made"


@pytest.mark.parametrize("jobs", [1, 2, 3, 5])
def test_processes_that_are_told_what_is_needed_make_the_same_drill(jobs: int) -> None:
    """However many there are, and whichever is faster, the questions are those of one after the other."""
    rng = random.Random(jobs)
    for _ in range(50):
        letters = [chr(97 + number) for number in range(14)]
        gives = {place: "".join(rng.sample(letters, rng.choice((0, 0, 1, 3)))) for place in range(80)}
        one = taken([gives[place] for place in range(40)], [gives[place] for place in range(40, 80)])
        assert (side_by_side(gives, jobs, rng), True) == one


def side_by_side(gives: dict[int, str], jobs: int, rng: random.Random) -> list[str]:
    """Return the questions of a drill that processes make, of which each time any one is done next."""
    come: dict[int, list[Item | None]] = {}
    busy, begun = list[int](), set[int]()
    while True:
        found = list(drill.in_order(lambda place: come.get(place, []), LIGHT))
        if None in found:
            return [one.question.text for one in found if one is not None]
        while len(busy) < jobs and (place := drill.upcoming(lambda p: come.get(p, []), LIGHT, begun)) is not None:
            begun.add(place)
            busy.append(place)
        place = busy.pop(rng.randrange(len(busy)))
        come[place] = [*map(asked, gives[place]), None]


def test_other_scenarios_are_of_every_other_blueprint() -> None:
    """First the example of each, later ones generated of each; the same for the same seed."""
    catalog = advisor.load_catalog()
    begun = Start(advisor.load_scenario(advisor.example("card_fraud")), catalog)
    names = set(catalog.records.blueprints) - {"fraud_detection"}
    found = [elsewhere.start(begun, random.Random(7), number) for number in range(len(names))]
    assert {one.scenario.blueprint.id for one in found if one} == names
    texts = [one.scenario.text for one in found if one]
    assert not [text for text in texts if text.startswith("#")]
    (quick,) = [number for number, one in enumerate(found) if one and one.scenario.blueprint.id == "batch_scoring"]
    later = quick + elsewhere.EXAMPLES * len(names)
    again = [elsewhere.start(begun, random.Random(7), number) for number in (quick, later)]
    assert again[0] is not None
    assert again[0].scenario.text == texts[quick]
    assert again[1] is not None
    assert again[1].scenario.text.startswith("# batch_scoring, warm_up")


def test_other_scenarios_with_fewer_designs_come_first() -> None:
    """The lighter half of the blueprints comes before the other, whatever the seed, which puts each half in order."""
    catalog = advisor.load_catalog()
    begun, orders = Start(advisor.load_scenario(advisor.example("card_fraud")), catalog), set[tuple[str, ...]]()
    for seed in range(3):
        found = [elsewhere.start(begun, random.Random(seed), number) for number in range(10)]
        names = tuple(one.scenario.blueprint.id for one in found if one)
        many = [math.prod(1 + len(catalog.options_for(r)) for r in catalog.blueprint(name).roles) for name in names]
        assert max(many[:5]) <= min(many[5:])
        orders.add(names)
    assert len(orders) == 3


def test_where_there_is_no_other_scenario_none_is_asked_about() -> None:
    """A catalog that can fill no other blueprint gives nothing elsewhere."""
    assert elsewhere.start(start(), random.Random(1), 0) is None
    assert not made(OTHER, (drill.HERE,))


def test_questions_elsewhere_say_of_which_scenario_and_are_true_of_it() -> None:
    """The news name it, and what is written beside the question, solved anew, has the truth."""
    found = advisor.load_scenario(advisor.example("card_fraud"))
    begun, setup = Start(found, advisor.load_catalog()), case.setup(drill=OTHER)
    items = [item for place in range(2) for _, item in drill.attempt(drill.HERE + place, begun, setup)]
    true = [item for item in items if isinstance(item, Asked)]
    assert true
    for item in true:
        there = scenario_from_text(item.text, begun.catalog, "scenario.yml")
        assert there.blueprint.id != found.blueprint.id
        assert item.news.startswith(f"Here the scenario is another one, {there.title}")
        TRUTH[OTHER](World.of(there, begun.catalog), item.question)


def test_questions_of_other_volumes_have_folders_in_order() -> None:
    """Each is numbered as it is asked; one about the scenario itself needs no folder."""
    plain = replace(asked("b"), text="")
    tries = [[asked("a")], [plain], [asked("c")]]
    found = drill.in_order(lambda place: [*tries[place], None] if place < len(tries) else [], LIGHT)
    assert [one.folder for one in found if one is not None] == ["question_1", "", "question_3"]


def test_kinds_that_take_long_are_those_that_solve() -> None:
    """Every kind that rests on the optimum is light, and those that judge many designs; none else."""
    light = {name for name, kind in KINDS.items() if kind.light}
    many = {"unknown_first", "violated_requirement"}
    assert light == {name for name, kind in KINDS.items() if kind.rests_on == "optimum"} | many


def test_tries_are_the_same_whoever_makes_them() -> None:
    """A process that works out some tries gives what one gives that works out all of them."""
    begun, setup = start(), case.setup(drill=OTHER)
    every = [item for place in range(3) for item in drill.attempt(place, begun, setup)]
    some = [list(drill.attempt(place, start(), setup)) for place in range(3)]
    assert every == list(itertools.chain(*some))
