"""From where they stand: a move is weighed against staying, and what it takes is said."""

from __future__ import annotations

import json
import re

import pytest

from advisor import resources
from advisor.candidates.table import table
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.errors import InputError
from advisor.evaluation.result import Evaluation
from advisor.explanation.explain import explain
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.proposal import Proposal
from advisor.render import json_output, terminal
from advisor.scenario.load import scenario_from_text

Capture = pytest.CaptureFixture[str]
TEXT = resources.example("support_copilot").read_text()
RATE = 85.0  # USD/h, as the example states


def best(text: str, catalog: Catalog) -> Evaluation:
    """Return the optimal design of a scenario."""
    found = optimise(Search(table(scenario_from_text(text, catalog), catalog)))
    assert found.best is not None
    return found.best


def today(**parts: str) -> str:
    """Return the example with a section on where its author stands."""
    return TEXT + "\ntoday:\n" + "".join(f"  {key}: {value}\n" for key, value in parts.items())


@pytest.fixture(scope="module")
def fresh(proposal: Proposal) -> Evaluation:
    """Return the optimum of somebody who starts from nothing."""
    assert proposal.best is not None
    return proposal.best


def test_a_cheap_move_is_made_and_paid_for(catalog: Catalog, fresh: Evaluation) -> None:
    """When moving costs next to nothing the optimum is the fresh one, and its cost holds the move."""
    moved = best(today(design="{vector_store: qdrant}", migration_h="{vector_store: 1}", horizon_months="24"), catalog)
    assert {r: c.id for r, c in moved.design.items()} == {r: c.id for r, c in fresh.design.items()}
    assert moved.migration_h == 1
    assert moved.migration_usd == RATE
    assert moved.cost_usd_per_month == pytest.approx(fresh.cost_usd_per_month + RATE / 24, rel=1e-12)


def test_a_dear_move_is_not_made(catalog: Catalog, fresh: Evaluation) -> None:
    """When moving costs more than it saves the running component stays, and the design is no cheaper than that."""
    role = "gateway"
    passed_over = (fresh.design[role].component_id, "google_api_gateway")
    other = next(c.id for c, _ in catalog.options_for(role) if c.id not in passed_over)
    stays = best(today(design=f"{{{role}: {other}}}", migration_h=f"{{{role}: 100_000}}"), catalog)
    assert stays.design[role].component_id == other
    assert stays.migration_h == 0
    assert stays.cost_usd_per_month >= fresh.cost_usd_per_month


def test_another_size_is_no_move_another_cloud_is(catalog: Catalog) -> None:
    """The same component in more units costs no migration; in another cloud or mode it does."""
    text = today(design="{vector_store: qdrant_aws_m7i_4xlarge.2u.1z}", migration_h="{vector_store: 40}")
    found = table(scenario_from_text(text, catalog), catalog)
    hours = {c.option.id: c.migration_h for c in found.candidates["vector_store"] if c.option}
    assert hours["qdrant_aws_m7i_4xlarge"] == 0
    assert hours["qdrant_gcp_n2_standard_16"] == 40
    assert hours["elastic_cloud_8c60g"] == 40
    assert {c.migration_h for role in ("llm", "gateway") for c in found.candidates[role]} == {0.0}


def test_keeping_what_runs_beside_a_new_backup_is_no_move(catalog: Catalog) -> None:
    """A combination that runs today's model and another one moves nothing."""
    text = today(design="{llm: gpt_6_luna_openai_eu_none}", migration_h="{llm: 40}") + "tactics: {allow: [fallback]}\n"
    found = table(scenario_from_text(text, catalog), catalog).candidates["llm"]
    firsts = [(c.members[0].option, c.migration_h) for c in found if c.combined_by == "fallback"]
    pairs = {option.id: hours for option, hours in firsts if option}
    assert pairs["gpt_6_luna_openai_eu_none"] == 0
    assert 40 in pairs.values()


