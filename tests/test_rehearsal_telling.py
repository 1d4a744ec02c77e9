"""What a session has shown before a question is asked, by its changes and when asking, it does not ask any more."""

from __future__ import annotations

from dataclasses import replace

import rehearsal_case as case

from advisor.rehearsal import curveballs, telling
from advisor.rehearsal.course import Asked, Designing
from advisor.rehearsal.question import Several
from advisor.rehearsal.strands import BACK


def test_a_question_that_a_change_has_answered_is_left_out() -> None:
    """What flips with more traffic is not asked once it has grown; what was said before it comes before the next."""
    _, changed_design = [item for item in case.items() if isinstance(item, Designing)][:2]
    more = replace(changed_design, settings=("workload.requests_per_month=3e7", f"{curveballs.BUDGET}=9000"))
    one = next(item for item in case.items() if isinstance(item, Asked) and item.part == "defend")
    flips = replace(one, question=replace(one.question, kind="flips_at_10x"), news=BACK)
    other = replace(one, news="")
    assert list(telling.untold([more, flips, other, None])) == [more, replace(other, news=BACK), None]
    assert list(telling.untold([flips, more, other])) == [flips, more, other]
    halved = replace(flips, question=replace(one.question, kind="budget_halved"))
    assert list(telling.untold([more, halved])) == [more, halved], "a budget that grows with the traffic shows nothing"


def test_the_changes_of_a_session_answer_none_of_its_questions() -> None:
    """Neither a change that was made nor one that was taken back asks beforehand what is asked later."""
    shown = [telling.shown_by(item) for item in case.items()]
    assert any(shown)
    for number, item in enumerate(case.items()):
        if isinstance(item, Asked):
            assert item.question.kind not in frozenset().union(*shown[:number])


def test_what_a_bound_is_worth_is_asked_where_asking_did_not_tell() -> None:
    """A question about bounds needs two that the brief states; other kinds do not care."""
    bounds = ("cost at most 9 USD/month", "quality at least 0.5", "answer ttft p95 at most 2 ms")
    one = next(item.question for item in case.items() if isinstance(item, Asked))
    asked = replace(one, kind="binding_constraint", form=Several(bounds), truth=frozenset(bounds[:1]))
    assert not telling.told_when_asking(asked, bounds[2:])
    assert telling.told_when_asking(asked, bounds[1:])
    assert not telling.told_when_asking(replace(asked, kind="violated_requirement"), bounds[1:])
