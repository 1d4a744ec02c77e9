"""The document's words: they fit every blueprint, count rightly, and say nothing that is not this design's."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest

from advisor.analysis.reasons import kept
from advisor.catalog.load import Catalog
from advisor.evaluation.evaluate import judge
from advisor.proposal import Proposal
from advisor.render.document import document
from advisor.render.sections.view import View

DATE = datetime.date(2026, 11, 26)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
UNLIKE = ("card_fraud", "claims_agents", "phone_agent", "churn_scores")


def text_of(proposal: Proposal) -> str:
    """Return the document of a proposal, spaces plain and links as words, without the scenario and the derivations."""
    made = document(proposal, date=DATE, diagram_svg=SVG, command="advisor propose scenario.yml", version="0")
    text = re.sub(r"```yaml\n.*?```", "", made.markdown, flags=re.S).replace("\xa0", " ")
    text = re.sub(r"### Derivations\n.*?(?=### Decision records)", "", text, flags=re.S)
    return re.sub(r"\[([^\]]*)\]\(#[^)]*\)", r"\1", text)


FOREIGN = r"the question\b|chunk|a document's|question means|\bTBD\b|\bTODO\b|\bNone\b|\bnan\b"
MANY = "nodes|roles|tasks|vendors|months|days|units|zones|parameters|figures|systems|alternatives"
WRONG = {
    "one is singular": rf"(?<![\d., ])1 ({MANY})\b|\ball 1\b",
    "seconds each second are busy at once": r" s/s\b|seconds/s\b",
    "next to nothing is said to be so": r"(?<![\d.])0\.0 %|\b0\.00000\d",
    "no exponents": r"(?<![\w.])\d[\d.]*[eE][-+]?\d+\b",
}


@pytest.mark.parametrize("name", UNLIKE)
def test_words_fit_the_blueprint(solved: Callable[[str], Proposal], name: str) -> None:
    """Nobody reads of questions, chunks or documents where the system has none; nothing is left to be determined."""
    assert not re.search(FOREIGN, text_of(solved(name)))


@pytest.mark.parametrize("name", UNLIKE)
def test_counts_and_units_read_right(solved: Callable[[str], Proposal], name: str) -> None:
    """One is singular, seconds per second are busy at once, nothing is 0.0 %, no figure has an exponent."""
    text = text_of(solved(name))
    for rule, pattern in WRONG.items():
        found = re.search(pattern, text)
        assert not found, (rule, text[max(0, found.start() - 60) : found.end() + 20])


def test_several_clouds_are_a_risk(solved: Callable[[str], Proposal]) -> None:
    """A design in more than one cloud says so among its risks; one in a single cloud does not."""
    said = 0
    for name in UNLIKE:
        proposal = solved(name)
        assert proposal.best is not None
        several = len(proposal.best.clouds) > 1
        assert several == ("**Several clouds.**" in text_of(proposal))
        said += several
    assert said > 0


def test_rates_are_told_in_the_time_in_which_they_happen(solved: Callable[[str], Proposal]) -> None:
    """A nightly run is 30 a month, costs so much each time, and no canary takes a share of it."""
    text = text_of(solved("churn_scores"))
    assert "| Score every row | 30 | 30.0 /month | 30.0 /month |" in text
    assert re.search(r"USD each time \(“score every row”\)", text)
    assert "Canary at 5 % of “look a result up”" in text
    assert "“score every row”: run beside what exists today" in text


def test_loss_of_a_provider_stops_what_needs_it(solved: Callable[[str], Proposal]) -> None:
    """Each provider of the design has its row; the flows that stop are those that need a role which it hosts."""
    proposal = solved("card_fraud")
    assert proposal.best is not None
    view = View(proposal, proposal.best, DATE, "", "")
    text = text_of(proposal)
    for vendor in proposal.best.vendors:
        row = next(line for line in text.split("\n") if line.startswith(f"| {vendor} |"))
        hosted = {role for role, c in view.used.items() if vendor in c.vendors}
        for flow_id, flow in view.blueprint.flows.items():
            stops = bool(hosted & set(proposal.best.flows[flow_id].needs))
            assert (f"“{flow.title[0].lower()}{flow.title[1:]}”" in row.split(" | ")[2]) == stops


def test_network_between_clouds_is_the_judges(solved: Callable[[str], Proposal]) -> None:
    """The egress in the table of calls between clouds adds up to the egress on the bill."""
    proposal = solved("card_fraud")
    assert proposal.best is not None
    billed = [x for c in proposal.best.design.values() for x in c.lines if x.price.meter == "egress_gb"]
    assert billed, "a design over several clouds pays for what goes between them"
    text = text_of(proposal)
    start = text.index("Calls that lead from one cloud to another")
    shown = re.findall(r"\| ([\d. ]+) USD \|$", text[start : text.index("### ", start)], re.M)
    assert sum(float(usd.replace(" ", "")) for usd in shown) == pytest.approx(
        sum(line.usd_per_month for line in billed), rel=0.01
    )


def test_a_runner_up_changes_no_role_for_nothing(solved: Callable[[str], Proposal], catalog: Catalog) -> None:
    """Where an equally dear component stands in another role without need, the chosen one is put back."""
    proposal = solved("card_fraud")
    best = proposal.best
    assert best is not None
    chosen = best.design["model_server"]
    equal = [
        c
        for c in proposal.table.candidates["model_server"]
        if c.component_id != chosen.component_id and abs(c.cost_usd_per_month - chosen.cost_usd_per_month) < 1e-9
    ]
    chosen_gateway = best.design["gateway"].component_id
    gateway = [
        c
        for c in proposal.table.candidates["gateway"]
        if c.component_id != chosen_gateway and judge({**best.design, "gateway": c}, best.scenario).feasible
    ]
    assert equal
    assert gateway
    other = judge({**best.design, "model_server": equal[0], "gateway": gateway[0]}, best.scenario)
    back = kept(best, other, "gateway")
    assert back.design["model_server"].component_id == chosen.component_id
    assert back.design["gateway"].component_id == gateway[0].component_id
