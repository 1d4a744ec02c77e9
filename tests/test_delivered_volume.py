"""Brokers that bill what is delivered: every consumer of an event is paid for, and what has no size has no price."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.scenario.load import load_scenario

SCENARIO = """\
title: Events
blueprint: streaming_analytics
workload: {events_per_month: 6_000_000_000, requests_per_month: 4_000_000, event_kb: 0.6, consumers: CONSUMERS}
"""
USD_PER_GB = {"google_pubsub_standard": (0.03638, 0.03638), "confluent_cloud_basic": (0.05, 0.05)}
FREE_GB = {"google_pubsub_standard": 5.37}


def with_consumers(number: float, catalog: Catalog, place: Path) -> Table:
    """Return the candidates of a pipeline whose events so many applications read."""
    file = place / "scenario.yml"
    file.write_text(SCENARIO.replace("CONSUMERS", str(number)))
    return table(load_scenario(file, catalog), catalog)


def broker(found: Table, option: str) -> Candidate:
    """Return the candidate of a metered option."""
    return next(one for one in found.candidates["event_broker"] if one.option is not None and one.option.id == option)


@pytest.mark.parametrize("option", USD_PER_GB)
@pytest.mark.parametrize("consumers", [1, 2, 4])
def test_each_consumer_is_paid_for(option: str, consumers: int, catalog: Catalog, tmp_path: Path) -> None:
    """6 billion events of 0.6 KB are 3 600 GB in, and as much out to each application that reads them."""
    put, delivered = USD_PER_GB[option]
    free = FREE_GB.get(option, 0)
    expected = (3_600 - free) * put + (3_600 * consumers - free) * delivered
    found = broker(with_consumers(consumers, catalog, tmp_path), option)
    assert found.bill_usd_per_month == pytest.approx(expected, rel=1e-9)


def test_what_has_no_size_has_no_price(catalog: Catalog, tmp_path: Path) -> None:
    """A blueprint of one's own that does not say how large its messages are gets no free delivery."""
    scenario = load_scenario(_scenario(tmp_path), catalog)
    flow = scenario.blueprint.flows["stream"]
    path = [step.model_copy(update={"kb": {}}) if step.role == "event_broker" else step for step in flow.path]
    flows = {**scenario.blueprint.flows, "stream": flow.model_copy(update={"path": path})}
    bare = replace(scenario, blueprint=scenario.blueprint.model_copy(update={"flows": flows}))
    refused = {one.option.id: one.reason for one in table(bare, catalog).rejections if one.role == "event_broker"}
    assert "read_kb" in refused["google_pubsub_standard"]
    assert "amazon_kinesis_shards" not in refused


def _scenario(place: Path) -> Path:
    (place / "scenario.yml").write_text(SCENARIO.replace("CONSUMERS", "3"))
    return place / "scenario.yml"
