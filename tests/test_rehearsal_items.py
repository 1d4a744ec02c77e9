"""What a session asks about is proved: changes leave a design or none, unknowns are worth what a new solve says."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import rehearsal_case as case

from advisor.analysis.answers import solve
from advisor.candidates.table import table
from advisor.catalog.load import load_catalog
from advisor.optimizer.solver import Status
from advisor.rehearsal import clarify, curveballs, prepare, session, words
from advisor.rehearsal.ahead import Ahead
from advisor.rehearsal.course import (
    CONFLICT,
    DRILL,
    FEASIBLE,
    LENGTHS,
    NONE_OF_THEM,
    Asked,
    Asking,
    Designing,
    Fact,
    Reply,
    asking_question,
)
from advisor.rehearsal.design_phase import deciding_roles, judge
from advisor.rehearsal.opening import left_open, opening
from advisor.rehearsal.prices import under
from advisor.rehearsal.question import Answer, Number, options
from advisor.rehearsal.record import item_data, item_of
from advisor.rehearsal.registry import KINDS, TELLING
from advisor.rehearsal.strands import BACK, strands
from advisor.rehearsal.workers import waiting
from advisor.scenario.load import Scenario, scenario_from_text


def solved(text: str, figures: str = "", without: str = "") -> tuple[Status, float]:
    """Return status and cost of a scenario, built and solved anew; ``without``: a requirement that is dropped."""
    catalog = under(case.catalog(), figures)
    found: Scenario = replace(scenario_from_text(text, catalog, "scenario.yml"), catalog=catalog)
    kept = tuple(r for r in found.requirements if words.requirement(r) != without)
    answer = solve(table(replace(found, requirements=kept), catalog), blame=False)
    return answer.status, answer.best.cost_usd_per_month if answer.best else 0.0


def test_the_first_questions_need_no_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are there before the solver, the table of candidates or another process was ever called."""
    from advisor.rehearsal import world

    def never(*_: object, **__: object) -> None:
        raise AssertionError("something was solved")

    for name in ("solve", "build", "optimise", "judge"):
        monkeypatch.setattr(world, name, never)
    for minutes, length in LENGTHS.items():
        found = list(itertools.islice(prepare.items(case.setup(minutes)), length.opening))
        assert [item.part for item in found] == ["open"] * length.opening
        assert tuple(found) == opening(case.setup(minutes), case.scenario(), case.catalog())
        with pytest.raises(AssertionError, match="something was solved"):
            next(itertools.islice(prepare.items(case.setup(minutes)), length.opening, None))


def test_the_first_questions_tell_nothing_that_is_left_open() -> None:
    """What may be asked about later is not in them, whatever the seed; and what they ask is not asked again."""
    for seed in range(20):
        setup = case.setup(seed=seed)
        first = opening(setup, case.scenario(), case.catalog())
        names = [fact.name for fact in left_open(setup, case.scenario())]
        assert first
        assert not [name for name in names for one in first if name in one.question.text]
    sums = [item for item in case.items() if isinstance(item, Asked) and item.part in ("open", "estimate")]
    kinds = [item.question.kind for item in sums]
    assert len(set(kinds)) == len(kinds)


def test_every_blueprint_has_an_opening() -> None:
    """Sessions on the shipped examples begin with a question, whatever the seed leaves open."""
    from advisor import resources
    from advisor.scenario.load import load_scenario

    for path in sorted(resources.folder("examples").glob("*/scenario.yml")):
        scenario = load_scenario(path)
        known = scenario.catalog or load_catalog()
        for seed in range(5):
            setup = replace(case.setup(seed=seed), text=scenario.text, file=str(path))
            assert opening(setup, scenario, known), (path, seed)


def test_the_session_has_all_its_parts() -> None:
    """Open, clarify, estimate, design, changes with revisions, one that is impossible, defend: none is missing."""
    parts = {item.part for item in case.items()}
    assert parts == {"open", "clarify", "estimate", "design", "adapt", "defend"}
    numbers = [item.number for item in case.items() if isinstance(item, Designing)]
    assert numbers == list(range(LENGTHS[35].curveballs + 1))


def test_after_each_change_the_stated_optimum_is_the_optimum() -> None:
    """The scenario of every design, solved anew, has the cost of the best design that the item names."""
    sitting = case.sitting()
    for item in case.items():
        if isinstance(item, Designing):
            status, cost = solved(item.text, item.figures)
            assert status is Status.OPTIMAL
            sitting.state = replace(sitting.state, events=())
            assert sitting.stage(item).optimum.cost_usd_per_month == pytest.approx(cost, rel=1e-9)


