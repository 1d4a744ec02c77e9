"""Any figure of a document can be traced: every number is the evaluation's, and every link leads to a derivation.

The pool that numbers are looked up in is written down here from evaluation, catalog and scenario; it knows nothing of
how the document places them.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator

import pytest

from advisor.catalog.model import Price
from advisor.models.availability import downtime_minutes_per_month
from advisor.proposal import Proposal
from advisor.render import numbers
from advisor.render.document import document
from advisor.render.page import html, slug
from advisor.render.sections.trace import slug as anchor

DATE = datetime.date(2026, 11, 26)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
BLUEPRINTS = ("card_fraud", "claims_agents", "phone_agent")
NB = numbers.NARROW
USD = rf"(?<![\w.])(\d[\d.{NB}]*){NB}USD\b"
TIME = rf"(?<![\w.])(\d[\d.{NB}]*{NB}(?:ms|s|min|h))\b(?!/)"
AVAILABLE = rf"(?<![\w.{NB}])(\d\d\.\d\d+|100){NB}%"


@pytest.fixture(params=BLUEPRINTS)
def proposal(request: pytest.FixtureRequest, solved: Callable[[str], Proposal]) -> Proposal:
    """Return the proposals, one after the other."""
    found: Proposal = solved(request.param)
    return found


@pytest.fixture
def text(proposal: Proposal) -> str:
    """Return the document's text."""
    command = "advisor propose scenario.yml"
    return document(proposal, date=DATE, diagram_svg=SVG, command=command, version="0").markdown


def computed(text: str) -> str:
    """Return the part that figures are shown in: without the scenario, the sources and the words of the catalog."""
    before = text[: text.index("\n### The scenario\n")]
    records = text[text.index("\n### Decision records\n") :]
    kept = [line for line in (before + records).split("\n") if not line.startswith(("| taken from", "> "))]
    return "\n".join(kept)


# ---------------------------------------------------------------- links


