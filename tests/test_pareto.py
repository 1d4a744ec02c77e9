"""Fronts against enumeration of all designs; words against the numbers; what is called proved is proved."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.enumeration import Judged, enumerate_all, meets
from oracles.fronts import agree, beaten, losses, middle, slack
from oracles.problems import draw_bounds, draw_filters, metric_names, small_table, with_question

from advisor.analysis import pareto as module
from advisor.analysis.axes import Axis
from advisor.analysis.changes import role_changes
from advisor.analysis.equality import same
from advisor.analysis.metric_names import alternatives_to, metric_paths
from advisor.analysis.overrides import change
from advisor.analysis.pareto import Front, OutOfTimeError, Point, front_of, knee, pareto
from advisor.analysis.quadrants import Corner, Reached, undominated, walk
from advisor.analysis.spread import farthest, spread
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.commands.main import run
from advisor.commands.pareto import understood
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.models.latency import Constant, Lognormal, inverse, transform
from advisor.optimizer.front_case import percentiles
from advisor.optimizer.proof import TooHardError
from advisor.optimizer.solver import Status
from advisor.optimizer.stairs import Stairs
from advisor.optimizer.tails import MARGIN
from advisor.render import pareto_chart as pareto_chart_module
from advisor.render import pareto_json, pareto_plot, pareto_text, pareto_words
from advisor.render.pareto_chart import pareto_chart
from advisor.render.step_words import exchange_text, role_texts, step_text
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import Bound, Requirement

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden" / "tradeoffs"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog")]
FEW = ["sizing.extra_units=0", "sizing.zones=[1]"]  # fewer candidates
SEEDS = range(50)  # x (two metrics, three metrics) = 100 problems
_ENUMERATED: dict[int, tuple[Table, list[Judged]]] = {}


# --- the walk alone ---------------------------------------------------------------------------------------------------

Vectors = st.integers(2, 4).flatmap(lambda n: st.lists(st.tuples(*[st.integers(0, 7)] * n), min_size=0, max_size=40))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(Vectors)
def test_the_walk_finds_every_nondominated_vector(vectors: list[tuple[int, ...]]) -> None:
    """For two to four losses full of ties: exactly the nondominated vectors, in order, with few optima per point."""
    count = len(vectors[0]) if vectors else 2
    asked: list[Corner] = []

    def solve(corner: Corner, _: object) -> Reached[None] | None:
        asked.append(corner)
        inside = [v for v in vectors if all(x <= most for x, most in zip(v[1:], corner, strict=True))]
        return Reached(tuple(map(float, min(inside, key=lambda v: (v[0], v[::-1])))), None) if inside else None

    found = list(walk(count, solve, lambda _, loss: loss - 1))
    assert [p.losses[0] for p in found] == sorted(p.losses[0] for p in found)
    kept = {p.losses for p in undominated(found, lambda _, loss: loss - 1)}
    assert kept == {v for v in vectors if not any(beaten(v, other) for other in vectors)}
    assert len(asked) == len(set(asked))
    if count < 4:
        assert len(asked) <= (count - 1) * len(found) + 1


@pytest.mark.parametrize("count", [2, 3])
def test_the_staircase_is_what_no_point_beats(count: int) -> None:
    """Whatever is added in whatever order: the points are those that none is as good as, and the corners all else."""
    rng = random.Random("stairs")
    top = {2: 9, 3: 6}[count]
    for _ in range(300):
        added = [tuple(rng.randrange(top) for _ in range(count)) for _ in range(rng.randrange(8))]
        most = tuple(float(top - 2) for _ in range(count - 1))
        stairs: Stairs[int] = Stairs([lambda x: x - 1] * count, most)
        for number, one in enumerate(added):
            stairs.add(one, number)
        inside = [one for one in added if all(x <= y for x, y in zip(one[1:], most, strict=True))]
        assert sorted(stairs.losses) == sorted({p for p in inside if not any(beaten(p, other) for other in inside)})
        assert [added[number] for number in stairs.what] == stairs.losses
        corners = stairs.corners.tolist()
        assert not any(a != b and all(x <= y for x, y in zip(a, b, strict=True)) for a in corners for b in corners)
        for point in itertools.product(range(top), repeat=count):
            within = all(x <= y for x, y in zip(point[1:], most, strict=True))
            open_ = within and not any(all(a <= x for a, x in zip(one, point, strict=True)) for one in inside)
            assert stairs.wants(point) == open_
            assert any(all(x <= y for x, y in zip(point, corner, strict=True)) for corner in corners) == open_


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(5, 60), st.floats(0.05, 1.5)), min_size=1, max_size=4), st.floats(0, 80))
def test_a_percentile_off_the_lattice_is_never_too_late(stages: list[tuple[float, float]], wait_ms: float) -> None:
    """Less its slack, what is read off the coarse lattice is at most the percentile on one that is 32 times finer."""
    parts = [*(Lognormal(math.log(median), sigma) for median, sigma in stages), Constant(wait_ms)]
    step = 1.1 * math.fsum(part.quantile(0.98) for part in parts) / 1023

    def masses(step: float, points: int) -> Any:
        whole = np.prod([transform(part.masses(step, points)) for part in parts], axis=0)
        return inverse(whole)[None]

    place, slack = percentiles(masses(step, 1024), 0.95 - MARGIN)
    fine, _ = percentiles(masses(step / 32, 32 * 1024), 0.95)
    assert place[0] - slack[0] <= fine[0] / 32 + 1e-6
    assert place[0] - slack[0] >= fine[0] / 32 - 3


# --- fronts against enumeration ---------------------------------------------------------------------------------------


def enumerated(seed: int, scenario: Scenario, catalog: Catalog) -> tuple[Table, list[Judged]]:
    """Return a small table and all its designs."""
    if seed not in _ENUMERATED:
        full = small_table(seed, scenario, catalog, invented=seed % 3 != 0)
        _ENUMERATED[seed] = full, enumerate_all(full)
    return _ENUMERATED[seed]


def question(seed: int, count: int, scenario: Scenario, catalog: Catalog) -> tuple[Table, list[Judged], list[str]]:
    """Return a table under requirements, its designs, and metrics to draw a front of."""
    full, found = enumerated(seed, scenario, catalog)
    rng = random.Random(f"front {seed} {count}")
    names = metric_names(found)
    times = [name for name in names if re.search(r"\.p\d", name)]
    metrics = rng.sample(["cost_usd_per_month"] * (rng.random() < 0.8) or names, 1)
    metrics += [rng.choice(times)] if times and rng.random() < 0.7 else []
    metrics += rng.sample(names, count + 2)
    metrics = list(dict.fromkeys(metrics))[:count]
    bounds: list[Requirement] = [*draw_bounds(rng, found, rng.choice([0, 1, 2])), *draw_filters(rng, full)]
    if rng.random() < 0.5 and not any(isinstance(b, Bound) and b.metric == metrics[1] for b in bounds):
        bounds.append(middle(metrics[1], found))
    return with_question(full, bounds, full.scenario.objective), found, metrics


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_fronts_equal_enumeration(seed: int, count: int, scenario: Scenario, catalog: Catalog) -> None:
    """Under random requirements no point is missing and none is dominated, for two and three metrics of any kind."""
    table, found, metrics = question(seed, count, scenario, catalog)
    front = front_of(table, metrics)
    held = [r for r in table.scenario.requirements if not (isinstance(r, Bound) and r.metric in metrics)]
    designs = [j for j in found if meets(j, held)]
    assert list(front.held) == held
    assert front.status is (Status.OPTIMAL if designs else Status.INFEASIBLE)
    agree(front, designs, metrics)
    for point in front.points:
        mine = next(j for j in designs if j.ids == {r: c.id for r, c in point.evaluation.design.items()})
        assert point.within == meets(mine, table.scenario.requirements)
        assert point.values == pytest.approx([mine.metrics[m] for m in metrics], rel=1e-9)


def one_by_one(patch: pytest.MonkeyPatch) -> None:
    """Let every front be found point by point."""

    def too_hard(*_: object) -> None:
        raise TooHardError

    patch.setattr(module, "front_within", too_hard)


def test_all_at_once_is_what_is_found_one_by_one(
    scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cost and a percentile searched at once: as many points as one optimum after the other finds, equally good."""
    seen, at_once = 0, module.front_within
    for seed in SEEDS[:16]:
        table, found, _ = question(seed, 2, scenario, catalog)
        times = [name for name in metric_names(found) if re.search(r"\.p\d", name)]
        metrics = ["cost_usd_per_month", *times[:1]]
        if len(metrics) < 2:
            continue
        calls: list[int] = []
        with monkeypatch.context() as patch:
            patch.setattr(module, "front_within", lambda *args, calls=calls: [calls.append(1), at_once(*args)])
            whole = front_of(table, metrics)
        with monkeypatch.context() as patch:
            one_by_one(patch)
            other = front_of(table, metrics)
        assert len(whole.points) == len(other.points)
        for mine, theirs in zip(whole.points, other.points, strict=True):
            assert mine.values == pytest.approx(theirs.values, rel=2e-5)
        seen += bool(calls) and len(whole.points) >= 3
    assert seen >= 3