def test_a_change_leaves_something_to_revise() -> None:
    """Keeping the best design of before is never full marks: it breaks something, or is dearer beyond the tolerance."""
    sitting, before = case.sitting(), case.world().best.design
    for item in (item for item in case.items() if isinstance(item, Designing) and item.number):
        stage = sitting.stage(item)
        assert judge(before, stage.optimum, stage.table).points.points < 1, item.name
        before = stage.optimum.design


def test_the_news_of_more_traffic_name_what_grows_and_nothing_else_does() -> None:
    """Every figure of the workload that the change moves is named, and the others are what they were."""
    before = case.world().scenario
    for change in curveballs.KINDS["traffic"](case.world()):
        after = case.world().what_if(change.changes).scenario
        moved = [name for name, value in before.workload.items() if after.workload[name] != value]
        assert moved
        factor = float(change.name.rpartition(" ")[2])
        assert all(after.workload[name] == factor * before.workload[name] for name in moved)
        named = [name for name, p in before.blueprint.parameters.items() if words.parameter(p) in change.news]
        assert sorted(named) == sorted(moved)


def test_the_first_question_after_the_changes_says_which_scenario_is_meant() -> None:
    """Once the requirements have moved, the first question about those of before says so, and only that one."""
    last = max(number for number, item in enumerate(case.items()) if isinstance(item, Designing))
    after = [item for item in case.items()[last:] if isinstance(item, Asked) and item.question.kind in KINDS]
    assert after
    assert [item.news == BACK for item in after] == [True, *[False] * (len(after) - 1)]


def test_an_impossible_change_is_impossible_and_its_ways_are_ways() -> None:
    """No design exists under it; dropping a named requirement gives one, dropping another that was listed does not."""
    now, seen = case.items()[0], 0
    for item in case.items():
        now = item if isinstance(item, Designing) else now
        if isinstance(item, Asked) and item.question.kind == FEASIBLE and item.question.truth == "no":
            text = changed(now, item.question.command)
            assert solved(text)[0] is Status.INFEASIBLE
        if isinstance(item, Asked) and item.question.kind == CONFLICT:
            seen += 1
            text = changed(now, item.question.command)
            ways = {one for one in options(item.question.form) if solved(text, without=one)[0] is Status.OPTIMAL}
            assert ways == item.question.truth
    assert seen == 1


def changed(item: object, command: str) -> str:
    """Return the text of a design's scenario after the settings of a command."""
    import shlex

    from advisor.analysis.overrides import change

    assert isinstance(item, Designing)
    parts = shlex.split(command)
    settings = [value for flag, value in itertools.pairwise(parts) if flag == "--set"]
    return change(scenario_from_text(item.text, case.catalog(), "s"), settings, case.catalog()).scenario.text


def test_unknowns_are_worth_what_solving_without_them_says() -> None:
    """Each fact's worth is the relative change of the optimum's cost, found by a solve of its own."""
    item = next(item for item in case.items() if isinstance(item, Asking))
    for fact in item.facts:
        assert fact.value == pytest.approx(off(case.TEXT, fact), abs=1e-6), fact.name


def off(text: str, fact: Fact) -> float:
    """Return by how much the optimum's cost moves when a requirement is dropped, both found by solves of their own."""
    requirement = {"residency": "residency: eu", "licences": "licences: not SSPL-1.0"}
    base, cost = solved(text)[1], solved(text, without=requirement.get(fact.name, fact.answer))[1]
    return abs(cost - base) / base


def test_unknowns_matter_as_clearly_as_new_solves_say() -> None:
    """An unknown is clear when it matters here and with a tenth more or less traffic, or in none of the three."""
    from advisor.analysis.overrides import change

    item, world = next(item for item in case.items() if isinstance(item, Asking)), case.world()
    moved = [words.setting(*one) for factor in (0.9, 1.1) for one in world.grown(factor).items()]
    texts = [change(case.scenario(), [setting], case.catalog()).scenario.text for setting in moved]
    assert len(texts) == 2
    for fact in item.facts:
        assert fact.clear == all((off(text, fact) > 1e-6) == (fact.value > 0) for text in texts), fact.name


def test_the_order_of_options_gives_nothing_away() -> None:
    """Unknowns are offered in the order of their names, not of their worth, and last that none is worth it."""
    first = next(item for item in case.items() if isinstance(item, Asking))
    question = asking_question(first, frozenset())
    assert question is not None
    *names, none = options(question.form)
    assert names == sorted(names)
    assert none == NONE_OF_THEM


