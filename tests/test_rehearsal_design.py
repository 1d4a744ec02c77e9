"""Designs that are typed: what is understood, and that they are judged by ``evaluate`` alone."""

from __future__ import annotations

import pytest
import rehearsal_case as case
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.designs import evaluate
from advisor.rehearsal import session
from advisor.rehearsal.ahead import Lazily
from advisor.rehearsal.course import Asked, Asking, Designing, Fact
from advisor.rehearsal.design_phase import TARGET, ChoiceError, resolve
from advisor.rehearsal.sitting import Sitting


def at_design(number: int = 0) -> Sitting:
    """Return a session that stands at one of its designs, everything before skipped, the optimum chosen before."""
    one = case.sitting()
    while not (isinstance(one.current, Designing) and one.designing.number == number):
        if isinstance(one.current, Designing):
            choose(one, case.best_choices(one))
            one.done()
        else:
            one.skip()
    return one


def choose(one: Sitting, choices: dict[str, str]) -> None:
    """Choose some roles."""
    for role, text in choices.items():
        one.choose(role, text)


def test_the_optimum_earns_full_marks_at_every_step() -> None:
    """Whoever types the best design, and types the best again after each change, earns 1 each time."""
    one = at_design()
    while (item := one.current) is not None:
        if isinstance(item, Designing):
            choose(one, case.best_choices(one))
            one.done()
            mark = one.last_mark()
            assert mark is not None
            assert mark.verdict is not None
            assert (mark.points.points, mark.verdict.broken, mark.verdict.problems) == (1.0, (), ())
        else:
            one.skip()


def test_a_dearer_design_is_judged_as_evaluate_judges_it() -> None:
    """Cost and broken requirements are those of the public judge for the same candidates."""
    one = at_design()
    choices = case.best_choices(one)
    stage = one.stage(one.designing)
    role = "vector_store"
    dearest = max(stage.table.candidates[role], key=lambda c: c.cost_usd_per_month)
    choose(one, {**choices, role: dearest.id})
    found = one.kept()
    assert found.evaluation is not None
    ids = {r: c.id for r, c in found.evaluation.design.items()}
    judged = evaluate(ids, case.scenario(), case.catalog(), candidates=stage.table)
    assert found.evaluation.cost_usd_per_month == judged.cost_usd_per_month
    broken = [check.requirement.path for check in judged.checks if not check.holds]
    assert [path for path in found.broken if path != TARGET] == broken
    assert found.more == pytest.approx(judged.cost_usd_per_month / stage.optimum.cost_usd_per_month - 1)


def test_an_infeasible_design_earns_nothing_and_says_what_it_breaks() -> None:
    """However cheap it is, a design that breaks a requirement earns 0 and names it."""
    one = at_design()
    choose(one, case.best_choices(one))
    table = one.stage(one.designing).table
    for candidate in sorted(table.candidates["llm"], key=lambda c: c.cost_usd_per_month):
        if candidate.parts:
            continue
        one.choose("llm", candidate.id)
        found = one.kept()
        if found.broken:
            assert found.points.points == 0
            assert found.points.hit is False
            return
    raise AssertionError("no model in the small catalog breaks anything")


def test_roles_that_are_missing_are_named() -> None:
    """A design that says nothing about a role it needs cannot be run, and the role is named."""
    one = at_design()
    choices = case.best_choices(one)
    choices.pop("vector_store")
    choose(one, choices)
    assert one.missing() == ("vector_store",)
    one.done(forgotten=one.missing())
    mark = one.last_mark()
    assert mark is not None
    assert mark.verdict is not None
    assert mark.points.points == 0
    assert mark.verdict.problems == ("vector_store: nothing was chosen",)
    assert mark.reply.forgotten == ("vector_store",)


def test_a_revision_keeps_what_it_does_not_name() -> None:
    """After a change the design of before is judged as it was chosen, under the new scenario."""
    one = at_design(1)
    kept = {role: pick.text for role, pick in session.choices(one.state).items()}
    assert kept
    verdict = one.kept()
    assert verdict.evaluation is None or verdict.evaluation.scenario.text == one.designing.text


def test_a_component_alone_is_its_cheapest_and_a_size_is_kept() -> None:
    """Without a size the cheapest candidate of the component is meant; with one, that many units."""
    table = case.world().table
    plain = [c for c in table.candidates["vector_store"] if not any(c.behind.values())]
    for candidate in plain:
        same = [c for c in plain if c.component_id == candidate.component_id]
        found = resolve(candidate.component_id, "vector_store", table)
        assert found.cost_usd_per_month == min(c.cost_usd_per_month for c in same)
    sized = next(c for c in plain if c.option and c.option.unit)
    assert resolve(f"{sized.component_id} {sized.units} units", "vector_store", table).units == sized.units


