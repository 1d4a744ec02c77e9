"""The first line says what is proved, with bound, gap, rounds and time."""

from __future__ import annotations

import dataclasses
import re

from advisor.optimizer.solver import Status
from advisor.proposal import Proposal
from advisor.render import numbers, terminal
from advisor.scenario.goals import Goal, Term


def test_a_proof_names_the_bound_that_the_value_meets(proposal: Proposal) -> None:
    """Value and bound of a proved optimum are one number, the gap is 0, rounds and seconds are counted."""
    assert proposal.best is not None
    text = terminal.headline(proposal).plain.replace(numbers.NARROW, " ")
    cost = numbers.usd(proposal.best.cost_usd_per_month).replace(numbers.NARROW, " ")
    assert f"optimal (proved: bound {cost}/month, gap 0), " in text
    assert re.search(r" \d+ rounds?, \d+\.\d\d s$", text)


def test_a_weighted_goal_is_proved_without_a_bound_in_its_own_unit(proposal: Proposal) -> None:
    """A sum of different units has no unit to print, so the line says that it is proved and no more."""
    goal = Goal((Term("cost_usd_per_month", 1.0), Term("quality", -1000.0)), "weighted")
    scenario = dataclasses.replace(proposal.scenario, objective=(goal,))
    text = terminal.headline(dataclasses.replace(proposal, scenario=scenario)).plain
    assert "optimal (proved), " in text


def test_what_is_not_proved_says_how_far_off_it_may_be(proposal: Proposal) -> None:
    """A stopped search names its gap, and never says proved."""
    stopped = dataclasses.replace(proposal, status=Status.STOPPED, gap=0.04)
    text = terminal.headline(stopped).plain.replace(numbers.NARROW, " ")
    assert "not proved optimal, within 4.0 %" in text
    assert "(proved" not in text