def test_where_nothing_that_is_open_matters_that_is_the_answer() -> None:
    """Of facts that are worth nothing none is worth asking about; the round is one, and tells nothing."""
    facts = tuple(Fact(name, "not said", "x", 0.0, "without it the best design is 0 % off") for name in "cab")
    question = asking_question(Asking(facts, 1, 1, "advisor propose scenario.yml"), frozenset())
    assert question is not None
    assert options(question.form) == ("a", "b", "c", NONE_OF_THEM)
    assert (question.truth, question.also) == (NONE_OF_THEM, frozenset())
    assert asking_question(Asking(facts, 2, 2, "advisor propose scenario.yml"), frozenset()) is None
    loose = {"constraints.flows.answer.latency_ms.p95": 60_000, "constraints.flows.answer.availability.min": 0.5}
    world = case.world().what_if({**loose, "constraints.quality.min": 0.01})
    open_ = [Fact(words.label(b.metric), "not said", words.bound(b)) for b in world.scenario.bounds if b.path in loose]
    found = clarify.facts(world, open_)
    assert found
    assert all(fact.clear and fact.value == 0 for fact in found)


def test_the_command_of_a_round_leaves_out_what_is_worth_asking_about_in_it() -> None:
    """Whatever was asked about before, the scenario that the command solves lacks the fact that is the truth."""
    first = next(item for item in case.items() if isinstance(item, Asking))
    design = next(item for item in case.items() if isinstance(item, Designing))
    clear = [fact for fact in first.facts if fact.clear]
    for fact in clear[:-1]:
        asked = asking_question(first, frozenset(one.name for one in clear[: clear.index(fact)]))
        assert asked is not None
        if asked.truth != NONE_OF_THEM:
            left_out = scenario_from_text(changed(design, asked.command), case.catalog(), "scenario.yml")
            kept = {words.requirement(one) for one in left_out.requirements}
            figure = any(left_out.workload[n] != v for n, v in case.scenario().workload.items())
            assert asked.truth == fact.name
            assert (fact.answer not in kept) or figure


@pytest.mark.parametrize(("worth", "also"), [(0.009, {NONE_OF_THEM}), (0.011, set())])
def test_an_unknown_that_hardly_matters_need_not_be_asked_about(worth: float, also: set[str]) -> None:
    """Where the best design is off by less than what earns a design full marks, asking about none is as right."""
    facts = tuple(Fact(name, "not said", "x", worth * (name == "a"), "note") for name in "abc")
    question = asking_question(Asking(facts, 1, 1, "advisor propose scenario.yml"), frozenset())
    assert question is not None
    assert (question.truth, question.also) == ("a", also)


def test_what_was_asked_about_is_not_offered_again() -> None:
    """The second round leaves out what the first one told."""
    first, second = [item for item in case.items() if isinstance(item, Asking)]
    best = asking_question(first, frozenset())
    assert best is not None
    again = asking_question(second, frozenset({str(best.truth)}))
    assert again is None or best.truth not in options(again.form)


def test_a_round_is_not_answered_by_what_was_shown_of_the_one_before() -> None:
    """Before the last round only what is told as right is said to be worth how much, and it is not offered again."""
    worth = {"a": 0.4, "b": 0.39, "c": 0.2, "d": 0.1, "e": 0.0}
    facts = tuple(Fact(name, "not said", "x", value, f"{value} off") for name, value in worth.items())
    rounds = [Asking(facts, number, 2, "advisor propose scenario.yml") for number in (1, 2)]
    first = asking_question(rounds[0], frozenset())
    assert first is not None
    assert first.derivation == ("a: 0.4 off", "b: 0.39 off", "the others are worth less: the next round is about them")
    for reply in (Reply(), Reply(Answer(chosen=("d",))), Reply(Answer(chosen=("a",)))):
        second = session.question(rounds[1], 1, rounds, [reply])
        assert second is not None
        assert second.truth == "c"
        assert not {"a", "b", *(reply.answer.chosen if reply.answer else ())} & {*options(second.form)}
        assert len(second.derivation) == len(options(second.form)) - 1


def test_nothing_that_is_to_be_designed_is_named_before() -> None:
    """No question before the first design, nor its truth, names a component that the best design has in an open role.

    What the best design costs, which is asked for later, is not said either.
    """
    before = list(itertools.takewhile(lambda item: not isinstance(item, Designing), case.items()))
    design = next(item for item in case.items() if isinstance(item, Designing))
    names = [case.world().best.design[role].name for role in design.roles]
    asked = [item.question for item in before if isinstance(item, Asked)]
    texts = [" ".join((one.text, one.hint, *one.derivation)) for one in asked]
    told = [fact.note for item in before if isinstance(item, Asking) for fact in item.facts]
    assert told
    assert not [note for note in told if words.money(case.world().cost) in note]
    assert texts
    assert [name for name in names if name != "left out" and any(name in text for text in texts)] == []


def test_no_question_tells_the_answer_of_a_later_one() -> None:
    """One of each line of kinds that tell on each other, and no amount in USD that is asked for was said before."""
    before = ""
    kinds = [item.question.kind for item in case.items() if isinstance(item, Asked)]
    assert all(len(line.intersection(kinds)) <= 1 for line in TELLING)
    for item in (item for item in case.items() if isinstance(item, Asked)):
        asked = item.question
        if isinstance(asked.form, Number) and asked.form.unit == "USD/month":
            assert isinstance(asked.truth, float)
            assert words.money(asked.truth) not in before, asked.kind
        before += f"{item.news} {asked.text}"


