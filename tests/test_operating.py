"""Classes of running: what they state moves as one, gives way to what an option states, and must exist."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from advisor import resources
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.perturb import figures, with_figures
from advisor.errors import InputError

STORES = ("qdrant_aws_m7i_4xlarge", "qdrant_gcp_n2_standard_16")


def test_the_hours_of_a_class_move_as_one(catalog: Catalog) -> None:
    """Two options of a class stand on one figure; another value of it reaches both, and no option of another class."""
    found = [one for one in figures(catalog, STORES) if one.name == "operations_h_per_month"]
    assert [(one.kind, one.key) for one in found] == [("operating", "stateful_cluster")]
    moved = with_figures(catalog, {found[0]: 77.0})
    assert {moved.options[name][1].operations_h_per_month.value for name in STORES} == {77.0}
    assert moved.options["amazon_s3_standard"] == catalog.options["amazon_s3_standard"]
    assert {catalog.options[name][1].operations_h_per_month.value for name in STORES} == {90.0}


def test_an_option_may_state_its_own(tmp_path: Path) -> None:
    """What an option states wins over its class, and is then a figure of its own."""
    folder = shutil.copytree(resources.folder("catalog"), tmp_path / "catalog")
    file = folder / "vector_store" / "qdrant.yml"
    own = "operations_h_per_month: {value: 5, basis: estimate, checked: 2026-11-26, reasoning: our tickets of a year}"
    named = "    operated_as: stateful_cluster"
    file.write_text(file.read_text().replace(named, f"    {own}\n{named}", 1))
    changed = load_catalog(folder, cached=False)
    option = changed.options[STORES[0]][1]
    assert option.operations_h_per_month.value == 5
    assert replace(changed).options[STORES[1]][1].operations_h_per_month.value == 90
    names = [one.id for one in figures(changed, STORES) if one.name == "operations_h_per_month"]
    assert names == [f"{STORES[0]}: operations_h_per_month", "stateful_cluster: operations_h_per_month"]


def test_a_class_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A misspelt class is said with file, line and the nearest one."""
    folder = shutil.copytree(resources.folder("catalog"), tmp_path / "catalog")
    file = folder / "vector_store" / "qdrant.yml"
    file.write_text(file.read_text().replace("operated_as: stateful_cluster", "operated_as: statefull_cluster", 1))
    with pytest.raises(InputError) as caught:
        load_catalog(folder, cached=False)
    assert "did you mean 'stateful_cluster'" in str(caught.value)
    assert any(problem.path == "options[0].operated_as" and problem.line > 1 for problem in caught.value.problems)
