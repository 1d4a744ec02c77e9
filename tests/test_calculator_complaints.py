"""Every argument that is out of range is named, not only the first that a function looks at."""

from __future__ import annotations

import pytest

from advisor.calculator.calls import call_of
from advisor.calculator.registry import find
from advisor.errors import InputError


def said(name: str, *texts: str) -> list[str]:
    """Return what a call's problems say."""
    with pytest.raises(InputError) as caught:
        call_of(find(name), texts).result()
    return [problem.message for problem in caught.value.problems]


def test_all_arguments_out_of_range_are_named() -> None:
    """Three wrong arguments are three problems."""
    found = said("mmc", "arrival_rate_per_s=-2", "service_time_s=0", "servers=0")
    assert sorted(message.split()[0] for message in found) == ["arrival_rate_per_s", "servers", "service_time_s"]


def test_what_is_only_wrong_beside_an_example_is_not_said() -> None:
    """The places are enough for the servers that the user meant, so only the rate is complained of."""
    found = said("mmc_k", "arrival_rate_per_s=-1", "service_time_s=1", "servers=5", "places=6")
    assert len(found) == 1
    assert found[0].startswith("arrival_rate_per_s must be greater than 0")


def test_a_complaint_about_the_whole_is_said_as_it_is() -> None:
    """An unstable queue is one problem with its valid range."""
    (found,) = said("mm1", "arrival_rate_per_s=2", "service_time_s=1")
    assert "arrival_rate_per_s must be below 1" in found
