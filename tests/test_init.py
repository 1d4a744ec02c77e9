"""``advisor init``: the file it writes loads, solves, explains itself and satisfies its own schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from advisor.catalog.blueprint import Parameter
from advisor.catalog.load import Catalog
from advisor.commands import init
from advisor.commands.main import run
from advisor.optimizer.solver import Status
from advisor.proposal import propose
from advisor.render.starter import SCHEMA_FILE
from advisor.scenario.load import load_scenario
from advisor.yamlfile import load

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def written(folder: Path, *arguments: str) -> Path:
    """Run ``advisor init --yes`` into a folder and return the scenario."""
    file = folder / "scenario.yml"
    assert run(["init", "--yes", "-o", str(file), *arguments]) == 0
    return file


def test_what_it_writes_loads_and_solves(tmp_path: Path, catalog: Catalog) -> None:
    """The example values make a scenario with a proved optimum that meets every requirement."""
    proposal = propose(load_scenario(written(tmp_path), catalog), catalog, explain=False)
    assert proposal.status is Status.OPTIMAL
    assert proposal.best is not None
    assert proposal.best.feasible


def test_every_optional_line_is_valid_once_uncommented(tmp_path: Path, catalog: Catalog) -> None:
    """Removing the comment sign from every optional key leaves a scenario that loads, solves and uses every key."""
    file = written(tmp_path)
    everything = re.sub(r"^( *)# ( *[a-z_0-9]+:)", r"\1\2", file.read_text(), flags=re.MULTILINE)
    assert everything != file.read_text()
    file.write_text(everything)
    scenario = load_scenario(file, catalog)
    assert set(scenario.workload) == scenario.given
    assert propose(scenario, catalog, explain=False).status is Status.OPTIMAL
    schema = json.loads((tmp_path / SCHEMA_FILE).read_text())
    assert set(load(file).data) == set(schema["properties"])
    assert set(load(file).data["constraints"]) == set(schema["$defs"]["Constraints"]["properties"])


def test_every_line_explains_itself(tmp_path: Path) -> None:
    """The first line names the schema for editors; every other line that is not empty carries a comment."""
    lines = written(tmp_path).read_text().splitlines()
    assert lines[0] == f"# yaml-language-server: $schema=./{SCHEMA_FILE}"
    assert [line for line in lines if line and " # " not in line and not line.startswith("# ")] == []


def test_the_schema_beside_it_accepts_it(tmp_path: Path) -> None:
    """Editors find the schema under the name in the first line, and it has no complaint."""
    data = load(written(tmp_path)).data
    jsonschema.Draft202012Validator(json.loads((tmp_path / SCHEMA_FILE).read_text())).validate(data)


def test_options_end_up_in_the_file(tmp_path: Path, catalog: Catalog) -> None:
    """Each option is what the scenario then says, quotes and # in a title included."""
    title = 'The "best" # of: all'
    file = written(
        tmp_path,
        "--title",
        title,
        "--requests",
        "2_500_000",
        "--documents",
        "5e5",
        "--budget",
        "30_000",
        "--latency",
        "7000",
        "--region",
        "eu",
    )
    scenario = load_scenario(file, catalog)
    bounds = {bound.metric: bound.limit for bound in scenario.bounds}
    assert scenario.title == title
    assert (scenario.workload["requests_per_month"], scenario.workload["documents"]) == (2_500_000, 500_000)
    assert bounds == {"cost_usd_per_month": 30_000, "flows.answer.latency_ms.p95": 7_000}
    assert [(f.kind, f.values) for f in scenario.filters] == [("residency", frozenset({"eu"}))]


def test_it_asks_on_a_terminal(tmp_path: Path, catalog: Catalog) -> None:
    """Questions take answers, and their defaults on an empty line; what options say is not asked."""
    from unittest.mock import patch

    answers = iter(["Ask me", 3_000_000.0, "any"])
    with patch("click.prompt", side_effect=lambda *_, **__: next(answers)) as asked:
        given = {"documents": 50_000.0, "budget": 9_000.0, "latency": 8_000.0}
        found = init.answers(catalog.blueprint("rag_assistant"), given, ask=True)
    assert asked.call_count == 3
    assert (found.title, found.region, found.budget_usd_per_month) == ("Ask me", None, 9_000.0)
    assert found.parameters == {
        "requests_per_month": "3_000_000",
        "documents": "50_000",
        "documents_changed_per_month": "5_000",
    }


def test_it_does_not_ask_in_a_pipe(tmp_path: Path) -> None:
    """Without a terminal nothing is asked and the file is there."""
    file = tmp_path / "s.yml"
    done = subprocess.run(
        [sys.executable, "-m", "advisor", "init", "-o", str(file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert file.is_file()


def test_nothing_is_overwritten(tmp_path: Path, capsys: Capture) -> None:
    """An existing file stays as it is; exit 2 and what to do."""
    file = tmp_path / "scenario.yml"
    file.write_text("mine")
    assert run(["init", "--yes", "-o", str(file)]) == 2
    assert "name another file with -o" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert not (tmp_path / SCHEMA_FILE).exists()


def test_a_foreign_schema_is_not_overwritten(tmp_path: Path) -> None:
    """A file of the schema's name that is not ours stays; ours is renewed."""
    (tmp_path / SCHEMA_FILE).write_text("{}")
    assert run(["init", "--yes", "-o", str(tmp_path / "a.yml")]) == 2
    assert (tmp_path / SCHEMA_FILE).read_text() == "{}"
    (tmp_path / SCHEMA_FILE).unlink()
    for name in ("a.yml", "b.yml"):
        assert run(["init", "--yes", "-o", str(tmp_path / name)]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--requests", "-1"],
        ["--requests", "nan"],
        ["--budget", "0"],
        ["--region", "mars"],
        ["--title", ""],
        ["--blueprint", "rag_asistant"],
        ["--requests", "1e15"],
    ],
)
def test_nonsense_is_bad_input_and_writes_nothing(arguments: list[str], tmp_path: Path) -> None:
    """Values that no scenario can have end with 2."""
    assert run(["init", "--yes", "-o", str(tmp_path / "s.yml"), *arguments]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stated", [{}, {"default": 1, "why": "usual", "example": 2}])
def test_a_parameter_has_a_default_or_an_example(stated: dict[str, object]) -> None:
    """A new blueprint cannot forget the values that its starter file begins with."""
    with pytest.raises(ValueError, match="exactly one of default and example"):
        Parameter.model_validate({"title": "questions", "unit": "1/month", "most": 10, **stated})