def test_the_fronts_are_not_trivial(scenario: Scenario, catalog: Catalog) -> None:
    """The drawn questions have fronts with several points, infeasible ones among them, and bounds set aside."""
    sizes, aside = [], 0
    for seed in SEEDS[:20]:
        table, found, metrics = question(seed, 2, scenario, catalog)
        held = [b for b in table.scenario.requirements if not (isinstance(b, Bound) and b.metric in metrics)]
        rows = [tuple(losses(j, metrics)) for j in found if meets(j, held)]
        sizes.append(len({row for row in rows if not any(beaten(row, other) for other in rows)}))
        aside += any(b.metric in metrics for b in table.scenario.bounds)
    assert sizes.count(0) >= 1
    assert sum(size >= 3 for size in sizes) >= 6
    assert aside >= 3


@pytest.mark.parametrize("seed", SEEDS[:12])
def test_a_resolution_leaves_out_and_adds_nothing(seed: int, scenario: Scenario, catalog: Catalog) -> None:
    """With a resolution every point is on the whole front, and no design is better than all by more than the share."""
    share = 0.05
    table, found, metrics = question(seed, 2, scenario, catalog)
    front = front_of(table, metrics, resolution=share)
    designs = [j for j in found if meets(j, front.held)]
    whole = [losses(j, metrics) for j in designs]
    swept = metrics.index(front.swept)
    for point in front.points:
        mine = [axis.loss(v) for axis, v in zip(front.axes, point.values, strict=True)]
        room = [2 * slack(m, v) for m, v in zip(metrics, mine, strict=True)]
        for other in whole:
            no_worse = all(o <= p for p, o in zip(mine, other, strict=True))
            assert not (no_worse and any(o < p - r for p, o, r in zip(mine, other, room, strict=True)))
    for other in whole:
        assert any(
            point[swept] <= other[swept] + slack(metrics[swept], other[swept])
            and other[1 - swept] > front.axes[1 - swept].better(point[1 - swept], share * (1 + 1e-6)) - 1e-12
            for point in ([a.loss(v) for a, v in zip(front.axes, p.values, strict=True)] for p in front.points)
        )


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("seed", SEEDS[:5])
def test_what_is_left_when_time_runs_out_is_proved(
    seed: int, count: int, scenario: Scenario, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any number of optima: only points of the whole front, and all of them up to the value that is said."""
    table, _, metrics = question(seed, count, scenario, catalog)
    whole = front_of(table, metrics)
    real = module._Solver._optimum
    for most in (0, 1, 3, 6):
        calls: list[int] = []

        def limited(self: module._Solver, *arguments: object, calls: list[int] = calls, most: int = most) -> object:
            calls.append(1)
            if len(calls) > most:
                raise OutOfTimeError
            return real(self, *arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            one_by_one(patch)
            patch.setattr(module._Solver, "_optimum", limited)
            part = front_of(table, metrics)
        if part.status is not Status.STOPPED:
            continue
        assert part.knee is None
        axis = next(a for a in whole.axes if a.metric == whole.swept)
        at = whole.axes.index(axis)
        below = [
            p.values
            for p in whole.points
            if part.reached is not None and axis.loss(p.values[at]) <= axis.better(axis.loss(part.reached))
        ]
        assert [p.values for p in part.points] == below


def test_near_keeps_what_is_near(base: Scenario, mini: Catalog) -> None:
    """--near shows exactly the points of the whole front that miss no bound by more than a quarter."""
    metrics = ["cost", "answer.latency_ms.p95", "quality"]
    few = change(base, FEW, mini).scenario
    whole, close = pareto(few, metrics, mini), pareto(few, metrics, mini, near=True)
    limits = [9_000 * 1.25, 5_000 * 1.25, 0.5 * 0.75]
    assert [axis.limit for axis in close.axes] == pytest.approx(limits)
    fits = [p.values for p in whole.points if p.values[0] <= limits[0] and p.values[1] <= limits[1]]
    fits = [values for values in fits if values[2] >= limits[2]]
    assert [p.values for p in close.points] == fits
    assert 0 < len(fits) < len(whole.points)


def test_near_a_metric_that_nothing_bounds(base: Scenario, mini: Catalog) -> None:
    """Where the scenario bounds a metric not at all, the proposed design's value stands for the bound."""
    few = change(base, FEW, mini).scenario
    close = pareto(few, ["cost", "ingest.availability", "answer.latency_ms.p97"], mini, near=True)
    proposed = close.points[close.chosen or 0]
    down = 1 - proposed.values[1]
    assert close.axes[1].limit == pytest.approx(1 - 1.25 * down, abs=2e-3)
    assert close.axes[2].limit is not None
    assert all(p.values[2] <= close.axes[2].limit for p in close.points)


def test_the_front_holds_the_proposal(base: Scenario, mini: Catalog) -> None:
    """The cheapest point within every bound costs what propose proposes; points within meet every requirement."""
    from advisor.proposal import propose

    best = propose(base, mini, explain=False).best
    front = pareto(base, ["cost", "p95"], mini)
    assert best is not None
    assert front.chosen is not None
    assert front.points[front.chosen].values[0] == pytest.approx(best.cost_usd_per_month, rel=1e-9)
    assert [p.within for p in front.points] == [p.evaluation.feasible for p in front.points]


# --- the knee ---------------------------------------------------------------------------------------------------------

Curve = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=12)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(Curve)
def test_the_knee_is_farthest_from_the_chord(points: list[tuple[float, float]]) -> None:
    """For two metrics the knee has the greatest distance below the chord between the ends, by plane geometry."""
    front = sorted({p for p in points if not any(beaten(p, other) for other in points)})
    axes = (Axis("cost_usd_per_month", True), Axis("flows.answer.latency_ms.p95", True))
    found = knee([Point(None, p) for p in front], axes)  # type: ignore[arg-type]
    (x0, y0), (x1, y1) = front[0], front[-1]
    if x1 - x0 < 1e-6 or same(y0, y1, axes[1].metric):  # ends that count as equal have no line between them
        return
    scaled = [((x - x0) / (x1 - x0), (y - y1) / (y0 - y1)) for x, y in front]
    below = [((0 - 1) * (x - 0) - (1 - 0) * (y - 1)) / math.sqrt(2) for x, y in scaled]  # cross product with the chord
    if max(below) <= 1e-8:
        assert found is None or below[found] == pytest.approx(max(below), abs=1e-8)
    else:
        assert found is not None
        assert below[found] == pytest.approx(max(below), abs=1e-9)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(Curve, st.sampled_from([0.0, 1e-16]))
