"""``advisor catalog add``: a file to fill in that says what is missing, and passes the rules once nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.load import Catalog
from advisor.catalog.overlay import overlaid
from advisor.commands.main import run
from advisor.errors import InputError
from advisor.render.component_starter import latencies, meters
from advisor.yamlfile import parse

Capture = pytest.CaptureFixture[str]


def add(folder: Path, role: str, *arguments: str) -> int:
    """Run the command and return the exit code."""
    return run(["catalog", "add", role, "-o", str(folder), "--yes", "--date", "2026-11-26", *arguments])


def everything(catalog: Catalog, role: str, mode: str) -> list[str]:
    """Return options that answer everything that a role asks."""
    one = catalog.role(role)
    found = ["--name", f"Mine {role}", "--mode", mode, "--residency", "eu", "--availability", "0.999", "--hours", "5"]
    found += [part for key in one.dimensions for part in ("--capacity", f"{key}=100")]
    found += [part for key in latencies(one) for part in ("--latency", f"{key}=12.5")]
    found += ["--quality", f"{one.quality.metric}={one.quality.best}"] if one.quality else []
    if mode == "self_hosted":
        return [*found, "--cloud", "aws", "--instance", "aws/m7i.4xlarge"]
    return [*found, "--cloud", "vendor", "--price", "month=250"]


def test_filled_from_options_it_passes_the_rules(catalog: Catalog, tmp_path: Path) -> None:
    """For roles of every kind, run by us or by others, the file of the answers is a component that fills the role."""
    for index, role in enumerate(sorted(catalog.records.roles)[::5]):
        mode = ("self_hosted", "saas", "managed")[index % 3]
        folder = tmp_path / role
        assert add(folder, role, *everything(catalog, role, mode)) == 0, role
        if index % 4 == 0:  # the command has laid it over the catalog itself; some are looked at from outside
            pair = next(p for p in overlaid(catalog, [folder]).options_for(role) if p[0].name == f"Mine {role}")
            assert (pair[1].mode, pair[1].residency, pair[1].operations_h_per_month.value) == (mode, ["eu"], 5)
            assert {figure.basis for figure in pair[1].latency.values()} <= {"measured"}


def test_what_is_not_known_is_a_comment_and_is_said(tmp_path: Path, capsys: Capture) -> None:
    """Nothing is made up: each unknown is named on standard error and in the file, and the rules miss it."""
    assert add(tmp_path, "vector_store", "--capacity", "reads_per_s=300") == 0
    said = capsys.readouterr().err
    text = (tmp_path / "vector_store" / "our_vector_store.yml").read_text()
    option: dict[str, Any] = parse(text).data["options"][0]
    assert option["capacity"] == {
        "reads_per_s": {**option["capacity"]["reads_per_s"], "value": 300, "basis": "measured"}
    }
    for name in ("writes_per_s", "vector_gb", "search_ms", "upsert_ms", "recall_at_100", "operations_h_per_month"):
        assert f"{name}: " in said
        assert f"# {name}: " in text
    assert run(["catalog", "check", str(tmp_path)]) == 2
    assert "our_vector_store.yml:" in capsys.readouterr().err


def test_uncommenting_what_is_missing_makes_it_whole(catalog: Catalog, tmp_path: Path) -> None:
    """A user who fills in the comments, and nothing else, has a component that passes."""
    assert add(tmp_path, "gateway", "--mode", "managed", "--cloud", "aws") == 0
    file = tmp_path / "gateway" / "our_api_gateway.yml"
    figure = "basis: measured, source: own_our_api_gateway, checked: 2026-11-26"
    lines = []
    for line in file.read_text().splitlines():
        body = line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line
        body = body.replace("basis: ..., source: ..., checked: ...", figure).replace("[...]", "[eu]")
        body = body.replace("value: ...", "value: 0.99").replace("p50: ...", "p50: 4").replace("usd: ...", "usd: 3")
        lines.append(line if "meter: " in body and "million_requests" not in body else body)
    with pytest.raises(InputError):
        overlaid(catalog, [tmp_path])
    file.write_text("\n".join(lines) + "\n")
    assert "our_api_gateway_aws" in overlaid(catalog, [tmp_path]).options


def test_nothing_is_overwritten(tmp_path: Path, capsys: Capture) -> None:
    """A second call with the same id leaves the file; another id goes beside it and sources stay sorted."""
    assert add(tmp_path, "gateway", "--id", "zeta") == 0
    file = tmp_path / "gateway" / "zeta.yml"
    file.write_text("# mine\n")
    assert add(tmp_path, "gateway", "--id", "zeta") == 2
    assert "exists already and is left alone" in capsys.readouterr().err
    assert file.read_text() == "# mine\n"
    assert add(tmp_path, "gateway", "--id", "alpha") == 0
    assert [one["id"] for one in parse((tmp_path / "sources.yml").read_text()).data] == ["own_alpha", "own_zeta"]


def test_no_limit_is_said_to_be_none(catalog: Catalog, tmp_path: Path) -> None:
    """A capacity of none is a stated null with its condition, which the rules accept."""
    options = everything(catalog, "gateway", "saas")
    options[options.index("requests_per_s=100")] = "requests_per_s=none"
    assert add(tmp_path, "gateway", *options) == 0
    (own,) = [pair for pair in overlaid(catalog, [tmp_path]).options_for("gateway") if pair[0].name == "Mine gateway"]
    assert own[1].capacity["requests_per_s"].value is None


@pytest.mark.parametrize(
    ("role", "arguments", "said"),
    [
        ("vector_stor", (), "did you mean 'vector_store'"),
        ("gateway", ("--capacity", "request_per_s=3"), "did you mean 'requests_per_s'"),
        ("gateway", ("--capacity", "requests_per_s"), "NAME=VALUE is expected"),
        ("gateway", ("--latency", "route_ms=fast"), "found 'fast'; a number of at least 0"),
        ("gateway", ("--latency", "route_ms=-3"), "found '-3'"),
        ("gateway", ("--price", "million_request=3"), "did you mean 'million_requests'"),
        ("gateway", ("--instance", "aws/m7i.4xlarg"), "did you mean 'aws/m7i.4xlarge'"),
        ("gateway", ("--id", "kong"), "is in the catalog already and would be replaced"),
        ("gateway", ("--id", "Kong Two"), "--id: found 'Kong Two'"),
        ("gateway", ("--name", "···"), "--id: found ''"),
    ],
)
def test_what_is_wrong_is_said(
    role: str, arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: Capture
) -> None:
    """Exit code 2, what was found and what is allowed, and no file."""
    assert add(tmp_path / "own", role, *arguments) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "own").exists()


def test_a_broken_rule_writes_nothing(catalog: Catalog, tmp_path: Path, capsys: Capture) -> None:
    """Answers that are complete and wrong are refused before anything is written: a score above the best."""
    role = next(r for r, one in catalog.records.roles.items() if one.quality and one.quality.normalise == "share")
    options = everything(catalog, role, "saas")
    metric = catalog.role(role).quality
    assert metric is not None
    options[options.index(f"{metric.metric}={metric.best}")] = f"{metric.metric}={metric.best * 2}"
    assert add(tmp_path / "own", role, *options) == 2
    assert "must be in (0" in capsys.readouterr().err
    assert not (tmp_path / "own").exists()


def test_on_a_terminal_it_asks_for_what_the_role_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are those of the role; an empty answer stays unknown."""
    import sys

    import click

    asked: list[str] = []

    def prompt(question: str, default: Any = "", **_: Any) -> Any:
        asked.append(question)
        return "7" if "route" in question else default

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert run(["catalog", "add", "gateway", "-o", str(tmp_path)]) == 0
    assert any("requests per unit" in question for question in asked)
    assert not any("vectors" in question for question in asked)
    text = (tmp_path / "gateway" / "our_api_gateway.yml").read_text()
    assert "route_ms: {p50: 7," in text
    assert "# requests_per_s:" in text


