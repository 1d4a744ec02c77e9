"""Every rule across the catalog's records has a case that breaks it, and only what is broken is named."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.checks import RULES
from advisor.catalog.load import Records, load_catalog
from advisor.errors import InputError

MINI = Path(__file__).parent / "data" / "mini_catalog"
Data = dict[str, Any]


@pytest.fixture(scope="module")
def clean() -> Records:
    """Return the records of the small catalog."""
    return load_catalog(MINI).records


def _option(data: Data, wanted: Callable[[Data], bool] = lambda option: True) -> Data:
    """Return the first option of the catalog that is wanted."""
    found: Data = next(o for component in data["components"].values() for o in component["options"] if wanted(o))
    return found


def _on_instance(option: Data) -> bool:
    return bool(option["unit"] and option["unit"]["instance"])


def _metered(option: Data) -> bool:
    return option["unit"] is None


def _repeat_an_id(data: Data) -> None:
    first, second, *_ = data["components"].values()
    second["options"][0]["id"] = first["options"][0]["id"]


def _double_price(data: Data) -> None:
    option = _option(data, _metered)
    option["prices"].append(dict(option["prices"][0]))


def _withdrawn_too_soon(data: Data) -> None:
    first, last = datetime.date(2026, 2, 1), datetime.date(2026, 1, 31)
    why = {"basis": "estimate", "reasoning": "a test", "checked": first}
    _option(data, _metered).update(released={"date": first, **why}, withdrawn={"date": last, **why})


def _strange_partner(data: Data) -> None:
    first, *_ = data["components"].values()
    why = {"basis": "estimate", "reasoning": "a test", "checked": datetime.date(2026, 2, 1)}
    first["works_with"] = [{"role": "llm", "components": ["no_such_model"], **why}]


def _more_than_all(data: Data) -> None:
    data["clouds"]["aws"]["zone_availability"] |= {"value": 1.5, "low": None, "high": None}


def _wrong_parameter(data: Data) -> None:
    next(iter(data["blueprints"].values()))["flows"]["answer"]["rate_per_month"] = "requests_per_moth"


def _foreign_stock(data: Data) -> None:
    next(iter(data["blueprints"].values()))["roles"]["conversation_store"]["stock"] = {"vector_gb": "documents"}


def _idle_parameter(data: Data) -> None:
    parameters = next(iter(data["blueprints"].values()))["parameters"]
    parameters["documents_read"] = parameters["documents"]


def _other_items(data: Data) -> None:
    flow = next(iter(data["blueprints"].values()))["flows"]["ingest"]
    step = next(step for step in flow["path"] if step["role"] == "embedding")
    step["items"] = "chunks_per_document"


def _second_cache(data: Data) -> None:
    path = next(iter(data["blueprints"].values()))["flows"]["answer"]["path"]
    path.append(next(step for step in path if step["cache"]))


def _misnamed_service(data: Data) -> None:
    data["services"][next(iter(data["instances"]))] = data["services"]["test/store"]


CASES: dict[str, tuple[Callable[[Data], Any], str]] = {
    "option_ids_are_unique": (_repeat_an_id, "already the id"),
    "roles_exist": (lambda d: _option(d)["roles"].append("vector_stor"), "did you mean 'vector_store'"),
    "capacity_is_stated": (lambda d: _option(d)["capacity"].clear(), "is missing"),
    "dimensions_exist": (
        lambda d: _option(d)["capacity"].update(request_per_s=next(iter(_option(d)["capacity"].values()))),
        "did you mean 'requests_per_s'",
    ),
    "latency_is_stated": (lambda d: _option(d, lambda o: o["latency"])["latency"].clear(), "is missing"),
    "quality_is_stated": (lambda d: _option(d, lambda o: o["quality"])["quality"].clear(), "is missing"),
    "units_have_one_price": (lambda d: _option(d, _metered)["prices"].clear(), "at least one price"),
    "instances_exist": (lambda d: _option(d, _on_instance)["unit"].update(instance="aws/none.large"), "has no price"),
    "self_run_options_say_how_they_fail": (
        lambda d: _option(d, lambda o: o["availability"]["software"]).update(cloud="vendor"),
        "needs a unit on an instance",
    ),
    "meters_exist": (
        lambda d: _option(d, _metered)["prices"][0].update(meter="milion_requests"),
        "did you mean 'million_requests'",
    ),
    "price_histories_rise": (_double_price, "rising from: dates"),
    "days_of_sale_follow": (_withdrawn_too_soon, "not after the release on 2026-02-01"),
    "partners_exist": (_strange_partner, "'no_such_model' is not a component or option that can fill llm"),
    "sources_exist": (
        lambda d: d["sources"].pop(
            next(
                f["source"]
                for o in [_option(d, lambda o: any(p["source"] for p in o["prices"]))]
                for f in o["prices"]
                if f["source"]
            )
        ),
        "is not in sources.yml",
    ),
    "listings_name_options": (
        lambda d: d["listings"].update(no_such_option={"provider": "openai", "model": "gpt"}),
        "is not an option with a price by tokens",
    ),
    "source_terms_are_known": (
        lambda d: next(iter(d["sources"].values())).update(licence_note="Unknown."),
        "found 'Unknown.'; say what it allows",
    ),
    "services_and_instances_differ": (_misnamed_service, "already an instance type"),
    "service_prices_state_conditions": (
        lambda d: d["services"]["test/store"]["meters"]["month"]["prices"][0].update(conditions=None),
        "conditions is missing",
    ),
    "long_prompts_have_prices": (
        lambda d: d["services"]["test/model"]["meters"].pop("long_cache_read"),
        "long_cache_read is missing",
    ),
    "shares_are_shares": (_more_than_all, "must be in (0, 1]"),
    "blueprints_hold_together": (_wrong_parameter, "did you mean 'requests_per_month'"),
    "blueprints_name_their_parameters": (_foreign_stock, "'vector_gb' is not a dimension of the role"),
    "parameters_are_used": (_idle_parameter, "nothing depends on it"),
    "runs_of_an_operation_agree": (_other_items, "embedding: embed differs in items"),
    "flows_have_one_cache": (_second_cache, "has 2 caches"),
}


def test_every_rule_has_a_case() -> None:
    """A rule without a case, or a case without a rule, is an error."""
    assert {rule.__name__ for rule in RULES} == set(CASES)
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_clean_catalog_meets_the_rule(rule: Any, clean: Records) -> None:
    """Nothing is found in a catalog that is right."""
    assert list(rule(clean)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_finds_what_is_broken(rule: Any, clean: Records) -> None:
    """The case is found, at a record that exists, with a message that helps."""
    change, message = CASES[rule.__name__]
    data = clean.model_dump(by_alias=True)
    change(data)
    found = list(rule(Records.model_validate(data)))
    assert found
    assert any(message in text for _, _, text in found), found
    for (kind, key), _, _ in found:
        assert key in data[kind]


def test_the_prices_of_a_service_rise_as_well(clean: Records) -> None:
    """The history of a service's meter is in order of its dates, like that of an option's price."""
    data = clean.model_dump(by_alias=True)
    data["services"]["test/store"]["meters"]["gb_month"]["prices"].reverse()
    rule = next(rule for rule in RULES if rule.__name__ == "price_histories_rise")
    assert [record for record, _, _ in rule(Records.model_validate(data))] == [("services", "test/store")]


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    """Reading a folder reports every problem of every file with file and line, and the cache never hides it."""
    root = tmp_path / "catalog"
    shutil.copytree(MINI, root)
    load_catalog(root)
    for name in ("alpha_gateway", "beta_gateway"):
        file = root / "gateway" / f"{name}.yml"
        lines = file.read_text(encoding="utf-8").splitlines()
        at = next(i for i, line in enumerate(lines) if "roles: [gateway]" in line)
        lines[at] = lines[at].replace("gateway]", "gatewai]")
        file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_catalog(root)
    text = str(caught.value)
    assert "alpha_gateway.yml:" in text
    assert "beta_gateway.yml:" in text
    assert text.count("did you mean 'gateway'") >= 2


def test_sources_out_of_order_are_named_with_where_they_go(tmp_path: Path) -> None:
    """The list of sources is in order of ids: what is out of order is named with its line and its place."""
    root = tmp_path / "catalog"
    shutil.copytree(MINI, root)
    file = root / "sources.yml"
    entry = '- {id: aaa, title: t, address: a, publisher: p, date: "2026", licence_note: n}\n'
    file.write_text(file.read_text().rstrip("\n") + "\n" + entry)
    with pytest.raises(InputError) as caught:
        load_catalog(root)
    (problem,) = caught.value.problems
    assert problem.line == len(file.read_text().splitlines())
    assert "ids are sorted; move 'aaa' before" in problem.message


def test_a_folder_without_a_catalog(tmp_path: Path) -> None:
    """An empty or missing folder is one message."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match=r"holds no roles\.yml"):
            load_catalog(folder)
