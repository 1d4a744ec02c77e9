"""A role that is like another is filled by the same options under the same demands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor import resources
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError


def test_a_planner_is_filled_by_language_models(catalog: Catalog) -> None:
    """The planner takes options, dimensions, operations and benchmark from the language model, and its own purpose."""
    planner, model = catalog.role("planner_llm"), catalog.role("llm")
    assert catalog.options_for("planner_llm") == catalog.options_for("llm") != []
    assert (planner.dimensions, planner.operations, planner.quality) == (
        model.dimensions,
        model.operations,
        model.quality,
    )
    assert planner.id == "planner_llm"
    assert planner.purpose != model.purpose


@pytest.mark.parametrize("like", ["lllm", "planner_llm", "[llm]"])
def test_a_role_is_like_one_that_stands_alone(like: str, tmp_path: Path) -> None:
    """What a role is like must exist and not be like another itself; the message names the nearest role."""
    shutil.copytree(resources.folder("catalog"), tmp_path / "catalog")
    with (tmp_path / "catalog" / "roles.yml").open("a") as file:
        file.write(f"critic_llm: {{like: {like}, title: Critic, purpose: Finds faults.}}\n")
    with pytest.raises(InputError) as caught:
        load_catalog(tmp_path / "catalog", cached=False)
    (problem,) = caught.value.problems
    assert problem.path == "critic_llm.like"
    assert problem.line
    assert "roles that are not like another" in problem.message