def test_a_metric_that_does_not_move_moves_no_knee(points: list[tuple[float, float]], noise: float) -> None:
    """On a front of three metrics of which one is the same at every point the knee is that of the other two."""
    front = sorted({p for p in points if not any(beaten(p, other) for other in points)})
    axes = (Axis("cost_usd_per_month", True), Axis("flows.answer.latency_ms.p95", True), Axis("quality", False))
    alone = knee([Point(None, p) for p in front], axes[:2])  # type: ignore[arg-type]
    beside = [Point(None, (*p, 0.7 + noise * (n % 2))) for n, p in enumerate(front)]  # type: ignore[arg-type]
    assert knee(beside, axes) == alone


# --- names of metrics -------------------------------------------------------------------------------------------------

MEANT = {
    "cost": "cost_usd_per_month",
    "operations": "operations_h_per_month",
    "availability": "flows.answer.availability",
    "ingest.availability": "flows.ingest.availability",
    "p95": "flows.answer.latency_ms.p95",
    "ttft.p95": "flows.answer.ttft_ms.p95",
    "ttft_ms.p97": "flows.answer.ttft_ms.p97",
    "flows.answer.latency_ms.p99.9": "flows.answer.latency_ms.p99.9",
    "freshness_s.mean": "flows.ingest.freshness_s.mean",
}