def test_a_conflict_is_asked_about_only_where_something_else_could_give() -> None:
    """Where the change alone is what cannot be met, that it would have to give is no question."""
    for before, item in itertools.pairwise(case.items()):
        if isinstance(item, Asked) and item.question.kind == CONFLICT:
            assert isinstance(before, Asked)
            assert "cannot hold together" in before.question.derivation[-1]


def test_other_processes_prepare_the_same_items() -> None:
    """A session of which each process worked out one strand is the one worked out here; then all have ended."""
    jobs = len(strands(case.setup()))
    first = opening(case.setup(), case.scenario(), case.catalog())
    with waiting(jobs + 1) as workers:
        ahead = Ahead(case.setup(), first, case.items()[:4], workers=workers)
        assert sum(worker.alive for worker in workers) == jobs, "one has nothing to do"
        assert ahead.ready(3)
        assert ahead.so_far()[0][:4] == [*case.items()[:4]]
        assert [ahead.item(number) for number in range(len(case.items()) + 1)] == [*case.items(), None]
        assert ahead.so_far() == ([*case.items()], True)
        assert not any(worker.alive for worker in workers)


def test_tries_of_a_drill_side_by_side_are_those_one_after_the_other() -> None:
    """Whichever process made a question, a drill has the same ones, in the same order, none twice."""
    drill = case.setup(drill="tokens_a_month")
    here = list(prepare.items(drill, case.world()))
    texts = [item.question.text for item in here if isinstance(item, Asked)]
    assert len(set(texts)) == len(here) == DRILL
    with waiting(1) as workers:
        ahead = Ahead(case.setup(), case.items()[:1], workers=workers)
        assert ahead.ready(0), "what needs no solve waits for no process"
    with waiting(2) as workers:
        ahead = Ahead(drill, workers=workers)
        assert [ahead.item(number) for number in range(DRILL + 1)] == [*here, None]


def test_a_process_that_was_never_needed_ends() -> None:
    """Those that wait for a session that does not begin are ended with the command, once more does nothing."""
    with waiting(1) as workers:
        (worker,) = workers
        assert worker.alive
        worker.end()
    assert not worker.alive


def test_a_process_is_ended_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that watches a session and the command that ends it may both end a process: its pipe is closed by one
    after the other, as closing the same number twice at once fails or hits somebody else's file."""
    closing: list[int] = []
    with waiting(1) as (worker,):
        close = worker.pipe.close

        def slowly() -> None:
            closing.append(1)
            assert len(closing) == 1, "two at a time"
            time.sleep(0.05)
            close()
            closing.pop()

        monkeypatch.setattr(worker.pipe, "close", slowly)
        with ThreadPoolExecutor(4) as threads:
            assert [one.result() for one in [threads.submit(worker.end) for _ in range(4)]] == [None] * 4
    assert not worker.alive


def test_processes_at_work_end_when_they_are_not_wanted() -> None:
    """Closing does not wait for what is being worked out; without a process nobody waits for ever."""
    with waiting(1) as workers:
        ahead = Ahead(case.setup(), case.items()[:1], workers=workers)
        ahead.close()
        assert not workers[0].alive
    with pytest.raises(RuntimeError, match="no process"):
        Ahead(case.setup(), workers=()).item(0)


def test_a_session_without_an_optimum_is_refused_by_its_processes() -> None:
    """That there is nothing to rehearse against comes as bad input, while somebody reads the brief."""
    from advisor.errors import InputError

    text = case.TEXT.replace("9_000", "1")
    digests = (scenario_from_text(text, case.catalog(), "s").digest, case.catalog().digest)
    setup = replace(case.setup(), text=text, digests=digests)
    with waiting(1) as workers, pytest.raises(InputError, match="nothing to rehearse against"):
        Ahead(setup, workers=workers).item(0)


def test_items_survive_being_written() -> None:
    """Every item reads back from plain data as it was."""
    assert [item_of(item_data(item)) for item in case.items()] == list(case.items())


def test_deciding_roles_are_distinct_and_in_order() -> None:
    """The roles to design are different ones, in the blueprint's order, as many as asked for."""
    roles = deciding_roles(case.world().best, 4)
    order = list(case.world().best.design)
    assert len(set(roles)) == 4
    assert list(roles) == sorted(roles, key=order.index)


def test_a_session_is_not_continued_under_another_catalog() -> None:
    """A setup whose catalog changed is refused, because its truths would be others."""
    from advisor.errors import InputError

    with pytest.raises(InputError, match="was begun with catalog"):
        prepare.inputs(replace(case.setup(), digests=(case.scenario().digest, "000000000000")))
