"""The design document: every number is the judge's, every loser has a reason, and nothing typed can leave its place.

Built from the small catalog in ``tests/data``, so that the real one may change. ``UPDATE_GOLDEN=1 pytest`` rewrites
``tests/golden/md``.
"""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markdown_it import MarkdownIt

from advisor.catalog.load import Catalog, load_catalog
from advisor.evaluation.evaluate import judge
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal, propose
from advisor.render import numbers, page
from advisor.render.document import SECTIONS, Document, document
from advisor.render.markdown import code, escape, fence, one_line
from advisor.render.sections import questions
from advisor.render.sections.assumptions import readable
from advisor.render.sections.cost import quantity
from advisor.render.sections.figures import used_figures
from advisor.render.sections.view import View, extra
from advisor.render.templates import SHIPPED
from advisor.resources import folder
from advisor.scenario.load import Scenario, scenario_from_text

DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden" / "md" / "mini.md"
DATE = datetime.date(2026, 11, 22)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20" width="60"><rect width="60" height="20"/></svg>'
COMMAND = "advisor propose mini_scenario.yml -o build --date 2026-11-22"
TEXT = (DATA / "mini_scenario.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def mini() -> Catalog:
    """Return the small catalog, its digest fixed so that its encoding may change."""
    return replace(load_catalog(DATA / "mini_catalog"), digest="0123456789ab")


@pytest.fixture(scope="module")
def solved(mini: Catalog) -> Proposal:
    """Return the proposal for the small scenario."""
    return propose(of(TEXT, mini), mini)


@pytest.fixture(scope="module")
def made(solved: Proposal) -> Document:
    """Return its document."""
    return build(solved)


@pytest.fixture(scope="module")
def view(solved: Proposal) -> View:
    """Return what its sections see."""
    assert solved.best is not None
    return View(solved, solved.best, DATE, COMMAND, "0.1.0")


def of(text: str, catalog: Catalog) -> Scenario:
    """Return the scenario of a text."""
    return scenario_from_text(text, catalog, "mini_scenario.yml")


def build(proposal: Proposal, date: datetime.date = DATE) -> Document:
    """Return a document with a stand-in diagram."""
    return document(proposal, date=date, diagram_svg=SVG, command=COMMAND, version="0.1.0")


def section(markdown: str, heading: str) -> str:
    """Return the text of a section or subsection, found by its heading without the number; links as their words."""
    match = re.search(rf"^(##+) (?:\d+\. )?{re.escape(heading)}$", markdown, re.M)
    assert match, f"no section {heading}"
    rest = markdown[match.end() :]
    after = re.search(rf"^#{{2,{len(match[1])}}} ", rest, re.M)
    return re.sub(r"\[([^\]]*)\]\(#[^)]*\)", r"\1", rest[: after.start()] if after else rest)


def line_of(text: str, start: str) -> str:
    """Return the first line that starts so."""
    return next(line for line in text.split("\n") if line.startswith(start))


def headings(markdown: str) -> list[str]:
    """Return every heading as a parser sees it."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def shape(markdown: str) -> list[str]:
    """Return the kinds of blocks in order, without their words."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)
    return [token.type for token in tokens if token.type != "inline"]


# ---------------------------------------------------------------- the whole


def test_document_is_the_golden_one(made: Document) -> None:
    """The document of the small scenario is, byte for byte, the one that was read and found good."""
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(made.markdown, encoding="utf-8")
    assert made.markdown == GOLDEN.read_text(encoding="utf-8")


def test_same_inputs_same_bytes(mini: Catalog, made: Document) -> None:
    """Solving and rendering again gives the same text and the same drawings."""
    again = build(propose(of(TEXT, mini), mini))
    assert again.markdown == made.markdown
    assert {name: figure.svg for name, figure in again.figures.items()} == {n: f.svg for n, f in made.figures.items()}


def test_bytes_do_not_depend_on_the_order_of_sets() -> None:
    """Another seed of Python's hashes, in a process of its own, gives the same text."""
    script = (
        "import datetime, hashlib; from advisor.catalog.load import load_catalog; "
        "from advisor.scenario.load import load_scenario; from advisor.proposal import propose; "
        "from advisor.render.document import document; "
        f"catalog = load_catalog({str(DATA / 'mini_catalog')!r}); "
        f"proposal = propose(load_scenario({str(DATA / 'mini_scenario.yml')!r}, catalog), catalog); "
        "made = document(proposal, date=datetime.date(2026, 11, 22), diagram_svg='<svg/>', command='', version=''); "
        "print(hashlib.sha256(repr((made.markdown, sorted(made.records.items()), made.people)).encode()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(runs[0]) == 65
    assert runs[0] == runs[1]


def test_every_section_has_its_template() -> None:
    """There is one template a section and no template without one."""
    files = {path.name.removesuffix(".md.j2") for path in (folder("templates") / "document").glob("*.md.j2")}
    assert files == {template for _, template, _ in SECTIONS}


def test_sections_are_numbered_without_gaps(made: Document) -> None:
    """All eighteen sections are there, in order, numbered from 1."""
    found = re.findall(r"^## (\d+)\. (.+)$", made.markdown, re.M)
    assert found == [(str(i), heading) for i, (heading, _, _) in enumerate(SECTIONS, 1)]
    assert len(found) == 18


def test_section_without_facts_is_absent(mini: Catalog) -> None:
    """Without reasons there are no alternatives, and the numbers close up."""
    text = build(propose(of(TEXT, mini), mini, explain=False)).markdown
    assert "Alternatives considered" not in text
    assert re.findall(r"^## (\d+)\.", text, re.M) == [str(i) for i in range(1, 18)]


def test_misspelt_name_in_a_template_is_an_error() -> None:
    """A template cannot show nothing where a fact is missing."""
    with pytest.raises(UndefinedError):
        SHIPPED.environment().from_string("{{ no_such_fact }}").render()


def test_figures_and_images_match(made: Document) -> None:
    """Every image has its drawing, every drawing is shown, and the page finds them all."""
    shown = set(re.findall(r"!\[[^\]]*\]\(([^)]+)\)", made.markdown))
    assert shown == set(made.figures)
    assert {"diagram.svg", "cost.svg", "latency_answer.svg", "latency_ingest.svg"} <= shown
    html = page.html(made.markdown, title="t", figures=made.figures)
    assert 'class="missing"' not in html
    assert html.count("<figure") == len(made.figures)


def test_tables_are_tables(made: Document) -> None:
    """Every line that looks like a table's row is read as one: no cell is broken by its content."""
    rows = [line for line in made.markdown.split("\n") if line.startswith("|") and not re.fullmatch(r"[|:\-]+", line)]
    assert shape(made.markdown).count("tr_open") == len(rows)


# ---------------------------------------------------------------- numbers


def test_costs_are_the_judges(made: Document, view: View) -> None:
    """Totals, every role's cost and every meter line in the text equal the evaluation's."""
    text, best = section(made.markdown, "Cost"), view.best
    totals = (best.cost_usd_per_month, best.bill_usd_per_month, best.operations_usd_per_month)
    assert all(numbers.usd(total) in section(made.markdown, "Summary") for total in totals)
    for role, candidate in view.used.items():
        row = line_of(text, f"| {view.title(role)} | {escape(candidate.name)} |")
        assert f" {numbers.usd(candidate.cost_usd_per_month)} " in row
        for line in candidate.lines:
            meter = f"| {view.title(role)} | {escape(line.title.removeprefix('of '))} | {quantity(line)}"
            assert any(x.startswith(meter) and numbers.usd(line.usd_per_month) in x for x in text.split("\n")), meter
    assert sum(c.cost_usd_per_month for c in view.used.values()) == pytest.approx(best.cost_usd_per_month)


def test_times_are_the_judges(made: Document, view: View) -> None:
    """Every percentile, every mean and every stage in the latency budget equal the evaluation's."""
    text = section(made.markdown, "Latency budget")
    for flow_id, flow in view.blueprint.flows.items():
        for key, measure in flow.measures.items():
            part, result = section(text, f"{flow.title}: {measure.title}"), view.best.flows[flow_id].measures[key]
            unit = key.rpartition("_")[2]
            for name, value in result.percentiles.items():
                assert f"| {name} | {numbers.duration(value, unit)} |" in part
            assert f"| mean | {numbers.duration(result.mean, unit)} |" in part
            for stage in result.stages:
                assert f"| {numbers.duration(stage.mean, unit)} | {numbers.duration(stage.p95, unit)} |" in part


def test_waterfall_means_add_up_to_the_flows(view: View) -> None:
    """Stage means, counted by how often each is taken, add up to the flow's mean: the chart lays them end to end."""
    for flow in view.best.flows.values():
        for measure in flow.measures.values():
            assert sum(s.mean * s.share for s in measure.stages) == pytest.approx(measure.mean, rel=1e-3)


def test_availabilities_are_the_judges(made: Document, view: View) -> None:
    """Each role's and each flow's availability, and the product between them, equal the evaluation's."""
    text = section(made.markdown, "Availability")
    for role, candidate in view.used.items():
        row = line_of(text, f"| {view.title(role)} | {escape(candidate.name)} |")
        assert f"| {numbers.availability(candidate.availability)} |" in row
    for result in view.best.flows.values():
        factors = " × ".join(numbers.availability(view.best.design[role].availability) for role in result.needs)
        assert f"{factors} = {numbers.availability(result.availability)}" in text


def test_units_are_the_judges(made: Document, view: View) -> None:
    """A provisioned role shows units needed and units run, and the utilisation that follows."""
    text = section(made.markdown, "Capacity")
    provisioned = {role: c for role, c in view.used.items() if c.option and c.option.unit}
    assert provisioned, "the small scenario is meant to choose something provisioned"
    for role, c in provisioned.items():
        line = next(x for x in text.split("\n") if x.startswith(f"- {view.title(role)} ("))
        assert f"{c.needed_units}{numbers.NARROW}" in line
        assert f"{c.units} run" in line
        fullest = max(load.utilisation for load in c.loads.values())
        assert numbers.percent(fullest) in text


def test_every_requirement_is_answered(made: Document, view: View) -> None:
    """Each requirement stands in the summary, the goals and the constraints, with its value, mark and place."""
    summary, goals_, given_ = (section(made.markdown, h) for h in ("Summary", "Goals", "Constraints and assumptions"))
    for number, check in enumerate(view.best.checks, 1):
        assert f"`{check.requirement.path}`" in given_
        assert f"| G{number}{numbers.NARROW}" in goals_
        if check.value is not None:
            value = numbers.metric(check.requirement.metric, check.value)
            assert value in summary
            assert f"✓{numbers.NARROW}{value}" in goals_


def test_loss_of_a_zone_is_judged_again(made: Document, view: View) -> None:
    """What is said of losing a zone is what the judge says of the design with the units that are left."""
    c = view.used["vector_store"]
    left = c.units - -(-c.units // c.zones)
    less = view.proposal.table.sized("vector_store", c.option.id, left, c.zones - 1, view.caches)
    result = judge({**view.best.design, "vector_store": less}, view.scenario)
    holds = all(check.holds for check in result.checks if "availability" not in check.requirement.path)
    row = next(x for x in made.markdown.split("\n") if x.startswith("| Vector store | 1 of 3 zones"))
    assert ("✓" in row) == holds
    assert numbers.percent(max(load.utilisation for load in less.loads.values())) in row


# ---------------------------------------------------------------- reasons


def test_every_component_not_chosen_has_a_reason(made: Document, view: View) -> None:
    """Each component of the catalog that can fill a role is chosen or stands in its role's table with a reason."""
    text = section(made.markdown, "Alternatives considered")
    for role, chosen in view.best.design.items():
        part = section(text, view.title(role))
        for component in {c.id: c for c, _ in view.catalog.options_for(role)}.values():
            if component.id == chosen.component_id:
                assert f"Chosen: **{escape(component.name)}" in part
            else:
                row = next(x for x in part.split("\n") if x.startswith(f"| {escape(component.name)}"))
                assert len(row.split(" | ")[2].strip(" |")) > 10, row


def test_reasons_say_what_kind(made: Document) -> None:
    """Refusal, lack of capacity, lateness, breakage and price each read as what they are."""
    assert "ruled out: licences (no SSPL-1.0)" in section(made.markdown, "Vector store")
    assert "is above its limit of 1" in section(made.markdown, "Vector store")
    assert "vector_gb" not in section(made.markdown, "Vector store")
    assert "breaks clouds: 2 where" in section(made.markdown, "Embedding model")
    assert "whatever else can be chosen" in section(made.markdown, "Language model")
    assert "holds everything, for more money" in section(made.markdown, "Conversation store")


def test_runner_ups_stand_with_their_price(made: Document, view: View) -> None:
    """Every re-solved design without a chosen component stands with what it costs more."""
    text = section(made.markdown, "Trade-offs")
    for role, up in view.proposal.runner_ups.items():
        part = section(section(made.markdown, "Alternatives considered"), view.title(role))
        if up.candidate is None:
            assert "no design meets the requirements" in part
        else:
            assert f"{escape(up.candidate.name)}, the whole design {extra(up.extra_usd_per_month)} a month" in part
            assert f"→ {escape(up.candidate.name)}" in text
            assert extra(up.extra_usd_per_month) in text


def test_every_assumption_is_listed(made: Document, view: View) -> None:
    """Each assumption of the evaluation stands with its reason, and its place where it can be changed by the user."""
    text = section(made.markdown, "Constraints and assumptions")
    for assumption in view.best.assumptions:
        assert escape(readable(view, assumption.subject)) in text
        assert escape(assumption.reason) in text
        if not assumption.change_at.startswith("catalog: "):
            assert f"`{assumption.change_at}`" in text


def test_every_source_in_use_is_listed(made: Document, view: View) -> None:
    """Each source of a figure in use stands in the appendix with title, address and date."""
    text = section(made.markdown, "Sources")
    used = {u.figure.source for u in used_figures(view) if u.figure.source}
    assert used
    for key in used:
        source = view.catalog.records.sources[key]
        assert escape(source.title) in text
        assert f"<{source.address}>" in text
        assert escape(source.date) in text


def test_one_record_a_role(made: Document, view: View) -> None:
    """The appendix holds one decision record a role, with all six parts of MADR."""
    text = section(made.markdown, "Decision records")
    for name in ("Context", "Drivers", "Options", "Outcome", "Consequences", "Confirmation"):
        assert text.count(f"- **{name}.** ") == len(view.best.design)


def test_scenario_stands_verbatim(made: Document) -> None:
    """The appendix holds the scenario's text as it was."""
    blocks = [t for t in MarkdownIt("commonmark").parse(made.markdown) if t.type == "fence" and t.info == "yaml"]
    assert [block.content for block in blocks] == [TEXT]


# ---------------------------------------------------------------- judgement


def test_old_prices_are_a_risk_only_when_old(solved: Proposal, made: Document) -> None:
    """Prices count as old after 180 days from the document's date, measurements do not."""
    risks = section(made.markdown, "Risks and non-risks").replace(numbers.NARROW, " ")
    assert "19 price figures older than 180 days (the oldest 202 days)" in risks
    assert "Old figures" not in build(solved, datetime.date(2026, 10, 31)).markdown
    assert "Old figures" in build(solved, datetime.date(2026, 11, 1)).markdown


def test_tight_and_ample_requirements_are_told_apart(made: Document, view: View) -> None:
    """Below 10 % of slack is a risk, above 30 % a non-risk."""
    risks, non_risks = section(made.markdown, "Risks and non-risks").split("Not risks")
    tight = [c for c in view.graded if c.slack is not None and c.slack < 0.10]
    ample = [c for c in view.graded if c.slack is not None and c.slack > 0.30]
    assert risks.count("**Low slack.**") == len(tight) > 0
    assert non_risks.count("\n- ") == len(ample) > 0


def test_open_questions_are_ranked_by_effect(view: View) -> None:
    """The first question moves the design most, and a default without effect is not in the table."""
    moved = {key: questions._moved(view, key) for key in view.blueprint.parameters if key not in view.scenario.given}
    order = re.findall(r"`workload\.(\w+)`", questions.defaults(view, moved))
    weights = [questions._weight(moved[key]) for key in order]
    assert weights == sorted(weights, reverse=True)
    assert order[0] == "ingest_interval_s", "a longer poll lets documents wait longer; nothing else moves a bound here"
    assert min(weights) >= questions.LEAST


def test_not_proved_is_said_first(solved: Proposal) -> None:
    """A search that was stopped is called not proved, with its gap, in the header and in the summary."""
    text = build(replace(solved, status=Status.STOPPED, gap=0.032)).markdown
    for heading in ("About this document", "Summary"):
        assert "**Not proved optimal**" in section(text, heading)
        assert numbers.percent(0.032) in section(text, heading)
    assert "Proved optimal:" not in text
    assert "no bound is known" in build(replace(solved, status=Status.STOPPED, gap=None)).markdown


def test_no_design_no_document(solved: Proposal) -> None:
    """Where nothing was found there is nothing to document."""
    with pytest.raises(ValueError, match="no design"):
        build(replace(solved, status=Status.INFEASIBLE, best=None))


def test_gaps_for_people_are_marked(made: Document) -> None:
    """What people must fill and what they may edit is marked where it stands."""
    for heading in ("Context and workload", "Security, privacy, residency"):
        assert "> ✎ *human*" in section(made.markdown, heading)
    for heading in ("Goals", "Quality and monitoring", "Rollout, rollback, confirmation"):
        assert "> ✎ *prefilled*" in section(made.markdown, heading)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("objective: {maximize: quality}", "maximise quality"),
        ("objective: {minimize: flows.answer.latency_ms.p95}", "minimise answer latency p95"),
        (
            "objective: {lexicographic: [{minimize: operations_h_per_month}, {minimize: cost_usd_per_month}]}",
            "minimise operations, then minimise cost",
        ),
        ("objective: {weights: {cost_usd_per_month: 1, quality: 500}}", "minimise + 1 × cost − 500 × quality"),
    ],
)
def test_other_objectives_are_named(mini: Catalog, change: str, expected: str) -> None:
    """The document says what was optimised, whatever it was."""
    text = re.sub(r"^objective: .*$", change, TEXT, flags=re.M)
    made = build(propose(of(text, mini), mini)).markdown
    assert expected in section(made, "About this document")
    assert "worse by" in section(made, "Alternatives considered")
    assert "Choice rests on estimates" not in made


def test_scenario_without_requirements(mini: Catalog) -> None:
    """A scenario that asks nothing still gets a document, which says so."""
    text = re.sub(r"^constraints:\n(?:  .*\n)+", "", TEXT, flags=re.M)
    made = build(propose(of(text, mini), mini)).markdown
    assert "states no requirement" in section(made, "Goals")
    assert "No requirement bounds a number" in section(made, "Summary")
    assert headings(made)[0] == "Help desk assistant"


def test_cache_in_use_splits_the_walk(mini: Catalog) -> None:
    """With a cache the walk says which share it answers and which steps are taken on a miss only."""
    text = TEXT + "choices: {pin: {semantic_cache: alpha_cache}}\n"
    walk = section(build(propose(of(text, mini), mini, explain=False)).markdown, "Answer a question")
    assert f"It answers {numbers.percent(0.2)} of the requests" in walk
    assert "On a miss: Language model" in walk
    assert "On a miss: Output guardrail" not in walk


# ---------------------------------------------------------------- what strangers type

NASTY = (
    "</td><script>alert(1)</script> | a | b | `x` ![p](http://evil.example/p.png) [l](javascript:alert(1)) **b** &lt; "
    "<img src=x onerror=alert(1)> $x$ ~~s~~ # h \u202e\u2066rtl\u200f"
)


def test_hostile_text_is_only_text(mini: Catalog, made: Document) -> None:
    """Title, owner, description and licence names full of markup change no block of the document and run nothing."""
    escaped = NASTY.replace("\\", "\\\\").replace('"', '\\"')
    text = TEXT.replace("title: Help desk assistant", f'title: "{escaped[:190]}"')
    text = text.replace("owner: Workplace IT", f'owner: "{escaped[:190]}"')
    text = text.replace("[SSPL-1.0]", f'[SSPL-1.0, "{escaped[:190]}"]')
    block = f'description: "{escaped}\\n\\n# Injected\\n\\n```\\n| a |\\n|---|\\n"\n'
    text = re.sub(r"description: >-\n.*\n", lambda _: block, text)
    assert "# Injected" in of(text, mini).description
    text = text.replace("# Goes with", "# ```\n# ~~~\n# Goes with")
    result = build(propose(of(text, mini), mini))
    assert shape(result.markdown) == shape(made.markdown)
    assert headings(result.markdown)[1:] == headings(made.markdown)[1:]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200f]", result.markdown)
    html = page.html(result.markdown, title="t", figures=result.figures)
    assert "<script>alert" not in html
    assert "<img" not in html
    assert not re.search(r"(?i)(href|src)\s*=\s*[\"']?\s*javascript:", html)