@pytest.mark.parametrize("name", MEANT)
def test_short_names_mean_what_the_scenario_bounds(name: str, base: Scenario) -> None:
    """A name stands for the metric that it ends, of several for the bounded one, of bounded times for the whole one."""
    assert metric_paths(base, [name]) == (MEANT[name],)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["cost", "availability"], "could be any of flows.answer.availability, flows.ingest.availability"),
        (["cost", "latncy"], "found 'latncy', which is no metric of rag_assistant; metrics: "),
        (["cost", "qualty"], "did you mean 'quality'"),
        (["cost", "p95", "answer.latency_ms.p95"], "names flows.answer.latency_ms.p95 a second time"),
        (["cost", "answer.ttft_ms.p100"], "is no metric"),
        (["cost", ""], "found ''"),
    ],
)
def test_wrong_names_are_refused_together(names: list[str], words: str, base: Scenario, mini: Catalog) -> None:
    """Unknown, ambiguous and repeated names are errors with what is allowed; all of them are raised at once."""
    base = change(base, ["constraints.flows.answer.availability=null"], mini).scenario
    with pytest.raises(InputError) as caught:
        metric_paths(base, [*names, "nothing"])
    assert words in str(caught.value)
    assert "found 'nothing'" in str(caught.value)


def test_how_a_name_was_read_is_said(base: Scenario, front: Front) -> None:
    """Where other bounded metrics share a short name, the page says which one was taken."""
    assert alternatives_to(base, "p95") == ("flows.answer.ttft_ms.p95", "flows.ingest.freshness_s.p95")
    assert alternatives_to(base, "answer.latency_ms.p95") == ()
    words = understood(base, ["cost", "p95"])
    assert words == ["'p95' is read as answer latency p95; also bounded: answer ttft p95, ingest freshness p95."]
    assert next(iter(pareto_words.notes(front, words))) == words[0]


