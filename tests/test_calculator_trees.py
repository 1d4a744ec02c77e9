"""Latency paths and availability structures from plain data, judged by hand, by simulation and by enumeration."""

from __future__ import annotations

import contextlib
import itertools
import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import resources, yamlfile
from advisor.calculator.compositions import PathLatency, availability_structure, latency_path
from advisor.calculator.given import Given
from advisor.errors import InputError
from advisor.models import latency, retries
from advisor.models.generation import generation
from advisor.models.latency import Constant, Lognormal, exponential
from advisor.models.tail_bounds import highest_sum_quantile

LEVELS = [0.5, 0.9, 0.95, 0.99, 0.999]
quick = settings(derandomize=True, deadline=None, max_examples=60)
STAGE = {"p50_ms": 40, "p95_ms": 90}
FITTED = Lognormal.fit(p50=40, p95=90)
OTHER = {"name": "other", "mean_ms": 20, "cv": 0.5}
FITTED_OTHER = Lognormal.fit(mean=20, cv=0.5)


def independent(path: PathLatency) -> list[float]:
    """Return the percentiles of a path whose stages are independent."""
    return [row.independent_ms for row in path.percentiles]


def problems(what: Any, text: str) -> list[str]:
    """Return what is said about a tree in a file."""
    document = yamlfile.parse(text, "t.yml")
    with pytest.raises(InputError) as caught:
        what(Given(document.data, document))
    return str(caught.value).splitlines()


# Latency: every node is the model function of its name

NODES = {
    "stage": (STAGE, FITTED),
    "constant": ({"constant_ms": "0.05s"}, Constant(50.0)),
    "uniform": ({"uniform_ms": 100}, latency.Uniform(100.0)),
    "exponential": ({"exponential_mean_ms": 20}, exponential(20.0)),
    "series": ({"series": [STAGE, OTHER]}, latency.series(FITTED, FITTED_OTHER)),
    "parallel": ({"parallel": [STAGE, OTHER]}, latency.parallel(FITTED, FITTED_OTHER)),
    "fan out": ({"fan_out": {"n": 7, "of": STAGE}}, latency.fan_out(FITTED, 7)),
    "k of n": ({"k_of_n": {"k": 1, "of": [STAGE, OTHER]}}, latency.k_of_n(1, [FITTED, FITTED_OTHER])),
    "mixture": (
        {"mixture": [{"share": "30%", "of": STAGE}, {"share": 0.7, "of": OTHER}]},
        latency.mixture([0.3, 0.7], [FITTED, FITTED_OTHER]),
    ),
    "repeat": ({"repeat": {"times": 3, "of": STAGE}}, latency.repeat(FITTED, 3)),
    "random repeat": (
        {"repeat": {"counts": {0: 0.4, 2: 0.6}, "of": STAGE}},
        latency.repeat_random(FITTED, {0: 0.4, 2: 0.6}),
    ),
    "retry": (
        {"retry": {"timeout_ms": 80, "attempts": 2, "backoff_ms": 5, "of": STAGE}},
        retries.retry(FITTED, 80.0, 2, 5.0).overall,
    ),
    "hedge": ({"hedge": {"after_ms": 60, "of": STAGE}}, retries.hedge(FITTED, 60.0).time),
    "first token": (
        {"generation": {"ttft_ms": {"p50": 40, "p95": 90}, "tpot_ms": 20, "output_tokens": 100, "until": "first"}},
        FITTED,
    ),
    "answer": (
        {"generation": {"ttft_ms": 40, "tpot_ms": 20, "output_tokens": {"mean": 100, "cv": 1}, "reasoning_tokens": 5}},
        generation(Constant(40.0), 20.0, Lognormal.fit(mean=100, cv=1), 5).complete,
    ),
    "load points": (
        {"points": [{"load": 1, "p50_ms": 10, "p99_ms": 20}, {"load": 3, "p50_ms": 40, "p99_ms": 80}], "load": 2},
        Lognormal.fit(p50=20, p99=40),  # halfway in the logarithm: the geometric mean of each percentile
    ),
}


@pytest.mark.parametrize("name", NODES)
def test_each_node_is_the_model_of_its_name(name: str) -> None:
    """A node's mean and percentiles are those of the distribution that Python would compose."""
    tree, expected = NODES[name]
    path = latency_path(tree)
    assert path.mean_ms == pytest.approx(expected.mean(), rel=1e-9)
    assert independent(path) == pytest.approx(expected.quantiles(LEVELS), rel=1e-9)


