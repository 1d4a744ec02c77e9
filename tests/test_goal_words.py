"""What a step does to the goal stands beside its price wherever something else than cost is optimised."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.analysis.answers import Answer, answer
from advisor.analysis.equality import same
from advisor.analysis.overrides import change
from advisor.analysis.steps import bound_price
from advisor.catalog.load import Catalog
from advisor.render import numbers
from advisor.render import sensitivity_words as said
from advisor.render.goal_words import and_goal_value, cost_alone
from advisor.scenario.load import Scenario

DATA = Path(__file__).parent / "data"
BUDGET = "constraints.cost_usd_per_month.max"


@pytest.fixture(scope="module")
def by_quality(base: Scenario, mini: Catalog) -> Answer:
    """Return the design of the best quality within a budget."""
    texts = [f"{BUDGET}=6000", "objective={maximize: quality}", "constraints.quality=null"]
    return answer(change(base, texts, mini).scenario, mini)


def test_steps_say_what_they_do_to_the_goal(by_quality: Answer) -> None:
    """A tighter bound that saves money costs quality, and both are said; its price per unit has a sign."""
    best = by_quality.best
    assert best
    assert not cost_alone(best)
    assert and_goal_value(best) == f" · quality {numbers.metric('quality', best.quality)}"
    lost = 0
    for bound in by_quality.scenario.bounds:
        price = bound_price(by_quality, bound)
        step = price.tighten
        if step is None or step.evaluation is None:
            continue
        text, then = said.tighter_text(price, best), step.evaluation
        moved = not same(then.quality, best.quality)
        lost += moved
        assert (f"; quality −{numbers.NARROW}" in text) == moved, text
        shown = said.price_text(price, best)
        if bound.path == BUDGET:
            assert shown == "", "the price of money in money says nothing"
        elif "tighter" in shown:
            assert shown.startswith("−" if then.cost_usd_per_month < best.cost_usd_per_month else "+"), shown
    assert lost


def test_where_cost_is_the_goal_its_price_says_it_all(base: Scenario, mini: Catalog) -> None:
    """Nothing is added to a price, and prices per unit have no sign."""
    solved = answer(base, mini)
    assert solved.best
    assert cost_alone(solved.best)
    assert and_goal_value(solved.best) == ""
    steps = [bound_price(solved, bound) for bound in base.bounds]
    texts = [text for one in steps for text in (said.price_text(one, solved.best),) if text]
    assert texts
    assert all(text[0].isdigit() for text in texts)