# --- words and pictures -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def front(base: Scenario, mini: Catalog) -> Front:
    """Return its front of cost and the bounded p95."""
    return pareto(base, ["cost", "p95"], mini)


@pytest.fixture(scope="module")
def three(base: Scenario, mini: Catalog) -> Front:
    """Return a front of three metrics."""
    few = change(base, FEW, mini).scenario
    return pareto(few, ["cost", "answer.ttft_ms.p95", "availability"], mini)


UNITS = {"ms": 1.0, "s": 1000.0, "USD/month": 1.0, "min down": 1.0}


def amounts(text: str) -> list[tuple[float, str]]:
    """Return every signed amount of a sentence with its unit."""
    found = re.findall(r"([+−]) ([\d ]+(?:\.\d+)?) (ms|s|USD/month|min down)", text.replace("\u00a0", " "))
    return [(float(n.replace(" ", "")) * UNITS[unit] * (1 if s == "+" else -1), unit) for s, n, unit in found]


def test_the_words_of_a_step_are_its_numbers(front: Front, three: Front) -> None:
    """Amounts are the differences to three digits; what gets worse stands before 'buys', what gets better after."""
    for found in (front, three):
        for before, after in zip(found.points, found.points[1:], strict=False):
            text = exchange_text(found.axes, before.values, after.values)
            paid, got = re.split(r" buys? ", text)
            gave = [x for x, _ in amounts(paid)]
            assert gave
            assert all(x > 0 for x in gave)
            assert all(x < 0 for x, _ in amounts(got))
            minutes = 730 * 60
            scale = {"flows.answer.availability": -minutes}
            wanted = [
                (b - a) * scale.get(axis.metric, 1.0)
                for axis, a, b in zip(found.axes, before.values, after.values, strict=True)
                if not same(a, b, axis.metric)
            ]
            said = [x for x, _ in (*amounts(paid), *amounts(got))]
            assert sorted(said) == pytest.approx(sorted(wanted), rel=0.006, abs=0.006)


