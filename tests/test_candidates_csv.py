"""Candidates as CSV carry the same constants as everything else, and can be optimised elsewhere."""

from __future__ import annotations

import csv
import io
import json

import pytest

from advisor import resources
from advisor.candidates.table import Table
from advisor.commands.main import run
from advisor.render import candidates_csv, json_output

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def rows(candidates: Table) -> list[dict[str, str]]:
    """Return the rows of the example's candidates."""
    return list(csv.DictReader(io.StringIO(candidates_csv.text(candidates, {}))))


def test_every_candidate_is_a_row_with_its_constants(rows: list[dict[str, str]], candidates: Table) -> None:
    """Ids and constants are read back exactly."""
    every = [c for found in candidates.candidates.values() for c in found]
    assert [row["option"] for row in rows] == [c.id for c in every]
    for row, c in zip(rows, every, strict=True):
        for name in candidates_csv.CONSTANTS:
            assert float(row[name]) == getattr(c, name)


def test_times_are_there_where_a_role_has_the_operation(rows: list[dict[str, str]], candidates: Table) -> None:
    """A cell holds the mean of the time, or nothing where there is no such operation."""
    by_id = {(role, c.id): c for role, found in candidates.candidates.items() for c in found}
    for row in rows[::37]:
        latency = by_id[row["role"], row["option"]].latency
        for name in ("generate", "search", "handle"):
            cell = row[f"{name}_complete_mean_ms"]
            assert cell == (repr(latency[name][1].mean()) if name in latency else "")


def test_the_command_prints_them(capsys: Capture) -> None:
    """`candidates --csv --role` prints the header and that role's rows; with --json it is a usage error."""
    scenario = str(resources.example("support_copilot"))
    assert run(["candidates", scenario, "--role", "reranker", "--pruned", "--csv"]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["role"] for row in found} == {"reranker"}
    assert run(["candidates", scenario, "--csv", "--json"]) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_a_candidate_that_misses_a_bound_whatever_else_is_chosen_says_so(candidates: Table) -> None:
    """The bound may be one on cost as well: the reason does not speak of time."""
    (role, one), path = next((r, c[0]) for r, c in candidates.candidates.items()), "constraints.cost_usd_per_month.max"
    text = candidates_csv.text(candidates, {(role, one.id): {"too_slow_for": path}})
    row = next(row for row in csv.DictReader(io.StringIO(text)) if (row["role"], row["option"]) == (role, one.id))
    assert row["not_considered_because"] == f"misses {path} whatever else can be chosen"


def test_a_role_left_out_is_called_as_its_schema_says(candidates: Table) -> None:
    """The component of a role that is left out is the text none, in the candidates and in every design."""
    left_out = json_output.candidate(candidates.find("reranker", "none"))
    assert (left_out["component"], left_out["option"]) == ("none", None)
    for kind in ("candidates", "evaluation", "proposal"):
        schema = json.loads((resources.folder("templates") / "schema" / f"{kind}.schema.json").read_text())
        definition = schema["$defs"]["candidate"]["properties"]["component"]
        assert definition["type"] == "string"
        assert "none" in definition["description"]
