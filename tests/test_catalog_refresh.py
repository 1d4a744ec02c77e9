"""``advisor catalog refresh --prices``: changes are shown, appended with their day, never written over."""

from __future__ import annotations

import datetime
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from advisor import files
from advisor.catalog import price_list, price_refresh
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.price_list import Step, compare, listed, targets
from advisor.commands.main import run
from advisor.errors import InputError, bad_input
from advisor.yamledit import add_item
from advisor.yamlfile import parse

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
DAY = datetime.date(2026, 12, 10)
MINI = Path(__file__).parent / "data" / "mini_catalog"
LARGE, OPTION = "alpha/large", "alpha_large_2_eu"
SOURCE = {"id": "genai_prices", "title": "t", "address": "a", "publisher": "p", "date": "2026", "licence_note": "n"}


def prices(**usd: Any) -> SimpleNamespace:
    """Return prices as the package states them: ``input=2`` or ``input=(2, 4)`` with a price of long prompts."""
    made = {
        f"{name}_mtok": SimpleNamespace(base=value[0], tiers=[SimpleNamespace(start=272_000, price=value[1])])
        if isinstance(value, tuple)
        else value
        for name, value in usd.items()
    }
    return SimpleNamespace(**made)


def step(start: str | None, what: SimpleNamespace) -> SimpleNamespace:
    """Return prices with the day they start on; "hour" for those that hold at some hours only."""
    if start is None:
        return SimpleNamespace(constraint=None, prices=what)
    hours = start == "hour"
    day = {"start_time": 0} if hours else {"start_date": datetime.date.fromisoformat(start)}
    return SimpleNamespace(constraint=SimpleNamespace(**day), prices=what)


def model(*steps: SimpleNamespace, batch: SimpleNamespace | None = None) -> SimpleNamespace:
    """Return a model with dated prices."""
    variants = [SimpleNamespace(when={"processing": "batch"}, **vars(batch))] if batch else None
    return SimpleNamespace(prices=list(steps), price_variants=variants)


def agreeing(catalog: Catalog) -> dict[str, SimpleNamespace]:
    """Return a list that says what the catalog says today, as one price per meter."""
    found: dict[str, dict[str, float]] = {}
    for target in targets(catalog):
        begun = [one for one in target.prices if one.from_ is None or one.from_ <= DAY]
        found.setdefault(target.model, {})[target.listed] = begun[-1].usd or 0.0
    made = {}
    for name, usd in found.items():
        plain = {k: (v, usd[f"long_{k}"]) if f"long_{k}" in usd else v for k, v in usd.items() if k in price_list.KEYS}
        batch = {k.removeprefix("batch_"): v for k, v in usd.items() if k.startswith("batch_")}
        made[name] = model(step(None, prices(**plain)), batch=step(None, prices(**batch)) if batch else None)
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of the small catalog whose token prices are taken from the list."""
    copy = tmp_path / "catalog"
    shutil.copytree(MINI, copy)
    for name, source in (("llm/alpha_large.yml", "test_prices"), ("price_book/test.yml", "test_sla")):
        file = copy / name
        file.write_text(file.read_text().replace(f"list_price, source: {source}", "list_price, source: genai_prices"))
    sources = (copy / "sources.yml").read_text()
    at = sum(one["id"] < "genai_prices" for one in parse(sources).data)
    (copy / "sources.yml").write_text(add_item(sources, (), at, SOURCE))
    (copy / "price_list.yml").write_text(f"{OPTION}: {{provider: alpha, model: large}}\n")
    return copy


@pytest.fixture
def listing(root: Path, monkeypatch: Patch) -> dict[str, SimpleNamespace]:
    """Return a price list that takes the place of the package's, to be changed."""
    made = agreeing(load_catalog(root))
    monkeypatch.setattr(price_list, "_models", lambda: ("9.9", made))
    return made


def refresh(root: Path, *arguments: str) -> int:
    """Run the command on a copy of the catalog."""
    return run(["catalog", "refresh", "--prices", "--catalog", str(root), "--date", DAY.isoformat(), *arguments])


def test_steps_are_in_order_of_time_and_kinds_are_apart() -> None:
    """Plain, long and batch prices are told apart; a price of some hours is left out."""
    made = model(
        step(None, prices(input=(2, 4), output=8)),
        step("2026-03-01", prices(input=(1, 2), output=8)),
        step("hour", prices(input=9, output=9)),
        batch=step("2026-02-01", prices(input=(0.5, 1), output=4)),
    )
    march, february = datetime.date(2026, 3, 1), datetime.date(2026, 2, 1)
    assert listed(made) == {
        "input": (Step(None, 2), Step(march, 1)),
        "long_input": (Step(None, 4), Step(march, 2)),
        "output": (Step(None, 8), Step(march, 8)),
        "batch_input": (Step(february, 0.5),),
        "batch_output": (Step(february, 4),),
    }


def test_every_listing_is_one_of_the_package(catalog: Catalog) -> None:
    """Provider and model of each option, and of the price book's models, are in genai-prices with every meter."""
    assert compare(catalog, DAY).missing == ()


