"""Asking a model backwards ends, whatever the size of the numbers."""

from __future__ import annotations

import pytest

from advisor.models.bisection import boundary
from advisor.models.queues_sizing import load_for_blocking

LEAST = 5e-324  # the smallest number above 0 that a float can hold


@pytest.mark.parametrize("limit", [LEAST, 3 * LEAST, 1e-310, 1e-300, 0.3, 1e300])
def test_the_boundary_is_found_at_any_scale(limit: float) -> None:
    """The last good number and the first that is not are next to each other, among the smallest floats too."""
    inside, outside = boundary(lambda x: x <= limit, 0.0, 1.7e308)
    assert inside <= limit < outside
    assert outside - inside <= max(1e-15 * outside, LEAST)


@pytest.mark.parametrize("p_blocked", [LEAST, 1e-300, 1e-12])
def test_a_vanishing_blocking_probability_has_a_vanishing_load(p_blocked: float) -> None:
    """One server that may turn away next to nobody may be offered next to nothing: B = a / (1 + a)."""
    assert load_for_blocking(1, p_blocked) == pytest.approx(p_blocked, rel=1e-9, abs=2 * LEAST)
