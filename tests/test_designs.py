"""Designs that people bring: an option, a candidate's id, or a component that leaves no doubt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.candidates.table import Table
from advisor.designs import evaluate, load_design
from advisor.errors import InputError
from advisor.proposal import Proposal


@pytest.fixture
def ids(proposal: Proposal) -> dict[str, Any]:
    """Return the example's optimal design by ids."""
    assert proposal.best is not None
    return {role: c.id for role, c in proposal.best.design.items()}


def judged(ids: dict[str, Any], candidates: Table, role: str, choice: dict[str, Any]) -> str:
    """Return the option that a choice means."""
    result = evaluate({**ids, role: choice}, candidates.scenario, candidates=candidates)
    option = result.design[role].option
    assert option is not None
    return option.id


def test_a_component_with_one_option_is_enough(ids: dict[str, Any], candidates: Table) -> None:
    """A component that can run in one way only needs no option."""
    pairs = candidates.catalog.options_for("object_store")
    component = next(c for c, o in pairs if sum(other.id == c.id for other, _ in pairs) == 1)
    only = next(o.id for c, o in pairs if c.id == component.id)
    assert judged(ids, candidates, "object_store", {"component": component.id}) == only


def test_a_component_with_several_options_must_say_which(ids: dict[str, Any], candidates: Table) -> None:
    """Otherwise the options are listed."""
    with pytest.raises(InputError, match=r"qdrant has \d options for this role; name one: .*qdrant_aws_m7i_4xlarge"):
        judged(ids, candidates, "vector_store", {"component": "qdrant", "units": 2})


def test_an_unknown_component_gets_the_nearest_name(ids: dict[str, Any], candidates: Table) -> None:
    """A slip in a component's name is met with the name that was meant."""
    with pytest.raises(InputError, match="found component 'qdrnt', which cannot fill this role; did you mean 'qdrant'"):
        judged(ids, candidates, "vector_store", {"component": "qdrnt"})


def test_a_choice_without_a_name_says_what_is_needed(ids: dict[str, Any], candidates: Table) -> None:
    """Units alone choose nothing."""
    with pytest.raises(InputError, match="give a candidate id, or option"):
        judged(ids, candidates, "vector_store", {"units": 3})


def test_problems_of_a_file_are_placed_in_it(tmp_path: Path, ids: dict[str, Any], candidates: Table) -> None:
    """What is wrong with a role of a design file is said with file and line, all at once."""
    text = "".join(f"  {role}: {name}\n" for role, name in {**ids, "llm": "gpt_6_lunar", "gateway": "none"}.items())
    file = tmp_path / "design.yml"
    file.write_text(f"scenario: {candidates.scenario.file}\ndesign:\n{text}  vectorstore: x\n")
    scenario, choices = load_design(file, candidates.catalog)
    with pytest.raises(InputError) as caught:
        evaluate(choices, scenario, candidates=candidates)
    lines = {problem.path: problem.line for problem in caught.value.problems}
    order = [*ids]
    assert lines == {
        "design.llm": 3 + order.index("llm"),
        "design.gateway": 3 + order.index("gateway"),
        "design.vectorstore": 3 + len(order),
    }
    assert all(problem.file == str(file) for problem in caught.value.problems)
    assert "design.gateway: is left out; this role is not optional" in str(caught.value)


def test_data_comes_in_whole_copies(ids: dict[str, Any], candidates: Table) -> None:
    """A store whose data takes so many nodes runs once, twice or three times that many; between is said to be wrong."""
    role, option = "vector_store", "qdrant_azure_d8s_v3"
    copy = next(c.needed_units for c in candidates.candidates[role] if c.option and c.option.id == option)
    assert copy > 1
    judged(ids, candidates, role, {"option": option, "units": 2 * copy, "zones": 1})
    with pytest.raises(InputError, match=f"give a multiple of {copy}"):
        judged(ids, candidates, role, {"option": option, "units": 2 * copy + 1, "zones": 1})


def written(folder: Path, proposal: Proposal, **data: object) -> Path:
    """Write what ``propose -o`` writes of a proposal: its choices, and its scenario beside them."""
    folder.mkdir()
    design = {role: {"id": c.id} for role, c in proposal.best.design.items()} if proposal.best else {}
    digest = proposal.scenario.digest
    text = json.dumps({"schema_version": 1, "scenario_digest": digest, "design": design, **data})
    (folder / "proposal.json").write_text(text)
    (folder / "scenario.yml").write_text(proposal.scenario.text)
    return folder


def test_a_proposal_is_judged_under_the_scenario_beside_it(tmp_path: Path, proposal: Proposal) -> None:
    """The folder that ``propose -o`` wrote is enough, and so is the ``proposal.json`` in it."""
    folder = written(tmp_path / "proposal", proposal)
    for place in (folder, folder / "proposal.json"):
        scenario, choices = load_design(place)
        assert evaluate(choices, scenario).cost_usd_per_month == proposal.best.cost_usd_per_month  # type: ignore[union-attr]


def test_a_proposal_is_not_judged_under_a_scenario_that_it_was_not_made_from(
    tmp_path: Path, proposal: Proposal
) -> None:
    """A scenario that is gone or has changed since is said, with the option that names one."""
    folder = written(tmp_path / "proposal", proposal)
    beside = folder / "scenario.yml"
    beside.write_text(f"{proposal.scenario.text}# another word\n")
    with pytest.raises(InputError, match="has changed since; say which with --scenario"):
        load_design(folder)
    assert load_design(folder, scenario=beside)[0].title == proposal.scenario.title
    beside.unlink()
    with pytest.raises(InputError, match=r"has no scenario\.yml beside it; name its scenario with --scenario"):
        load_design(folder)


def test_an_infeasible_proposal_has_nothing_to_judge(tmp_path: Path, proposal: Proposal) -> None:
    """A proposal without a design says so, instead of missing ids in it."""
    folder = written(tmp_path / "proposal", proposal, design=None, status="infeasible")
    with pytest.raises(InputError, match="is infeasible: this proposal holds no design to judge"):
        load_design(folder)