def test_a_list_that_agrees_changes_nothing(root: Path, listing: Any, capsys: Capture) -> None:
    """Nothing differs, nothing is written."""
    before = {path: path.read_bytes() for path in root.rglob("*.yml")}
    assert refresh(root, "--write") == 0
    assert ", 0 differ" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in root.rglob("*.yml")} == before


def test_a_change_is_shown_and_not_written(root: Path, listing: dict[str, Any], capsys: Capture) -> None:
    """Without --write the difference is printed with old, new and day, and every file stays."""
    listing[LARGE] = model(step(None, prices(input=3, output=15)), step("2026-12-01", prices(input=1.5, output=15)))
    before = {path: path.read_bytes() for path in root.rglob("*.yml")}
    assert refresh(root) == 0
    printed = capsys.readouterr()
    assert f"{OPTION} million_input_tokens 3 → 1.5 USD from 2026-12-01" in " ".join(printed.out.split())
    assert "--write appends" in printed.err
    assert {path: path.read_bytes() for path in root.rglob("*.yml")} == before


def test_a_change_is_appended_with_its_day(root: Path, listing: dict[str, Any]) -> None:
    """Old lines stay to the byte, the new price starts on its day, and --as-of finds both."""
    listing[LARGE] = model(
        step(None, prices(input=3, output=15)),
        step("2026-12-01", prices(input=1.5, output=15)),
        step("2027-01-01", prices(input=4, output=12)),
    )
    file = root / "llm" / "alpha_large.yml"
    before = file.read_text().splitlines()
    assert refresh(root, "--write") == 0
    after = file.read_text().splitlines()
    assert [line for line in after if line in before] == before
    assert len(after) == len(before) + 3
    found = load_catalog(root).options[OPTION][1].prices
    history = [(one.usd, str(one.from_)) for one in found if one.meter == "million_input_tokens"]
    assert history == [(3, "None"), (1.5, "2026-12-01"), (4, "2027-01-01")]
    assert refresh(root, "--write") == 0
    assert file.read_text().splitlines() == after


def test_a_change_whose_day_is_not_known_starts_today(root: Path, listing: dict[str, Any]) -> None:
    """The list has another price and no date for it: it is appended from the day on which it was seen."""
    listing[LARGE] = model(step(None, prices(input=1, output=15)))
    assert refresh(root, "--write") == 0
    (new,) = [p for p in load_catalog(root).options[OPTION][1].prices if p.from_ == DAY]
    assert (new.usd, new.source, new.checked) == (1, "genai_prices", DAY)


def test_the_price_book_is_refreshed_as_well(root: Path, listing: dict[str, Any], capsys: Capture) -> None:
    """Services carry the list's names themselves; their histories grow in the same way."""
    listing["test/model"].prices.append(
        step("2026-12-05", prices(input=(2.5, 6), output=(15, 22.5), cache_read=(0.3, 0.6)))
    )
    assert refresh(root, "--write", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    (change,) = data["changes"]
    assert (change["record"], change["meter"], change["usd"]) == ("test/model", "input", 2.5)
    last = load_catalog(root).records.services["test/model"].meters["input"].prices[-1]
    assert (last.usd, last.from_) == (2.5, datetime.date(2026, 12, 5))


def test_a_failure_puts_everything_back(
    root: Path, listing: dict[str, Any], monkeypatch: Patch, capsys: Capture
) -> None:
    """When the second file cannot be written, the first is put back and the command says why."""
    listing[LARGE] = model(step(None, prices(input=1, output=15)))
    listing["test/model"].prices.append(step("2026-12-05", prices(input=(2.5, 6))))
    before = {path: path.read_bytes() for path in root.rglob("*.yml")}
    calls: list[str] = []

    def failing(folder: Path, contents: Any) -> list[Path]:
        calls.extend(contents)
        if len(calls) == 2:
            raise bad_input("cannot write: disk full", path=str(folder))
        return files.write_all(folder, contents)

    monkeypatch.setattr(price_refresh, "write_all", failing)
    assert refresh(root, "--write") == 2
    assert "disk full" in capsys.readouterr().err
    assert len(calls) == 3
    assert {path: path.read_bytes() for path in root.rglob("*.yml")} == before


def test_a_price_that_breaks_a_rule_is_not_written(root: Path, listing: dict[str, Any], monkeypatch: Patch) -> None:
    """The new texts pass all rules before the first file is replaced."""
    listing[LARGE] = model(step(None, prices(input=-1, output=15)))
    before = {path: path.read_bytes() for path in root.rglob("*.yml")}
    assert refresh(root, "--write") == 2
    assert {path: path.read_bytes() for path in root.rglob("*.yml")} == before


def test_without_the_package_the_way_out_is_said(catalog: Catalog, monkeypatch: Patch) -> None:
    """A missing extra is one clear message."""
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    with pytest.raises(InputError, match=r"pip install 'advisor\[prices\]'"):
        compare(catalog, DAY)


def test_the_main_price_is_the_one_of_today(catalog: Catalog) -> None:
    """An announced price is not shown as the price of an option before its day."""
    from advisor.catalog.provenance import main_price

    for _, option in catalog.options.values():
        shown = main_price(catalog, option).figure
        assert getattr(shown, "from_", None) is None or shown.from_ <= catalog.date  # type: ignore[attr-defined]