def test_what_is_not_stated_is_assumed_and_said(catalog: Catalog) -> None:
    """Hours and horizon that are left out are listed with their values."""
    scenario = scenario_from_text(today(design="{vector_store: qdrant, gateway: kong}"), catalog)
    found = {a.change_at: a.value for a in scenario.assumptions}
    assert found["today.migration_h"] == "80 h"
    assert found["today.horizon_months"] == "24 months"
    full = today(design="{gateway: kong}", migration_h="{gateway: 3}", horizon_months="12")
    places = {a.change_at for a in scenario_from_text(full, catalog).assumptions}
    assert not places & {"today.migration_h", "today.horizon_months"}


def test_the_move_is_shown_everywhere(catalog: Catalog) -> None:
    """Terminal, JSON and derivation carry the move on a line of its own, and the numbers add up."""
    from rich.console import Console

    text = today(design="{vector_store: qdrant}", migration_h="{vector_store: 10}", horizon_months="20")
    moved = best(text, catalog)
    console = Console(width=120, record=True)
    console.print(terminal.cost_tree(moved))
    assert re.search(r"42\.5.USD  migration  10.* over 20 months", console.export_text())
    data = json_output.metrics(moved)
    parts = ("bill_usd_per_month", "operations_usd_per_month", "migration_usd_per_month")
    assert data["cost_usd_per_month"] == pytest.approx(sum(data[part] for part in parts))
    tree = explain(moved, "cost", catalog)
    assert tree.formula == "bill + operations + migration"


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"design": "{vectorstore: qdrant}"}, "did you mean 'vector_store'"),
        ({"design": "{vector_store: qdrnt}"}, "did you mean 'qdrant'"),
        ({"design": "{vector_store: kong}"}, "not a component or option for this role"),
        ({"design": "{gateway: kong}", "migration_h": "{llm: 3}"}, "has no component in today.design"),
        ({"design": "{gateway: kong}", "migration_h": "{gateway: -3}"}, "must be at least 0"),
        ({"design": "{gateway: kong}", "horizon_months": "0"}, "must be greater than 0"),
        ({"design": "{}"}, "must have at least 1"),
    ],
)
def test_mistakes_are_named(parts: dict[str, str], what: str, catalog: Catalog) -> None:
    """Roles, names, hours and horizon are checked, each with what is allowed."""
    with pytest.raises(InputError) as caught:
        scenario_from_text(today(**parts), catalog)
    assert what in str(caught.value)
    assert "today" in str(caught.value)


def test_evaluate_counts_the_move(tmp_path: object, capsys: Capture, catalog: Catalog, fresh: Evaluation) -> None:
    """`advisor evaluate` judges a target design under where its author stands."""
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "s.yml").write_text(today(design="{vector_store: qdrant}", migration_h="{vector_store: 10}"))
    lines = "".join(f"  {role}: {c.id}\n" for role, c in fresh.design.items())
    (folder / "d.yml").write_text(f"scenario: s.yml\ndesign:\n{lines}")
    assert run(["evaluate", str(folder / "d.yml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["migration_h"] == 10


def test_the_document_says_what_the_move_costs(catalog: Catalog) -> None:
    """Summary and cost section name the move, and the parts of the summary add up to the total."""
    import datetime

    from advisor.proposal import propose
    from advisor.render.document import document

    text = today(design="{vector_store: qdrant}", migration_h="{vector_store: 60}", horizon_months="24")
    proposal = propose(scenario_from_text(text, catalog), catalog, explain=True)
    made = document(
        proposal, date=datetime.date(2026, 11, 26), diagram_svg="<svg></svg>", command="advisor propose", version="1"
    ).markdown.replace("\u00a0", " ")
    sentence = re.search(
        r"It costs \[([\d ]+) USD\]\(#derivation-cost\) a month.*?: ([\d ]+) USD in bills, "
        r"([\d ]+) USD for .* operations and ([\d ]+) USD to pay off the move",
        made,
    )
    assert sentence
    total, *parts = (float(part.replace(" ", "")) for part in sentence.groups())
    assert sum(parts) == pytest.approx(total, rel=0.005)
    assert "Moving vector store to " in made
    assert re.search(r"takes 60.0 h, 5 100 USD once; paid off over 24 months that is 21[23] USD a month", made)
