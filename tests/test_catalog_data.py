"""What the shipped catalog promises: breadth, sources, dates, reasons."""

from __future__ import annotations

import re

import pytest

from advisor import resources
from advisor.catalog.load import Catalog
from advisor.catalog.walk import figures

ROLES = [
    "gateway",
    "input_guardrail",
    "output_guardrail",
    "semantic_cache",
    "embedding",
    "vector_store",
    "reranker",
    "llm",
    "conversation_store",
    "object_store",
    "ingestion_queue",
    "embedding_workers",
    "observability",
]


def test_there_is_much_to_choose_from(catalog: Catalog) -> None:
    """At least 45 options, several clouds, managed and self-hosted, hosted models of several sizes."""
    options = [option for _, option in catalog.options.values()]
    assert len(options) >= 45
    assert len({o.cloud for o in options} - {"vendor"}) >= 2
    assert {o.mode for o in options} >= {"managed", "self_hosted", "saas"}
    assert len({option.quality["arena_text_elo"].value for _, option in catalog.options_for("llm")}) >= 4


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_three_components_and_a_choice_of_modes(role: str, catalog: Catalog) -> None:
    """Three real components or more for each role of the blueprint, run by others and by oneself."""
    pairs = catalog.options_for(role)
    assert len({component.id for component, _ in pairs}) >= 3
    assert len({option.mode for _, option in pairs}) >= 2


def test_every_figure_can_be_traced(catalog: Catalog) -> None:
    """Each figure has a basis and a date, an estimate its reasoning, everything else a listed source."""
    count = 0
    for record, path, figure in figures(catalog.records):
        count += 1
        place = (record, path)
        assert figure.checked.year >= 2024, place
        if figure.basis == "estimate":
            assert figure.reasoning, place
            assert len(figure.reasoning) > 15, place
        else:
            assert figure.source in catalog.records.sources, place
    assert count > 500


def test_every_source_is_used_and_can_be_found(catalog: Catalog) -> None:
    """No source is listed in vain; each has an address, a publisher and a licence note."""
    used = {figure.source for _, _, figure in figures(catalog.records) if figure.source}
    assert sorted(set(catalog.records.sources) - used) == []
    for source in catalog.records.sources.values():
        assert re.match(r"https?://", source.address) or source.address, source.id
        assert source.publisher
        assert source.licence_note


def test_ids_are_sorted_out_by_folder(catalog: Catalog) -> None:
    """A component stands in a file of its own that carries its id."""
    root = resources.folder("catalog")
    tables = ("prices", "price_book", "blueprints")
    names = {path.stem for path in root.glob("*/*.yml") if path.parent.name not in tables}
    assert names == set(catalog.records.components)


def test_the_example_prices_on_the_catalogs_date(catalog: Catalog) -> None:
    """The date that everything is priced on is that of the newest price check."""
    of_designs = [f for record, path, f in figures(catalog.records) if "prices" in path and record[0] != "services"]
    assert catalog.date == max(f.checked for f in of_designs)


def test_what_a_class_states_counts_once_and_reaches_every_option(catalog: Catalog) -> None:
    """Hours and common causes are stated once a class: its options have them, and the catalog counts them once."""
    hours = [(o, f) for _, o in catalog.options.values() if o.operated_as and (f := o.operations_h_per_month)]
    assert len(hours) > 300
    assert all(figure == catalog.records.operating[str(o.operated_as)].operations_h_per_month for o, figure in hours)
    stated = [path for (kind, _), path, _ in figures(catalog.records) if kind == "components"]
    counted = sum(path[-1] == "operations_h_per_month" for path in stated)
    assert counted == len(catalog.options) - len(hours)
