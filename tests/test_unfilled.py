"""A workload that no option of a role can carry: only the roles that stand in the way are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.candidates.table import table
from advisor.catalog.load import load_catalog
from advisor.commands.main import run
from advisor.scenario.load import load_scenario

MINI = Path(__file__).parent / "data" / "mini_catalog"
Capture = pytest.CaptureFixture[str]


def folder_without(role: str, place: Path) -> Path:
    """Return the small catalog without any component of a role."""
    folder = shutil.copytree(MINI, place / "catalog")
    shutil.rmtree(folder / role)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ["propose"], ["check"], ["alternatives"], ["why", "llm"], ["why-not", "--all"], ["sensitivity"], ["robust"],
        ["pareto", "--metrics", "cost,operations"], ["what-if", "--set", "workload.documents=2000"],
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_a_role_without_options_is_named_and_no_other(command: list[str], tmp_path: Path, capsys: Capture) -> None:
    """Every command names the role that the catalog has nothing for, and leaves out roles that can be filled."""
    folder = folder_without("vector_store", tmp_path)
    file = tmp_path / "s.yml"
    file.write_text(
        "title: x\nblueprint: rag_assistant\nworkload: {requests_per_month: 1000, input_tokens: 900, "
        "output_tokens: 90, documents: 1000, documents_changed_per_month: 10}\n"
    )
    scenario = load_scenario(file, load_catalog(folder))
    assert [role for role, _ in table(scenario, load_catalog(folder)).unfilled] == ["vector_store"]
    assert run([command[0], str(file), *command[1:], "--catalog", str(folder)]) == 3
    lines = capsys.readouterr().out.split("cannot be carried")[-1].splitlines()[1:]
    named = [line.strip() for line in lines if line.strip()]
    assert named == ["vector_store: the catalog has no option for this role"]


def test_an_overloaded_role_says_why_each_option_fails(tmp_path: Path, capsys: Capture) -> None:
    """Each option of the role is listed with its limit; other roles' small options are not."""
    file = tmp_path / "s.yml"
    file.write_text(
        "title: x\nblueprint: rag_assistant\nworkload: {requests_per_month: 1.0e+12, input_tokens: 900, "
        "output_tokens: 90, documents: 1000, documents_changed_per_month: 10}\n"
    )
    catalog = load_catalog(MINI)
    empty = [role for role, _ in table(load_scenario(file, catalog), catalog).unfilled]
    assert empty
    assert run(["propose", str(file), "--catalog", str(MINI)]) == 3
    lines = capsys.readouterr().out.split("cannot be carried")[1].splitlines()[1:]
    assert {line.strip().split(":")[0] for line in lines if line.strip()} == set(empty)
