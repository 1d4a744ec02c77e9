"""Scores as factors."""

from __future__ import annotations

import pytest

from advisor.models.quality import elo_against_best, of_flow, share_of_best


def test_shares() -> None:
    """A share is divided by the best one and never exceeds 1."""
    assert share_of_best(0.6, 0.8) == pytest.approx(0.75)
    assert share_of_best(0.9, 0.8) == 1


def test_elo() -> None:
    """400 points behind is an expected score of 1 in 11, so a factor of 2 in 11; the best and better ones have 1."""
    assert elo_against_best(1100, 1500) == pytest.approx(2 / 11)
    assert elo_against_best(1500, 1500) == 1
    assert elo_against_best(1600, 1500) == 1
    ratings = [elo_against_best(r, 1500) for r in range(800, 1600, 50)]
    assert ratings == sorted(ratings)
    assert min(ratings) > 0


def test_a_flow_is_the_product() -> None:
    """Factors multiply; roles that bear no quality count 1."""
    assert of_flow([0.9, 1.0, 0.5]) == pytest.approx(0.45)
    assert of_flow([]) == 1


@pytest.mark.parametrize(("score", "best"), [(0, 1), (-1, 1), (1, 0), (float("nan"), 1)])
def test_impossible_scores_are_refused(score: float, best: float) -> None:
    """Scores must be greater than 0."""
    with pytest.raises(ValueError, match="greater than 0"):
        share_of_best(score, best)