def test_the_words_about_roles_are_the_design(front: Front, three: Front) -> None:
    """Every role that changes is named, with the units, zones or components of both designs."""
    sized = 0
    for found in (front, three):
        for before, after in zip(found.points, found.points[1:], strict=False):
            texts = list(role_texts(before.evaluation, after.evaluation))
            changed = [
                c for c in role_changes(before.evaluation, after.evaluation) if c.kind not in ("same", "recosted")
            ]
            assert changed
            assert all(any(one.role.replace("_", " ") in text for text in texts) for one in changed)
            for one in changed:
                own = next(
                    text for text in texts if text.startswith(one.role.replace("_", " ")) or "roles change" in text
                )
                counts = re.search(r"(gains|gives up) (\d+) units? \((\d+) → (\d+)\)", own)
                if counts and one.before and one.after:
                    sized += 1
                    assert (one.before.units, one.after.units) == (int(counts[3]), int(counts[4]))
                    assert abs(one.after.units - one.before.units) == int(counts[2])
                    assert (counts[1] == "gains") == (one.after.units > one.before.units)
                if one.kind == "replaced" and "roles change" not in own:
                    assert one.before
                    assert one.after
                    assert own.endswith(f"changes from {one.before.name} to {one.after.name}")
            assert step_text(found.axes, before, after).endswith("; ".join(texts))
    assert sized >= 2


def test_the_terminal_chart_shows_every_point(front: Front, three: Front) -> None:
    """Each mark stands where its values are; the knee and the best within every bound are the loudest."""
    for found, other in ((front, 1), (three, 1), (three, 2)):
        lines = pareto_plot.plot(found, 0, other)
        x, y = (pareto_plot.scale(found, i, n) for i, n in ((0, pareto_plot.WIDTH), (other, pareto_plot.HEIGHT)))
        grid = [re.split("[┤│]", line, maxsplit=1)[1].ljust(pareto_plot.WIDTH) for line in lines[1:-3]]
        places = {(y.place(p.values[other]), x.place(p.values[0])) for p in found.points}
        marked = {
            (len(grid) - 1 - row, column)
            for row, line in enumerate(grid)
            for column, mark in enumerate(line)
            if mark in "●○◆★"
        }
        assert marked == places
        assert "★" in "".join(grid)


def test_the_svg_shows_every_point_and_bound(front: Front, three: Front) -> None:
    """Valid SVG: one dot a point in each panel with its values as hover text, dashed bounds, a staircase for two."""
    for found, panels in ((front, 1), (three, 2)):
        text = pareto_chart(found)
        root = ET.fromstring(text)
        titles = [e.text or "" for e in root.iter() if e.tag.endswith("title")]
        for index, point in enumerate(found.points, 1):
            own = [title for title in titles if title.startswith(f"{index}: cost ")]
            assert len(own) == panels, index
            assert point.values
        shown = sum(
            low <= bound.limit / unit.scale <= high
            for other in range(1, len(found.axes))
            for index in (0, other)
            for unit in [pareto_chart_module._unit(found, index)]
            for low, high in [pareto_chart_module._domain(found, index, unit)]
            for bound in found.axes[index].bounds
        )
        assert shown
        assert text.count('stroke-dasharray="6,5"') == shown
        assert text == pareto_chart(found)