@pytest.mark.parametrize(
    ("role", "text", "said"),
    [
        ("vector_store", "qdrnt", "is not a component of vector_store"),
        ("vector_store", "delta_vectors", "Delta Vectors cannot be used here .*above its limit of 1; there are: "),
        ("vector_store", "none", "cannot be left out"),
        ("vector_store", "", "names nothing"),
        ("vector_store", "x" * 300, "longer than"),
        ("vctor_store", "none", "did you mean 'vector_store'"),
    ],
)
def test_choices_that_cannot_be_made_say_why(role: str, text: str, said: str) -> None:
    """Each wrong choice is refused with its reason, and changes nothing."""
    one = at_design()
    before = one.state
    with pytest.raises(ChoiceError, match=said):
        one.choose(role, text)
    assert one.state == before


@given(st.text(max_size=60))
@settings(derandomize=True, deadline=None, max_examples=80)
def test_any_text_is_a_choice_or_is_refused(text: str) -> None:
    """No text that somebody can type does anything else than being understood or refused."""
    table = case.world().table
    try:
        found = resolve(text, "vector_store", table)
    except ChoiceError:
        return
    assert found.role == "vector_store"


def test_a_role_that_was_missing_twice_is_named_once() -> None:
    """The debrief names what was forgotten once, however many designs lacked it."""
    from advisor.rehearsal.debrief import debrief

    one = at_design()
    while (item := one.current) is not None:
        if isinstance(item, Designing):
            one.done(forgotten=one.missing())
        else:
            one.skip()
    found = debrief(one).forgotten
    assert found
    assert len(set(found)) == len(found)


def test_rounds_of_asking_tell_what_was_asked() -> None:
    """The answer to what was asked about is learnt, the others are told when the asking is over."""
    one = case.sitting()
    while not isinstance(item := one.current, Asking):
        one.skip()
    assert one.question is not None
    one.answer(f"{item.facts[0].name} 60%")
    assert one.learnt().asked == (item.facts[0].said,)
    assert item.facts[0].said not in one.learnt().left


def test_a_round_in_which_nothing_is_asked_is_passed_both_ways() -> None:
    """From behind it, undo leads to the round before, redo forth again; nothing is taken for shown there."""
    command = "advisor propose scenario.yml"
    facts = tuple(Fact(name, "not said", "x", 0.2 * (name == "a"), "note") for name in "abc")
    rounds = [Asking(facts, number, 2, command) for number in (1, 2)]
    last = next(item for item in case.items() if isinstance(item, Asked))
    source = Lazily(iter(()), [*rounds, last])
    sitting = Sitting(case.setup(), case.scenario(), case.catalog(), source)
    sitting.answer("a")
    assert sitting.current == last
    sitting.undo()
    assert sitting.current == rounds[0]
    sitting.redo()
    assert sitting.current == last
    sitting.skip()
    sitting.undo()
    sitting.undo()
    assert (sitting.current, sitting.state.events) == (rounds[0], ())
    for _ in range(2):
        sitting.redo()
        assert sitting.current in (last, None)
    assert sitting.current is None
    assert 1 not in dict(sitting.state.first)


def test_a_hint_costs_a_quarter_of_what_a_design_earns() -> None:
    """The best design after a hint earns three quarters."""
    one = at_design()
    hint = one.hint()
    assert any(role in hint for role in one.designing.roles)
    assert not any(role in hint for role in one.designing.given)
    choose(one, case.best_choices(one))
    one.done()
    mark = one.last_mark()
    assert mark is not None
    assert mark.points.points == 0.75


def test_every_question_takes_its_own_truth() -> None:
    """The truth, typed, earns 1 on every question of the session."""
    from advisor.rehearsal.question import Number

    one = case.sitting()
    while (item := one.current) is not None:
        if isinstance(item, Designing):
            one.done()
            continue
        question = one.question
        assert question is not None
        truth = question.truth
        if isinstance(question.form, Number):
            one.answer(f"{truth:.12g} {question.form.unit}".strip())
        elif isinstance(truth, frozenset | tuple):
            one.answer(", ".join(truth) or "none") if not any("," in t or ";" in t for t in truth) else one.skip()
        else:
            one.answer(f"{truth} 100%")
        mark = one.last_mark()
        assert mark is not None
        said = mark.reply.answer is not None and mark.reply.answer.said
        assert not said or mark.points.points == pytest.approx(1.0, abs=1e-6), question.kind
    assert isinstance(case.items()[-1], Asked)