def test_a_path_agrees_with_simulation() -> None:
    """Series, parallel, mixture and repetition together: mean and percentiles of 200 000 draws within 2 %."""
    tree = {
        "series": [
            {"exponential_mean_ms": 10},
            {"parallel": [{"uniform_ms": 30}, {"exponential_mean_ms": 12}]},
            {"mixture": [{"share": 0.25, "of": {"constant_ms": 1}}, {"share": 0.75, "of": {"uniform_ms": 50}}]},
            {"repeat": {"times": 2, "of": {"exponential_mean_ms": 5}}},
        ]
    }
    rng = random.Random(7)

    def once() -> float:
        slowest = max(rng.uniform(0, 30), rng.expovariate(1 / 12))
        either = 1.0 if rng.random() < 0.25 else rng.uniform(0, 50)
        return rng.expovariate(1 / 10) + slowest + either + rng.expovariate(1 / 5) + rng.expovariate(1 / 5)

    drawn = sorted(once() for _ in range(200_000))
    path = latency_path(tree)
    assert path.mean_ms == pytest.approx(math.fsum(drawn) / len(drawn), rel=0.005)
    for row in path.percentiles[:4]:
        level = float(row.percentile[1:]) / 100
        assert row.independent_ms == pytest.approx(drawn[int(level * len(drawn))], rel=0.02)


def test_three_views_of_a_percentile_of_two_stages() -> None:
    """Slow together is the sum of the stages' percentiles; the worst case is at least that and the independent one."""
    path = latency_path({"series": [STAGE, {"series": [OTHER, {"constant_ms": 5}]}]})
    for row, p in zip(path.percentiles, LEVELS, strict=True):
        assert row.slow_together_ms == pytest.approx(FITTED.quantile(p) + FITTED_OTHER.quantile(p) + 5, rel=1e-9)
        assert row.worst_case_ms >= max(row.independent_ms, row.slow_together_ms) * (1 - 1e-6)
    repeated = latency_path({"repeat": {"times": 2, "of": STAGE}}).percentiles[2]
    assert repeated.worst_case_ms == pytest.approx(highest_sum_quantile([FITTED, FITTED], 0.95), rel=1e-9)


def test_the_worst_case_of_rare_slowness_is_reached() -> None:
    """Two stages that are slow in 0.9 % each: p99 is 20 ms slow together, 1010 ms if they take turns."""
    rare = {"mixture": [{"share": 0.991, "of": {"constant_ms": 10}}, {"share": 0.009, "of": {"constant_ms": 1000}}]}
    row = latency_path({"series": [rare, rare]}).percentiles[3]
    assert (row.percentile, row.slow_together_ms, round(row.worst_case_ms, 6)) == ("p99", 20.0, 1010.0)


def test_shares_of_the_mean_add_up_and_places_are_an_outline() -> None:
    """Stages in series share the mean; inside parallels and mixtures there is no share."""
    fixed, other = {"constant_ms": 40}, {"name": "other", "constant_ms": 20}
    path = latency_path({"series": [fixed, {"parallel": [fixed, other]}, {"name": "z", "series": [other]}]})
    assert [(row.place, row.stage) for row in path.stages] == [
        ("1", "series"),
        ("1.1", "constant"),
        ("1.2", "parallel"),
        ("1.2.1", "constant"),
        ("1.2.2", "other"),
        ("1.3", "z"),
        ("1.3.1", "other"),
    ]
    top = [row.share_of_mean for row in path.stages if row.place.count(".") == 1]
    assert math.fsum(share for share in top if share is not None) == pytest.approx(1)
    assert [row.share_of_mean for row in path.stages if row.place.startswith("1.2.")] == [None, None]


def test_retries_and_hedges_state_their_load() -> None:
    """Exponential stage, time-out at its 90th percentile, three attempts: 0.11 further calls, 0.1 % unanswered."""
    limit, stage = 10 * math.log(10), {"exponential_mean_ms": 10}
    (retried,) = latency_path({"retry": {"timeout_ms": limit, "attempts": 3, "of": stage}}).extra_load
    (hedged,) = latency_path({"hedge": {"after_ms": limit, "of": stage}}).extra_load
    assert (retried.further_calls, retried.unanswered) == (pytest.approx(0.11), pytest.approx(0.001))
    assert (hedged.further_calls, hedged.unanswered) == (pytest.approx(0.1), 0)


def test_what_is_assumed_is_said() -> None:
    """A single figure takes a cv of 0.3; a fit that misses stated percentiles by more than 1 % says by how much."""
    assert latency_path({"name": "db", "p95_ms": 50}).assumptions == (
        "db: only p95_ms is stated; a cv of 0.3 is assumed",
    )
    skewed = latency_path({"name": "db", "p50_ms": 10, "p95_ms": 20, "p99_ms": 40}).assumptions
    assert [note.split(" ")[-1] for note in skewed] == ["p50_ms", "p95_ms", "p99_ms"]
    assert latency_path(STAGE).assumptions == ()