def test_a_dozen_points_of_a_long_front_leave_no_gap() -> None:
    """However points lie, what is left out is at most twice as far from what is shown as with the best choice."""
    rng = random.Random("spread")
    for _ in range(60):
        values = [(rng.random(), rng.random()) for _ in range(9)]
        widths = [max(column) - min(column) for column in zip(*values, strict=True)]
        scaled = [(x / widths[0], y / widths[1]) for x, y in values]

        def gap(picked: Sequence[int], scaled: Sequence[tuple[float, float]] = scaled) -> float:
            return max(min(math.dist(row, scaled[index]) for index in picked) for row in scaled)

        found = farthest(values, [0], 4)
        assert len(found) == 4
        assert 0 in found
        assert found == sorted(found)
        assert gap(found) <= 2 * min(gap((0, *some)) for some in itertools.combinations(range(1, 9), 3)) + 1e-12


def test_a_long_front_shows_its_marked_points(front: Front) -> None:
    """Of any number of points that are shown some are the ends, the knee, and the best within every bound."""
    count = len(front.points)
    marked = {0, count - 1, front.knee, front.chosen}
    assert count > 8
    for most in (1, 6, 8, count, 2 * count):
        found = spread(front, most)
        assert marked <= set(found)
        assert len(found) == min(max(most, len(marked)), count)


def test_marks_name_the_ends(front: Front) -> None:
    """The first point is the cheapest, the last the fastest; the point to take is within every bound."""
    assert pareto_words.marks(front, 0)[0].startswith("best cost")
    assert "best answer latency p95" in pareto_words.marks(front, len(front.points) - 1)
    assert front.chosen is not None
    assert pareto_words.chosen(front) in pareto_words.marks(front, front.chosen)


# --- the command ------------------------------------------------------------------------------------------------------


def call(capsys: Capture, *arguments: str, code: int = 0) -> str:
    """Run pareto on the small example and return what it printed."""
    assert run(["pareto", str(FILE), *MINI, *arguments]) == code
    return capsys.readouterr().out


GOLDENS = {
    "pareto_two": ["--metrics", "cost,p95"],
    "pareto_three": ["--metrics", "cost,p95,operations", "--near", "--resolution", "1%"],
}


@pytest.mark.parametrize("name", GOLDENS)
def test_the_page_word_for_word(name: str, capsys: Capture) -> None:
    """A front reads as it is promised; and twice the same bytes."""
    text = call(capsys, *GOLDENS[name])
    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GOLDENS)
def test_json_satisfies_its_schema(name: str, capsys: Capture) -> None:
    """--json prints what the published schema says; steps are the differences of the points, designs are complete."""
    text = call(capsys, *GOLDENS[name], "--json")
    data = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(schema_text("pareto", "", None))).validate(data)
    assert data["status"] == "complete"
    for step in data["steps"]:
        before, after = data["points"][step["from"]], data["points"][step["to"]]
        for metric, difference in step["differences"].items():
            assert difference == after["values"][metric] - before["values"][metric]
    for point in data["points"]:
        assert point["within_bounds"] == (not point["broken"])
        assert all(point["metrics"][m] == v for m, v in point["values"].items() if m in point["metrics"])


