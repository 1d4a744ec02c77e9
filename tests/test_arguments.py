"""What model functions refuse, and in which words."""

from __future__ import annotations

import math

import pytest

from advisor.models import arguments


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, 1e-200, 1e200, 10**400])
def test_positive_refuses(value: float) -> None:
    """Zero, negative, not a number, infinite, and beyond every physical scale: all are named with the range."""
    with pytest.raises(ValueError, match=r"^rate must"):
        arguments.positive(rate=value)


@pytest.mark.parametrize("value", [-1e-300, math.nan, math.inf, 1e200, 10**400])
def test_not_negative_refuses(value: float) -> None:
    """Negative, not a number, infinite, and larger than every physical scale."""
    with pytest.raises(ValueError, match=r"^time must"):
        arguments.not_negative(time=value)


@pytest.mark.parametrize("value", [0, 1e-300, 1e-12, 5, 1e100])
def test_not_negative_admits_what_is_next_to_zero(value: float) -> None:
    """Where zero is allowed, so is what is hardly more."""
    arguments.not_negative(time=value)


@pytest.mark.parametrize("value", [True, 2.0, "2", 0, 17])
def test_whole_refuses(value: object) -> None:
    """A truth value, a float, text and what is out of range are no count."""
    with pytest.raises(ValueError, match="bits must be a whole number from 1 to 16"):
        arguments.whole(most=16, bits=value)  # type: ignore[arg-type]