def test_all_problems_of_a_latency_tree_at_once() -> None:
    """Each with file, line, path, what was found, what is allowed and the nearest name."""
    text = """series:
  - {p50: 5}
  - {retry: {timeout_ms: 5GB, attempts: 0, off: {constant_ms: 1}}}
  - {name: m, mixture: [{share: x, of: {uniform_ms: -1}}]}
  - {constant_ms: 1, uniform_ms: 2}
  - {repeat: {of: {constant_ms: 1}}}
  - [1]
"""
    known = "name, p50_ms, p90_ms, p95_ms, p99_ms, p999_ms, mean_ms, cv"
    found = problems(latency_path, text)
    assert found[0].startswith("t.yml:2: series[0].p50: is not known here; known: name, ")
    assert found[0].endswith(f"{known.removeprefix('name, ')}; did you mean 'p50_ms'?")
    assert found[1:-1] == [
        "t.yml:3: series[1].retry.off: is not known here; known: timeout_ms, attempts, of, backoff_ms; "
        "did you mean 'of'?",
        "t.yml:3: series[1].retry: misses of",
        "t.yml:3: series[1].retry.timeout_ms: found '5GB': is in ms; GB is not a unit of time",
        "t.yml:3: series[1].retry.attempts: found 0; must be a whole number from 1 to 100",
        "t.yml:4: series[2].mixture[0].share: found 'x'; must be a number",
        "t.yml:4: series[2].mixture[0].of.uniform_ms: width must be greater than 0 and finite, found -1.0",
        "t.yml:5: series[3]: is constant_ms and uniform_ms at once; nest one in the other",
        "t.yml:6: series[4].repeat: needs times (a number of runs) or counts (number: probability)",
    ]
    assert found[-1].startswith("t.yml:7: series[5]: found [1]; must be a mapping with one of constant_ms, ")


@pytest.mark.parametrize("what", [latency_path, availability_structure])
def test_depth_is_bounded(what: Any) -> None:
    """A tree that is nested too deep is refused, not followed."""
    key = "series" if what is latency_path else "all"
    tree: Any = {"constant_ms": 1} if what is latency_path else {"name": "a", "availability": 0.9}
    for _ in range(30):
        tree = {key: [tree]}
    with pytest.raises(InputError, match="nested more than 12 levels deep"):
        what(tree)


# Availability

A, B, C = ({"name": name, "availability": value} for name, value in (("a", 0.9), ("b", 0.8), ("c", 0.7)))


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (A, 0.9),
        ({"all": [A, B]}, 0.9 * 0.8),
        ({"any": [A, B]}, 1 - 0.1 * 0.2),
        ({"all": [A, A, "a"]}, 0.9),
        ({"any": [{"all": [A, B]}, {"all": ["a", C]}]}, 0.9 * (1 - 0.2 * 0.3)),
        ({"k_of_n": {"k": 2, "of": [A, B, C]}}, 0.9 * 0.8 + 0.9 * 0.7 + 0.8 * 0.7 - 2 * 0.9 * 0.8 * 0.7),
        ({"name": "x", "k": 2, "n": 3, "availability": 0.9}, 3 * 0.81 * 0.1 + 0.729),
        ({"fallback": {"primary": A, "backup": B, "switch": "95%"}}, 0.9 + 0.1 * 0.95 * 0.8),
        ({"fallback": {"primary": A, "backup": B, "switch": C}}, 0.9 + 0.1 * 0.7 * 0.8),
        ({"all": [A, {**B, "soft": True}]}, 0.9),
        ({"name": "x", "mtbf_h": 90, "mttr_h": 10}, 0.9),
        ({"name": "x", "mtbf_h": 100, "mttr_h": 10, "mtbf_includes_repair": True}, 0.9),
        ({"name": "x", "downtime_min_per_month": 4380}, 0.9),
        ({"name": "x", "unavailability": 0.1}, 0.9),
    ],
)
def test_availability_by_hand(tree: Any, expected: float) -> None:
    """Each form has the availability that its formula gives; parts with one name count once."""
    assert availability_structure(tree).availability == pytest.approx(expected, rel=1e-12)


