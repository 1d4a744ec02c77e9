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


def test_what_no_agreement_covers_moves_as_one(catalog: Catalog) -> None:
    """A plan without an agreement and a zone outside of one have the figure of their class, each counted once."""
    names = ("e2b_pro", "mem0_platform_pro", "cloud_sql_postgresql_4vcpu", "memorystore_standard_small")
    found = [one for one in figures(catalog, names) if one.path[-1] == "without_agreement"]
    assert [one.id for one in found] == [
        "metered_api: without_agreement",
        "managed_service: without_agreement",
    ]
    assert {one.scale for one in found} == {"share"}
    moved = with_figures(catalog, dict(zip(found, (0.9, 0.8), strict=True)))
    plans = [moved.options[name][1].availability.service for name in names[:2]]
    zones = [moved.options[name][1].availability.service_by_zones or {} for name in names[2:]]
    assert [plan.value for plan in plans if plan] == [0.9, 0.9]
    assert [zone["1"].value for zone in zones] == [0.8, 0.8]
    assert [zone["2"] for zone in zones] == [
        (catalog.options[name][1].availability.service_by_zones or {})["2"] for name in names[2:]
    ]
    assert moved.options["amazon_s3_standard"] == catalog.options["amazon_s3_standard"]


def test_software_may_fail_as_that_of_another_class(catalog: Catalog) -> None:
    """A server with the hours of one class and the failures of another stands on one figure of each."""
    names = ("typesense_aws_r7g_xlarge", STORES[0])
    found = {one.id: one for one in figures(catalog, names) if one.kind == "operating"}
    assert sorted(found) == [
        "one_stateful_server: operations_h_per_month",
        "stateful_cluster: operations_h_per_month",
        "stateful_cluster: software",
    ]
    moved = with_figures(catalog, {found["stateful_cluster: software"]: 0.9})
    software = [moved.options[name][1].availability.software for name in names]
    assert [figure.value for figure in software if figure] == [0.9, 0.9]
    assert moved.options[names[0]][1].operations_h_per_month.value == 48


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("service: without_agreement", "service: without_agrement", "did you mean 'without_agreement'"),
        ("operated_as: metered_api", "operated_as: gpu_serving", "gpu_serving of operating.yml states no"),
        ("service: without_agreement", "software: metered_apis", "a class of operating.yml that has one is expected"),
    ],
)
def test_a_word_that_stands_for_no_figure_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A misspelt word, and a class that does not state what is asked of it, are said once, with file and line."""
    folder = shutil.copytree(resources.folder("catalog"), tmp_path / "catalog")
    file = folder / "tool_sandbox" / "e2b.yml"
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_catalog(folder, cached=False)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert problem.line > 1
    assert problem.path.startswith("options[0].availability.s")
