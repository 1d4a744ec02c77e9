"""The cache never lies, and a scenario pays for what it looks at."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

import advisor
from advisor.candidates.table import table
from advisor.catalog.cache import Table
from advisor.catalog.load import Catalog, load_catalog
from advisor.scenario.load import load_scenario

MINI = Path(__file__).parent / "data" / "mini_catalog"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache that this test has for itself."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "advisor"


def components(catalog: Catalog) -> Table[object]:
    """Return the table of components of a catalog that came out of the cache."""
    found = catalog.records.components
    assert isinstance(found, Table)
    return found


def test_out_of_the_cache_comes_what_was_read(cache: Path) -> None:
    """Every record, the order of options, the options of every role, licences and the date are the same."""
    fresh, cached = load_catalog(), load_catalog()
    assert len(list(cache.iterdir())) == 1
    assert cached.records == fresh.records
    assert list(cached.options.items()) == list(fresh.options.items())
    assert cached.records.model_dump() == fresh.records.model_dump()
    assert (cached.date, cached.digest, cached.licences) == (fresh.date, fresh.digest, fresh.licences)
    for role in fresh.records.roles:
        assert cached.options_for(role) == fresh.options_for(role) != []


def test_only_what_fills_the_scenarios_roles_is_parsed(cache: Path) -> None:
    """Neither loading a scenario nor listing its candidates looks at a component of another role."""
    fresh, catalog = load_catalog(), load_catalog()
    scenario = load_scenario(advisor.example("support_copilot"), catalog)
    assert components(catalog).parsed == frozenset()
    table(scenario, catalog)
    needed = {component.id for role in scenario.blueprint.roles for component, _ in fresh.options_for(role)}
    assert components(catalog).parsed <= needed < set(catalog.records.components)


def test_components_of_other_roles_cost_nothing(cache: Path, tmp_path: Path) -> None:
    """Fifty more brokers change nothing in what a scenario without a broker parses."""
    root = tmp_path / "catalog"
    shutil.copytree(advisor.resources.folder("catalog"), root)
    seen = []
    for number in (0, 50):
        broker = (root / "event_broker" / "redpanda.yml").read_text()
        for one in range(number):
            text = broker.replace("id: redpanda", f"id: r{one}_redpanda")
            (root / "event_broker" / f"redpanda_{one}.yml").write_text(text)
        load_catalog(root)
        catalog = load_catalog(root)
        table(load_scenario(advisor.example("support_copilot"), catalog), catalog)
        seen.append((len(catalog.records.components), components(catalog).parsed))
    (few, before), (many, after) = seen
    assert many == few + 50
    assert after == before


@pytest.mark.parametrize("damage", [b"", b"{}", b"\n", b"x"])
def test_a_damaged_cache_means_reading_again(cache: Path, damage: bytes) -> None:
    """Cut, emptied or changed by a byte anywhere, the file is not believed, and is written again."""
    fresh = load_catalog(MINI)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for broken in (damage, whole[:-5], whole[:200] + b"0" + whole[201:], whole + damage + b"y"):
        file.write_bytes(broken)
        assert load_catalog(MINI).records == fresh.records
        assert file.read_bytes() == whole


def test_a_changed_file_is_another_cache(cache: Path, tmp_path: Path) -> None:
    """An edit of one figure is seen at once; the old state is found again when the edit is taken back."""
    root = tmp_path / "catalog"
    shutil.copytree(MINI, root)
    before = load_catalog(root)
    file = root / "gateway" / "alpha_gateway.yml"
    text = file.read_text()
    file.write_text(text.replace("p50: 5", "p50: 6"))
    assert load_catalog(root).options["alpha_gateway_http"][1].latency["route_ms"].p50 == 6
    file.write_text(text)
    assert load_catalog(root).records == before.records


def test_without_a_cache_everything_works(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ADVISOR_NO_CACHE reads the YAML and leaves nothing behind."""
    monkeypatch.setenv("ADVISOR_NO_CACHE", "1")
    assert load_catalog(MINI).records.components
    assert not cache.exists()


def test_a_catalog_can_be_sent_to_another_process(cache: Path) -> None:
    """What came out of the cache survives pickling, as parallel work needs."""
    load_catalog(MINI)
    catalog = load_catalog(MINI)
    assert pickle.loads(pickle.dumps(catalog)).records == catalog.records


def test_what_is_not_there_is_a_key_error(cache: Path) -> None:
    """The look-ups behave as dicts do."""
    load_catalog(MINI)
    catalog = load_catalog(MINI)
    for look_up in (catalog.options, catalog.records.components):
        assert "nothing" not in look_up
        assert look_up.get("nothing") is None
        with pytest.raises(KeyError):
            look_up["nothing"]
