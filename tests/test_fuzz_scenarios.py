"""Whatever a scenario file holds, the answer is an answer or a message: never an exception that nobody expected."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError
from advisor.proposal import propose
from advisor.scenario.load import scenario_from_text

DATA = Path(__file__).parent / "data"
CASES = 2000
STRANGE: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    0.5,
    1e-300,
    1e300,
    -1e9,
    10**30,
    float("nan"),
    float("inf"),
    "",
    " ",
    "NaN",
    ".inf",
    "1e5",
    "none",
    "no",
    "💥",
    "a" * 5000,
    "\u202e",
    "../..",
    "{{7*7}}",
    "<script>",
    [],
    {},
    [[]],
    {"a": {"b": 1}},
    [1, 2],
    {"min": 1},
    {"max": 1},
    {"p95": 1},
    {"mean": 5, "cv": 5},
    {"mean": 0},
    "0x10",
    "2026-11-22",
    "p99",
]
METRICS = [
    "cost_usd_per_month",
    "operations_h_per_month",
    "quality",
    "clouds",
    "flows.answer.ttft_ms.p95",
    "flows.answer.latency_ms.mean",
    "flows.answer.latency_ms.p99.9",
    "flows.answer.availability",
    "flows.ingest.freshness_s.p50",
    "flows.ingest.availability",
    "nonsense",
]


@pytest.fixture(scope="module")
def mini() -> tuple[Catalog, dict[str, Any]]:
    """Return the small catalog and its valid scenario as plain data."""
    return load_catalog(DATA / "mini_catalog"), yaml.safe_load((DATA / "mini_scenario.yml").read_text(encoding="utf-8"))


def mutate(rng: random.Random, data: dict[str, Any], catalog: Catalog) -> str:
    """Return the text of a scenario with one to four things changed, most often still close to a valid one."""
    changed: Any = copy.deepcopy(data)
    for _ in range(rng.choice([1, 1, 2, 3, 4])):
        rng.choice(MUTATIONS)(rng, changed, catalog)
    text = yaml.safe_dump(
        changed, allow_unicode=True, sort_keys=False, default_flow_style=rng.choice([None, False, True])
    )
    return _spoil(rng, text) if rng.random() < 0.25 else text


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a tree."""
    found: list[tuple[Any, Any]] = []
    for key, inner in (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    ):
        found += [(value, key), *_places(inner)]
    return found


def _delete(rng: random.Random, data: Any, catalog: Catalog) -> None:
    if places := _places(data):
        container, key = rng.choice(places)
        del container[key]


def _replace(rng: random.Random, data: Any, catalog: Catalog) -> None:
    if places := _places(data):
        container, key = rng.choice(places)
        container[key] = copy.deepcopy(rng.choice(STRANGE))


def _scale(rng: random.Random, data: Any, catalog: Catalog) -> None:
    numbers = [(c, k) for c, k in _places(data) if isinstance(c[k], int | float) and not isinstance(c[k], bool)]
    if numbers:
        container, key = rng.choice(numbers)
        container[key] *= rng.choice([0, -1, 0.001, 0.3, 0.9, 1.1, 3, 10, 1000, 1e9])


def _rename(rng: random.Random, data: Any, catalog: Catalog) -> None:
    named = [(c, k) for c, k in _places(data) if isinstance(c, dict)]
    if named:
        container, key = rng.choice(named)
        container[rng.choice([str(key)[:-1], f"{key}_", str(key).upper(), 7, "", "x.y", rng.choice(METRICS)])] = (
            container.pop(key)
        )


def _move(rng: random.Random, data: Any, catalog: Catalog) -> None:
    places = _places(data)
    if len(places) > 1:
        (a, i), (b, j) = rng.sample(places, 2)
        a[i] = copy.deepcopy(b[j])


def _deepen(rng: random.Random, data: Any, catalog: Catalog) -> None:
    if places := _places(data):
        container, key = rng.choice(places)
        for _ in range(rng.choice([1, 3, 60])):
            container[key] = rng.choice([[container[key]], {"x": container[key]}])


def _constrain(rng: random.Random, data: Any, catalog: Catalog) -> None:
    limits = data.setdefault("constraints", {}) if isinstance(data, dict) else None
    if not isinstance(limits, dict):
        return
    section: tuple[str, Any] = rng.choice(
        [
            ("cost_usd_per_month", {"max": 10 ** rng.uniform(0, 6)}),
            ("quality", {"min": rng.random()}),
            ("operations_h_per_month", {"max": 10 ** rng.uniform(-1, 3)}),
            ("clouds", {"max": rng.randrange(0, 4), "allow": rng.sample(["aws", "azure", "gcp", "vendor"], 2)}),
            ("residency", {"require": rng.choice(["eu", "us", "apac", "moon"])}),
            ("modes", {"deny": [rng.choice(["saas", "managed", "self_hosted"])]}),
            ("licences", {"allow": ["Apache-2.0", rng.choice(["proprietary", "MIT"])]}),
            (
                "flows",
                {
                    "answer": {
                        "ttft_ms": {rng.choice(["p50", "p95", "p99.9", "mean", "p100"]): 10 ** rng.uniform(0, 5)},
                        "availability": {"min": 1 - 10 ** rng.uniform(-7, 0)},
                    },
                    "ingest": {"freshness_s": {"p95": 10 ** rng.uniform(-1, 4)}},
                },
            ),
        ]
    )
    limits[section[0]] = section[1]


