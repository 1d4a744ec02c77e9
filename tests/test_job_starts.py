"""What runs in jobs: each batch waits for its job to start, so what is due in seconds is done elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.catalog.load import Catalog
from advisor.proposal import propose
from advisor.scenario.load import load_scenario

STARTS_MS = 5_000  # below the quickest cold start of a container with Python and its libraries
SCENARIO = """\
title: Events
blueprint: streaming_analytics
workload: {events_per_month: 600_000_000, requests_per_month: 400_000}
constraints: {flows: {stream: {freshness_s: {p95: SECONDS}}}}
"""


def test_the_start_of_a_job_is_in_its_time(catalog: Catalog) -> None:
    """Whatever checks records in jobs states a time that no start of a container beats."""
    options = [option for _, option in catalog.options_for("data_validation") if option.unit is None]
    jobs = [option for option in options if option.operated_as == "library_in_jobs"]
    assert len(jobs) > 10
    assert {option.id: p50 for option in jobs if (p50 := option.latency["validate_ms"].p50 or 0) < STARTS_MS} == {}


def test_jobs_that_read_documents_start_first(catalog: Catalog) -> None:
    """Jobs that embed changed documents start for each batch: their time says so, that of workers that run does not."""
    p50 = {
        component.id: option.latency["process_ms"].p50 or option.latency["process_ms"].mean or 0.0
        for component, option in catalog.options_for("embedding_workers")
    }
    jobs = {name for name, ms in p50.items() if ms >= STARTS_MS}
    assert jobs == {"google_cloud_run_jobs", "azure_container_apps_jobs"}


@pytest.mark.parametrize("seconds", [8, 3_600])
def test_a_fresh_stream_is_checked_by_what_runs(seconds: int, catalog: Catalog, tmp_path: Path) -> None:
    """What has to be visible within seconds is checked by units that run; within an hour, nobody pays for these."""
    (tmp_path / "s.yml").write_text(SCENARIO.replace("SECONDS", str(seconds)))
    best = propose(load_scenario(tmp_path / "s.yml", catalog), catalog, explain=False).best
    assert best is not None
    option = best.design["data_validation"].option
    assert option is not None
    assert (option.unit is not None) == (seconds == 8)
