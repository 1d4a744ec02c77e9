"""The value of knowing a number: closed forms, numbers that do not matter, and bounds that always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.analysis.value_of_information import Losses, doubt
from advisor.models.normal import normal_level

N = 20_000


def _normal(seed: int, count: int = 2) -> list[np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(N) for _ in range(count)]


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (0.5, 1.0), (-0.3, 2.0), (1.0, 0.5)])
def test_linear_gaussian_in_closed_form(a: float, b: float) -> None:
    """Build nothing, or lose a + b x + c y: EVPPI(x) = min(0, a) - a Phi(-a/b) + b phi(a/b)."""
    x, y = _normal(1)
    losses = Losses(np.column_stack([np.zeros(N), a + b * x + 0.7 * y]))
    density = math.exp(-((a / b) ** 2) / 2) / math.sqrt(2 * math.pi)
    exact = min(0.0, a) - (a * normal_level(-a / b) - b * density)
    assert losses.worth(x).value == pytest.approx(exact, abs=0.02)
    assert losses.worth(x).value <= losses.everything + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_one_number_is_never_worth_more_than_all(seed: int) -> None:
    """Also where a loss jumps in few samples, which a regression smears over many: knowing all is the most there is."""
    x = np.random.default_rng(seed).beta(2, 5, 1000)
    early, late = (np.where(x > np.quantile(x, level), 6000.0, 0.0) for level in (0.9, 0.99))
    losses = Losses(np.column_stack([early, late + np.where(x < 0.3, 36.0, -36.0)]))
    assert losses.worth(x).value <= losses.everything + 1e-9


def test_a_number_with_two_values_in_closed_form() -> None:
    """With probability 0.3 the first design loses 10 more than the second, else 1 less: 0.7 is worth knowing."""
    level = (np.arange(N) + 0.5) / N
    bad = level < 0.3
    losses = Losses(np.column_stack([np.where(bad, 10.0, -1.0), np.zeros(N)]))
    assert losses.worth(level).value == pytest.approx(0.7, abs=0.1)
    assert losses.everything == pytest.approx(0.7, abs=1e-9)


def test_a_number_that_does_not_matter_is_worth_nothing() -> None:
    """What is independent of all losses stays below what chance shows, in 19 of 20 cases."""
    x, y = _normal(5)
    losses = Losses(np.column_stack([np.zeros(N), 0.1 + x]))
    others = [np.random.default_rng(100 + k).random(N) for k in range(40)]
    assert sum(losses.worth(other).shown for other in [y, *others]) <= 6
    assert losses.worth(x).shown


def test_of_many_numbers_that_do_not_matter_none_is_called_out() -> None:
    """Asked about sixty numbers, none of which matters, chance calls out at least one in about 1 of 20 cases, not in
    nearly all; the number that matters is called out all the same."""
    called = 0
    for case in range(20):
        rng = np.random.default_rng(1000 + case)
        x = rng.standard_normal(400)
        losses = Losses(np.column_stack([np.zeros(400), 0.1 + x]), among=60)
        called += any(losses.worth(rng.random(400)).shown for _ in range(60))
        assert losses.worth(x).shown
    assert called <= 4


def test_one_design_leaves_nothing_to_choose() -> None:
    """Knowing a number is worth nothing where there is only one thing to do."""
    (x,) = _normal(2, 1)
    assert Losses(x[:, None]).worth(x).value == 0.0
    assert Losses(x[:, None]).everything == 0.0


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_doubt_is_what_knowing_would_settle(share: float) -> None:
    """Where a number alone decides whether a design holds, knowing it corrects min(p, 1 - p) of the beliefs."""
    level = (np.arange(N) + 0.5) / N
    losses = Losses(doubt(level < share))
    assert losses.everything == pytest.approx(min(share, 1 - share), abs=1e-9)
    assert losses.worth(level).value == pytest.approx(min(share, 1 - share), abs=0.03)


def test_any_increasing_function_of_a_number_is_worth_the_same() -> None:
    """Only the order of the samples counts, so units and scales do not matter."""
    x, y = _normal(9)
    losses = Losses(np.column_stack([np.zeros(N), x + y]))
    assert losses.worth(np.exp(x)) == losses.worth(x)