def test_delivery_is_a_price_of_brokers(catalog: Catalog) -> None:
    """A cache is read too, and nobody bills it by what it delivers."""
    assert "gb_delivered" in meters(catalog, catalog.role("event_broker"))
    assert "gb_delivered" not in meters(catalog, catalog.role("semantic_cache"))


def test_a_slip_on_a_terminal_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A number, a region or an instance type that cannot be read costs one answer, not all those before it."""
    import sys

    import click

    slips = {"requests per unit": ["many", "900"], "Regions": ["mars", "eu"], "Instance": ["m7i", "aws/m7i.4xlarge"]}
    slips["Availability"] = ["99.9", "0.999"]

    def prompt(question: str, default: Any = "", **_: Any) -> Any:
        answers = next((answers for begin, answers in slips.items() if question.startswith(begin)), None)
        return answers.pop(0) if answers else default

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert run(["catalog", "add", "gateway", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert all(f"found '{slip}'" in said for slip in ("many", "mars", "99.9"))
    assert "'m7i' has no price" in said
    option = parse((tmp_path / "gateway" / "our_api_gateway.yml").read_text()).data["options"][0]
    assert (option["capacity"]["requests_per_s"]["value"], option["residency"]) == (900, ["eu"])
    assert option["unit"]["instance"] == "aws/m7i.4xlarge"


def test_a_list_of_sources_in_another_shape_is_said(tmp_path: Path, capsys: Capture) -> None:
    """What a user wrote as a mapping is bad input, and nothing is written beside it."""
    (tmp_path / "sources.yml").write_text("ours: {title: Load test}\n")
    assert add(tmp_path, "gateway", "--mode", "managed", "--cloud", "aws") == 2
    assert "sources.yml: a list is expected here" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["sources.yml"]