TYPED = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    st.sampled_from("ab1 |`*_[]()<>#&!\\~-+=.:;\n\t$\"'{}%^"), max_size=40
)


@settings(max_examples=400, deadline=None)
@given(TYPED)
def test_escaped_text_reads_as_typed(text: str) -> None:
    """Whatever is typed, a Markdown reader shows exactly that, on one line, in a paragraph and in a table's cell."""
    parser = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    wanted = one_line(text)
    tokens = parser.parse(escape(text))
    assert [t.type for t in tokens if t.type != "inline"] == (["paragraph_open", "paragraph_close"] if wanted else [])
    shown = "".join(child.content for t in tokens for child in t.children or [])
    assert shown == wanted
    cells = parser.parse(f"| a | b |\n|---|---|\n| {escape(text)} | end |")
    found = ["".join(c.content for c in t.children or []) for t in cells if t.type == "inline"]
    assert found == ["a", "b", wanted, "end"]


@settings(max_examples=200, deadline=None)
@given(TYPED)
def test_code_and_fences_hold_their_text(text: str) -> None:
    """A code span is one code span and a fenced block one block, whatever they hold."""
    parser = MarkdownIt("commonmark").enable("table")
    (inline,) = [t for t in parser.parse(f"x {code(text)} y") if t.type == "inline"]
    assert [c.type for c in inline.children or []] == ["text", "code_inline", "text"]
    blocks = parser.parse(f"{fence(text, 'yaml')}\n\nafter")
    assert [t.type for t in blocks] == ["fence", "paragraph_open", "inline", "paragraph_close"]