def headings(text: str) -> set[str]:
    """Return the anchors of all headings as the page makes them."""
    taken: set[str] = set()
    plain = re.findall(r"^#{1,6} (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M), re.M)
    return {slug(re.sub(r"\\(.)", r"\1", heading), taken) for heading in plain}


def test_every_link_leads_to_a_heading(text: str) -> None:
    """No link of the document is dead, and there are derivations for metrics and for roles."""
    targets = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert targets <= headings(text)
    assert {"derivation-cost", "derivation-operations"} <= targets


def test_every_requirement_and_role_links_to_its_derivation(proposal: Proposal, text: str) -> None:
    """The value of each bound in the summary and each role's cost and availability carry a link."""
    assert proposal.best is not None
    summary = text[text.index("## 2. Summary") : text.index("## 3. ")]
    for check in proposal.best.checks:
        if check.value is not None:
            value = numbers.metric(check.requirement.metric, check.value)  # type: ignore[union-attr]
            assert f"[{value}](#derivation-" in summary
    for role, c in proposal.best.design.items():
        if not c.is_none:
            place = anchor(f"Derivation: {proposal.catalog.role(role).title}")
            assert f"[{numbers.usd(c.cost_usd_per_month)}](#{place})" in text
            assert f"[{numbers.availability(c.availability)}](#{place})" in text


def test_every_figure_of_a_table_can_be_traced(proposal: Proposal, text: str) -> None:
    """Stages, composed times, limits, quantities and unit prices are links as well, and so are the steps' times."""
    assert proposal.best is not None
    flows = {k: m for flow in proposal.best.flows.values() for k, m in flow.measures.items()}
    assert flows
    latency = text[text.index("## 8. Latency budget") : text.index("## 9. Cost")]
    rows = [row for row in re.findall(r"^\|.*\|$", latency, re.M) if row.count("|") == 6 and "| stage |" not in row]
    stages = [row.split("|")[3:5] for row in rows]
    cells = [cell.strip() for row in stages for cell in row if re.search(r"\d", cell)]
    assert len(cells) >= 2 * min(len(m.stages) for m in flows.values())
    assert all(cell.startswith("[") for cell in cells)
    steps = re.findall(r"^\d+\. .*?; (.*)\.$", text[text.index("## 6. Arch") : text.index("## 7. ")], re.M)
    assert all("](#derivation-" in words for words in steps if "mean" in words)
    meters = text[text.index("By meter") : text.index("### Growth")]
    priced = [row.split("|")[3:6] for row in re.findall(r"^\|.*USD.*\|$", meters, re.M) if "**Operations**" not in row]
    assert priced
    assert all("](#derivation-" in cell for row in priced for cell in row)


def test_links_work_in_the_page(proposal: Proposal, text: str) -> None:
    """In HTML each link's target is the id of an element."""
    page = html(text, title="t", figures={})
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids


def test_derivations_end_in_what_is_stated(proposal: Proposal, text: str) -> None:
    """Each price in use stands in its role's derivation with its basis and the date on which it was checked."""
    assert proposal.best is not None
    for role, c in proposal.best.design.items():
        if c.is_none:
            continue
        start = text.index(f"\n#### Derivation: {proposal.catalog.role(role).title}\n")
        part = text[start : text.index("\n### ", start + 1)].split("\n#### ")[1]
        for line in c.lines:
            assert f"checked {line.price.checked.isoformat()}" in part
            assert line.price.basis.replace("_", " ") in part


# ---------------------------------------------------------------- money


def amounts(proposal: Proposal) -> Iterator[float]:
    """Yield every amount of money that evaluation, scenario and catalog know."""
    best, scenario = proposal.best, proposal.scenario
    assert best is not None
    used = [c for c in best.design.values() if not c.is_none]
    yield from (best.cost_usd_per_month, best.bill_usd_per_month, best.operations_usd_per_month)
    yield from (bound.limit for bound in scenario.bounds if bound.metric == "cost_usd_per_month")
    yield scenario.usd_per_hour
    for usage in (True, False):
        yield sum(x.usd_per_month for c in used for x in c.lines if x.usage_based == usage)
    for c in used:
        yield from (c.cost_usd_per_month, c.operations_usd_per_month, *(x.usd_per_month for x in c.lines))
        yield from (sum(x.usd_per_month for x in c.lines if x.usage_based == usage) for usage in (True, False))
        yield sum(x.usd_per_month for x in c.lines if x.price.meter == "egress_gb")
        for part in c.members:
            assert part.option is not None
            yield part.option.operations_h_per_month.value
    high = low = 0.0
    for c in used:
        for part in c.members:
            figure = part.option.operations_h_per_month if part.option else None
            high += (figure.high if figure.high is not None else figure.value) if figure else 0.0
            low += (figure.low if figure.low is not None else figure.value) if figure else 0.0
    yield best.bill_usd_per_month + high * scenario.usd_per_hour


def unit_prices(proposal: Proposal) -> set[float]:
    """Return every price of the catalog that the design pays."""
    assert proposal.best is not None
    prices: list[Price] = [line.price for c in proposal.best.design.values() for line in c.lines]
    return {p for x in prices for p in (x.usd or 0.0, x.minimum_usd or 0.0, *(t.usd for t in x.tiers or ()))}


def test_all_money_is_known(proposal: Proposal, text: str) -> None:
    """Each amount in USD is one of the evaluation's, the scenario's or the catalog's, rounded as all others are."""
    known = {numbers.usd(value) for value in amounts(proposal)}
    prices = unit_prices(proposal)
    runs = [_rate(proposal, flow_id) for flow_id in proposal.scenario.blueprint.flows][:1]
    assert proposal.best is not None
    each = proposal.best.cost_usd_per_month / runs[0]
    known |= {f"{numbers.significant(value)}{NB}USD" for value in (each, 1000 * each)}
    for found in re.findall(USD, computed(text)):
        value = float(found.replace(NB, ""))
        assert f"{found}{NB}USD" in known or any(value == pytest.approx(p, rel=1e-5) for p in prices), found


def _rate(proposal: Proposal, flow_id: str) -> float:
    from advisor import expression

    flow = proposal.scenario.blueprint.flows[flow_id]
    return expression.parse(flow.rate_per_month).evaluate(proposal.scenario.workload)


# ---------------------------------------------------------------- time


def times_ms(proposal: Proposal) -> Iterator[float]:
    """Yield every time in ms that evaluation and scenario know, those of stages also as the alarm at 1.5 times."""
    best = proposal.best
    assert best is not None
    for flow in best.flows.values():
        for key, measure in flow.measures.items():
            ms = 1.0 if key.endswith("_ms") else 1000.0
            yield from (x * ms for x in (measure.mean, *measure.percentiles.values(), *measure.together.values()))
            for stage in measure.stages:
                yield from (stage.mean * ms, stage.p95 * ms, 1.5 * stage.p95 * ms, (stage.p95 - stage.mean) * ms)
        yield downtime_minutes_per_month(flow.availability) * 60_000
    for bound in proposal.scenario.bounds:
        if bound.metric.endswith("availability"):
            yield downtime_minutes_per_month(bound.limit) * 60_000
        elif ".freshness_s." in bound.metric or "_ms." in bound.metric:
            yield bound.limit * (1000.0 if "_s." in bound.metric else 1.0)
    for c in best.design.values():
        yield downtime_minutes_per_month(c.availability) * 60_000
        yield from (delay for part in c.members for delay in part.delays.values())


def test_all_times_are_known(proposal: Proposal, text: str) -> None:
    """Each time is one that the evaluation composed, a stage's, a downtime, a bound, or a quantity of hours."""
    assert proposal.best is not None
    known = {numbers.duration(ms, "ms") for ms in times_ms(proposal)}
    known |= {f"{numbers.significant(ms / 60_000)}{NB}min" for ms in times_ms(proposal)}
    hours = [proposal.best.operations_h_per_month]
    for c in proposal.best.design.values():
        hours += [c.operations_h_per_month, *(x.quantity for x in c.lines if x.unit == "h")]
    ranges = [c.option.operations_h_per_month for x in proposal.best.design.values() for c in x.members if c.option]
    hours += [sum(f.high if f.high is not None else f.value for f in ranges)]
    known |= {f"{numbers.significant(hour)}{NB}h" for hour in hours}
    known |= set(re.findall(TIME, "\n".join(_stated(proposal))))
    shown = computed(text)
    shown = shown[: shown.index("## 5. ")] + shown[shown.index("## 6. ") : shown.index("## 16. ")]
    unknown = [found for found in re.findall(TIME, shown) if found not in known]
    assert not unknown


def _stated(proposal: Proposal) -> Iterator[str]:
    """Yield what the scenario states, as the document shows it, and names that hold a time."""
    for key, parameter in proposal.scenario.blueprint.parameters.items():
        value = proposal.scenario.workload[key]
        digits = numbers.grouped(value) if value == round(value) else f"{value:,.10g}".replace(",", NB)
        yield f"{digits}{NB}{parameter.unit}"


# ---------------------------------------------------------------- availability


def test_all_availabilities_are_known(proposal: Proposal, text: str) -> None:
    """Each percentage with two decimals is the availability of a flow, of a role, or a bound on one."""
    best = proposal.best
    assert best is not None
    values = [c.availability for c in best.design.values()]
    values += [part.availability for c in best.design.values() for part in c.members]
    values += [flow.availability for flow in best.flows.values()]
    values += [bound.limit for bound in proposal.scenario.bounds if bound.metric.endswith("availability")]
    known = {numbers.availability(value) for value in values}
    for found in re.findall(AVAILABLE, computed(text)):
        assert f"{found}{NB}%" in known | {f"100{NB}%"}, found