def _aim(rng: random.Random, data: Any, catalog: Catalog) -> None:
    if isinstance(data, dict):
        data["objective"] = rng.choice(
            [
                {"minimize": rng.choice(METRICS)},
                {"maximize": rng.choice(METRICS)},
                {"weights": {metric: 10 ** rng.uniform(-2, 4) for metric in rng.sample(METRICS, rng.randrange(1, 4))}},
                {
                    "lexicographic": [
                        {rng.choice(["minimize", "maximize"]): metric} for metric in rng.sample(METRICS, 2)
                    ]
                },
            ]
        )


def _decide(rng: random.Random, data: Any, catalog: Catalog) -> None:
    names = [*catalog.options, *catalog.records.components, "none", "nothing"]
    if isinstance(data, dict):
        role = rng.choice(list(catalog.records.roles))
        fitting = [name for c, o in catalog.options_for(role) for name in (c.id, o.id)]
        data["choices"] = rng.choice(
            [
                {"pin": {role: rng.choice([*fitting, "none"])}},
                {"exclude": rng.sample(names, 2)},
                {"pin": {role: rng.choice(fitting or names)}, "exclude": rng.sample(fitting or names, 1)},
            ]
        )


def _size(rng: random.Random, data: Any, catalog: Catalog) -> None:
    if isinstance(data, dict):
        data["sizing"] = rng.choice(
            [
                {"target_utilisation": rng.choice([1, 0.01, 0.9, 0, 2])},
                {"extra_units": rng.choice([0, 8, 9, -1])},
                {"zones": rng.choice([[1], [3, 3], [4], []])},
            ]
        )


Mutation = Callable[[random.Random, Any, Catalog], None]
MUTATIONS: list[Mutation] = [
    _delete,
    _replace,
    _scale,
    _scale,
    _rename,
    _move,
    _deepen,
    _constrain,
    _constrain,
    _aim,
    _aim,
    _decide,
    _decide,
    _size,
]


def _spoil(rng: random.Random, text: str) -> str:
    """Return text with bytes changed, cut, repeated or mixed with things that YAML knows."""
    at = rng.randrange(len(text) + 1)
    snippet = rng.choice(
        [
            "\x00",
            "\t",
            "&a ",
            "*a",
            "!!python/object:os.system x",
            "---\n",
            "? [",
            "{",
            "}",
            "\ufeff",
            "\u0085",
            ": ",
            "- ",
            "%YAML 9.9\n",
            "'",
            '"',
            "<<: *a\n",
            chr(rng.randrange(1, 0x10FFFF) if rng.random() < 0.5 else 255),
        ]
    )
    lines = text.splitlines(keepends=True)
    spoiled = rng.choice(
        [
            text[:at] + snippet + text[at:],
            text[:at],
            text[at:],
            text + rng.choice(lines or [""]),
            text[:at] + text[at + 3 :],
            "".join(rng.sample(lines, len(lines))),
            text.encode().decode("latin-1"),
        ]
    )
    return spoiled.encode("utf-8", "replace").decode()


def outcome(text: str, catalog: Catalog) -> str:
    """Return what a scenario leads to; any exception but InputError is a bug."""
    try:
        proposal = propose(scenario_from_text(text, catalog), catalog, explain=False, time_limit_s=5)
    except InputError as error:
        assert error.problems  # noqa: PT017
        assert all(problem.message and "\n" not in str(problem) for problem in error.problems)  # noqa: PT017
        return "bad input"
    if proposal.best is not None:
        assert proposal.best.feasible
    return proposal.status.value


SEEN: Counter[str] = Counter()


@settings(max_examples=CASES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**63))
def test_mutated_scenarios_lead_to_an_answer_or_a_message(mini: tuple[Catalog, dict[str, Any]], seed: int) -> None:
    """2 000 mutated scenarios: optimal, infeasible, stopped or InputError, and nothing else."""
    catalog, data = mini
    SEEN[outcome(mutate(random.Random(seed), data, catalog), catalog)] += 1


def test_the_mutations_reach_every_outcome(mini: tuple[Catalog, dict[str, Any]]) -> None:
    """Of 120 mutated scenarios some are refused, some infeasible, some solved: the test above tests something."""
    catalog, data = mini
    seen = Counter(outcome(mutate(random.Random(seed), data, catalog), catalog) for seed in range(120))
    assert min(seen["bad input"], seen["optimal"], seen["infeasible"]) >= 5, seen
    assert outcome(yaml.safe_dump(data), catalog) == "optimal"


@pytest.mark.parametrize("seed", range(30))
def test_the_command_line_ends_with_a_known_exit_code(
    seed: int, mini: tuple[Catalog, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`advisor propose` ends with 0, 2 or 3, writes a folder only with 0 or 3, and never shows a traceback."""
    from advisor.commands.main import run

    catalog, data = mini
    text = mutate(random.Random(10_000 + seed), data, catalog)
    file = tmp_path / "scenario.yml"
    file.write_bytes(text.encode())
    expected = {"optimal": 0, "bad input": 2, "infeasible": 3}
    code = run(["propose", str(file), "-o", str(tmp_path / "out"), "--catalog", str(DATA / "mini_catalog")])
    shown = capsys.readouterr()
    assert code == expected[outcome(text, catalog)], shown.err
    assert "Traceback" not in shown.out + shown.err
    if code == 2:
        assert not (tmp_path / "out").exists()
        assert str(file) in shown.err
