"""What many tests share: the catalog and the example, read once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor import resources
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog, load_catalog
from advisor.proposal import Proposal, propose
from advisor.scenario.load import Scenario, load_scenario

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Return the catalog that comes with advisor."""
    return load_catalog()


@pytest.fixture(scope="session")
def scenario(catalog: Catalog) -> Scenario:
    """Return the example scenario."""
    return load_scenario(resources.example("support_copilot"), catalog)


@pytest.fixture(scope="session")
def mini() -> Catalog:
    """Return the small catalog of fictional products."""
    return load_catalog(DATA / "mini_catalog")


@pytest.fixture(scope="session")
def base(mini: Catalog) -> Scenario:
    """Return the scenario of the small catalog."""
    return load_scenario(DATA / "mini_scenario.yml", mini)


@pytest.fixture(scope="session")
def candidates(scenario: Scenario, catalog: Catalog) -> Table:
    """Return every candidate of the example."""
    return table(scenario, catalog)


@pytest.fixture(scope="session")
def proposal(scenario: Scenario, catalog: Catalog) -> Proposal:
    """Return the proposal for the example, without reasons."""
    return propose(scenario, catalog, explain=False)


@pytest.fixture(scope="session")
def solved(catalog: Catalog) -> Callable[[str], Proposal]:
    """Return the proposal of a shipped example by its folder's name, each solved once a session, without reasons."""

    @functools.cache
    def found(name: str) -> Proposal:
        return propose(load_scenario(resources.example(name), catalog), catalog, explain=False)

    return found