def test_every_point_is_shown_when_asked_for(front: Front, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long front has a row for some points and says so; with --all it has one for each."""
    monkeypatch.setattr(pareto_text, "spread", lambda front: spread(front, 6))
    rows = re.compile(r"^ *(\d+) .*USD/month", re.MULTILINE)
    some, every = (call(capsys, "--metrics", "cost,p95", *more) for more in ([], ["--all"]))
    assert [int(n) - 1 for n in rows.findall(some)] == spread(front, 6)
    assert [int(n) - 1 for n in rows.findall(every)] == list(range(len(front.points)))
    assert f"6 of {len(front.points)} points" in some
    assert "--all" not in every


def test_a_part_of_a_front_is_called_so(front: Front, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """When time runs out: exit 4, how far the front is complete, and JSON that satisfies the schema."""
    real, calls = module._Solver._optimum, []

    def limited(self: module._Solver, *arguments: object) -> object:
        calls.append(1)
        if len(calls) > 4:
            raise OutOfTimeError
        return real(self, *arguments)  # type: ignore[arg-type]

    one_by_one(monkeypatch)
    monkeypatch.setattr(module._Solver, "_optimum", limited)
    text = call(capsys, "--metrics", "cost,p95", code=4)
    assert "not complete: " in text
    assert "every one with cost below" in text
    assert "--resolution 0.5%" in text
    calls.clear()
    data = json.loads(call(capsys, "--metrics", "cost,p95", "--json", code=4))
    jsonschema.Draft202012Validator(json.loads(schema_text("pareto", "", None))).validate(data)
    assert data["status"] == "not_complete"
    assert data["complete_up_to"]["metric"] == "cost_usd_per_month"
    assert len(data["points"]) < len(front.points)


def test_nothing_meets_the_other_requirements(tmp_path: Path, capsys: Capture) -> None:
    """Exit 3 with a smallest conflict among what is held, as text and JSON; the front's own bounds are not blamed."""
    path = tmp_path / "s.yml"
    path.write_text(FILE.read_text(encoding="utf-8").replace("{min: 0.992}", "{min: 0.99999}"), encoding="utf-8")
    chart = tmp_path / "x.svg"
    assert run(["pareto", str(path), *MINI, "--metrics", "cost,p95", "--chart", str(chart)]) == 3
    text = capsys.readouterr().out
    assert "no design meets the other requirements (proved)" in text
    assert "answer availability ≥ 99.999\u00a0%   (constraints.flows.answer.availability.min)" in text
    assert not chart.exists()
    assert run(["pareto", str(path), *MINI, "--metrics", "cost,p95", "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(schema_text("pareto", "", None))).validate(data)
    assert "constraints.flows.answer.availability.min" in [one["path"] for one in data["conflict"]]


def test_the_chart_is_written_and_is_the_same_every_time(tmp_path: Path, capsys: Capture) -> None:
    """--chart writes the SVG of the front that is shown; text, JSON and chart have the same bytes in a second run."""
    arguments = ["--metrics", "cost,p95", "--resolution", "20%"]
    target = tmp_path / "new" / "front.svg"
    text = call(capsys, *arguments, "--chart", str(target))
    first = target.read_bytes()
    data = json.loads(call(capsys, *arguments, "--json"))
    titles = [e.text or "" for e in ET.fromstring(first).iter() if e.tag.endswith("title")]
    assert len([title for title in titles if ": cost " in title]) == len(data["points"])
    assert call(capsys, *arguments, "--chart", str(target)) == text
    assert target.read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metrics", "cost"], "found 1; a front has two or three metrics"),
        (["--metrics", "cost,quality,operations,p95"], "found 4; a front has two or three metrics"),
        (["--metrics", "cost,latncy"], "is no metric of rag_assistant"),
        (["--metrics", "cost,p95", "--resolution", "x"], "is not a share"),
        (["--metrics", "cost,p95", "--resolution", "90%"], "from 0 to 50%"),
        (["--metrics", "cost,p95", "--chart", "front.png"], "ends with .svg"),
        ([], "--metrics"),
    ],
)
def test_bad_input(arguments: list[str], words: str, capsys: Capture) -> None:
    """Wrong metrics, shares and file names: exit 2, what is allowed, nothing on standard output."""
    assert run(["pareto", str(FILE), *MINI, *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err


def test_json_of_a_front_has_no_private_parts(front: Front) -> None:
    """The library's front and the command's JSON are the same thing: as many points, in the same order."""
    data = pareto_json.front(front)
    assert [list(p["values"].values()) for p in data["points"]] == [list(p.values) for p in front.points]
