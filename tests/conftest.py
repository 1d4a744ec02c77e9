"""What many tests share: the catalog and the example, read once."""

from __future__ import annotations

import pytest

from advisor import resources
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.proposal import Proposal, propose
from advisor.scenario.load import Scenario, load_scenario


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Return the catalog that comes with advisor."""
    return load_catalog()


@pytest.fixture(scope="session")
def scenario(catalog: Catalog) -> Scenario:
    """Return the example scenario."""
    return load_scenario(resources.example("support_copilot"), catalog)


@pytest.fixture(scope="session")
def candidates(scenario: Scenario, catalog: Catalog) -> Table:
    """Return every candidate of the example."""
    return table(scenario, catalog)


@pytest.fixture(scope="session")
def proposal(scenario: Scenario, catalog: Catalog) -> Proposal:
    """Return the proposal for the example, without reasons."""
    return propose(scenario, catalog, explain=False)