def test_a_shared_part_agrees_with_enumeration() -> None:
    """The shipped example: every combination of parts that are up, with its probability."""
    document = yamlfile.load(resources.folder("examples") / "models" / "two_regions.yml")
    found = availability_structure(Given(document.data, document))
    servers = 0.99**3 + 3 * 0.99**2 * 0.01
    up = {"dns": 0.9999, "id": 1 - 4.38 / 43800, "ne": 0.9995, "nw": 0.9995, "se": servers, "sw": servers,
          "db": 4000 / 4002, "re": 0.995, "switch": 0.95}  # fmt: skip
    down = 0.0
    for state in itertools.product((True, False), repeat=len(up)):
        on = dict(zip(up, state, strict=True))
        regions = on["id"] and ((on["ne"] and on["se"]) or (on["nw"] and on["sw"]))
        if not (on["dns"] and regions and (on["db"] or (on["switch"] and on["re"]))):
            down += math.prod(up[name] if on[name] else 1 - up[name] for name in up)
    assert found.unavailability == pytest.approx(down, rel=1e-9)
    assert found.single_points == ("dns", "identity")
    assert found.downtime_min_per_month == pytest.approx(down * 43_800, rel=1e-9)
    assert found.downtime_min_per_week == pytest.approx(down * 10_080, rel=1e-9)
    assert found.downtime_h_per_year == pytest.approx(down * 8_760, rel=1e-9)
    assert found.nines == pytest.approx(-math.log10(down), rel=1e-9)


def test_digits_of_unavailability_are_kept() -> None:
    """Three copies that are each down a millionth of the time are down 1e-18 of it, which no availability can show."""
    copies = [{"name": name, "unavailability": 1e-6} for name in "abc"]
    found = availability_structure({"any": copies})
    assert found.unavailability == pytest.approx(1e-18, rel=1e-12)
    assert found.nines == pytest.approx(18)
    assert availability_structure({"name": "a", "availability": 1}).nines is None


def test_conventions_that_were_not_stated_are_said() -> None:
    """An MTBF without its convention and a fallback without its switch are assumptions."""
    tree = {"fallback": {"primary": {"name": "a", "mtbf_h": 9, "mttr_h": 1}, "backup": B}}
    notes = availability_structure(tree).assumptions
    assert [note.split(" ")[0] for note in notes] == ["a:", "a"]
    assert "time up" in notes[0]
    assert "work always" in notes[1]


def test_all_problems_of_an_availability_tree_at_once() -> None:
    """Each with file, line, path, what was found and what is allowed, in the order of the lines."""
    text = """all:
  - {name: a, availability: 1.5}
  - {name: b, k: 4, n: 3, availability: 0.9}
  - c
  - {name: e, al: []}
  - any:
      - {name: f, mtbf_h: 5}
      - {name: g, availability: 0.9, soft: true}
  - {name: i, availability: 0.9}
  - {name: i, availability: 0.8}
  - {fallback: {primary: g, backup: i, switch: 2}}
  - 5
"""
    assert problems(availability_structure, text) == [
        "t.yml:2: all[0]: availability of a must lie in [0, 1], found 1.5",
        "t.yml:3: all[1].k: found 4; must be a whole number from 1 to 3",
        "t.yml:4: all[2]: 'c' is described nowhere in the tree; described: a, b, e, f, g, i",
        "t.yml:5: all[3].al: is not known here; known: name, availability, unavailability, downtime_min_per_month, "
        "mtbf_h, mttr_h, mtbf_includes_repair, k, n, soft; did you mean 'all'?",
        "t.yml:5: all[3]: states none; a part states exactly one of availability, unavailability, "
        "downtime_min_per_month, mtbf_h",
        "t.yml:7: all[4].any[0]: has mtbf_h but no mttr_h",
        "t.yml:8: all[4].any[1].soft: only what stands directly in an all can be soft",
        "t.yml:10: all[6]: 'i' is up 0.8 here, but 0.9 at all[5]; the same name is the same part: give it one "
        "availability or two names",
        "t.yml:11: all[7].fallback.switch: found 2.0; must be a probability from 0 to 1, or a part",
        "t.yml:12: all[8]: found 5; must be a part with a name, or one of all, any, k_of_n, fallback",
    ]


# Whatever stands in a file

WORDS = """series parallel mixture repeat retry hedge k_of_n fan_out of share times counts k n name p50_ms p95_ms
mean_ms cv constant_ms uniform_ms timeout_ms attempts after_ms points load all any fallback primary backup switch soft
availability mtbf_h mttr_h"""
KEYS = st.sampled_from(WORDS.split())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 40), st.floats(-2, 2), st.sampled_from(["a", "b", "5ms", "99%", "", "x"])
)
TREES = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@quick
@given(TREES)
def test_any_tree_is_computed_or_refused(tree: Any) -> None:
    """Whatever is nested in whatever, there is a report or a list of problems, never another exception."""
    for what in (latency_path, availability_structure):
        with contextlib.suppress(InputError):
            assert what(tree)


def test_the_examples_are_trees() -> None:
    """Every shipped example names, in its first lines, the call that reads it, and it works."""
    examples = sorted((resources.folder("examples") / "models").glob("*.yml"))
    assert len(examples) >= 2
    for example in examples:
        document = yamlfile.load(example)
        what = latency_path if "latency_path" in example.read_text() else availability_structure
        assert what(Given(document.data, document)) is not None
