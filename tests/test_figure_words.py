"""What figures are called for people: no key of the catalog is left in any of them."""

from __future__ import annotations

import datetime
import re

import pytest

from advisor.catalog.figure_words import title
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import Reference, figures

KEY = re.compile(r"_|\b(latency|capacity)\.|\b(ms|usd|operating)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def every(catalog: Catalog) -> list[Reference]:
    """Return every figure that an answer can hang on: of all options and roles."""
    return list(figures(catalog, catalog.options, roles=catalog.records.roles, as_of=datetime.date(2026, 11, 26)))


def test_every_figure_of_the_catalog_has_words(every: list[Reference], catalog: Catalog) -> None:
    """What a figure is, is said without a key: no underscore, no dotted name, no suffix of a unit."""
    assert len(every) > 3_000
    left = {one.name: said for one in every if KEY.search(said := title(one, catalog).rpartition(": ")[2])}
    assert not left


def test_different_figures_of_an_option_have_different_words(every: list[Reference], catalog: Catalog) -> None:
    """Within what states them, two figures are never called the same."""
    named: dict[tuple[str, str], str] = {}
    for one in every:
        assert named.setdefault((one.record, title(one, catalog)), one.name) == one.name
