"""Growth: each factor, each flip and the headroom against fresh solves and the judge."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

from advisor.analysis.answers import answer
from advisor.analysis.growth import Growth, growth
from advisor.analysis.overrides import change
from advisor.analysis.volumes import Volume, Volumes, check_factors, find_parameters, spaced
from advisor.candidates.table import table
from advisor.catalog.load import Catalog, load_catalog
from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.evaluation.result import Evaluation
from advisor.optimizer.solver import Status
from advisor.render import growth_json, growth_text
from advisor.render.growth_chart import _least, growth_chart
from advisor.scenario.load import Scenario, load_scenario
from advisor.scenario.requirements import Bound

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
FILE = DATA / "mini_scenario.yml"
MINI = ["--catalog", str(DATA / "mini_catalog")]
NO_BUDGETS = ["constraints.cost_usd_per_month=null", "constraints.operations_h_per_month=null"]


@pytest.fixture(scope="module")
def volumes(base: Scenario, mini: Catalog) -> Volumes:
    """Return its volumes, growing together."""
    return Volumes(base, mini, None, find_parameters(base, mini.blueprint("rag_assistant"), []))


@pytest.fixture(scope="module")
def found(volumes: Volumes) -> Growth:
    """Return what growth does to it."""
    return growth(volumes, [1, 3, 10])


def afresh(factor: float, found: Growth, base: Scenario, mini: Catalog, *more: str) -> Evaluation | None:
    """Return the best design at a factor: the scenario changed as its file would be, solved from nothing."""
    texts = [f"workload.{name}={value * factor!r}" for name, value in found.of.items()]
    return answer(change(base, [*texts, *more], mini).scenario, mini).best


def options(evaluation: Evaluation | None) -> dict[str, list[str]]:
    """Return role -> options of a design."""
    design = evaluation.design if evaluation else {}
    return {role: [m.option.id if m.option else "" for m in c.members] for role, c in design.items()}


def test_each_factor_is_the_optimum(found: Growth, base: Scenario, mini: Catalog) -> None:
    """The design at each factor costs what a fresh solve finds; where a budget is lifted, the scenario as it stands has
    no design, and without its budgets the same one."""
    lifted = 0
    for one in found.volumes:
        assert one.evaluation is not None
        strict = afresh(one.factor, found, base, mini)
        free = strict or afresh(one.factor, found, base, mini, NO_BUDGETS[0])
        assert (strict is None) == bool(one.lifted)
        assert free is not None
        assert one.evaluation.cost_usd_per_month == pytest.approx(free.cost_usd_per_month, rel=1e-7)
        lifted += bool(one.lifted)
    assert 0 < lifted < len(found.volumes)


def test_both_sides_of_every_flip(found: Growth, base: Scenario, mini: Catalog) -> None:
    """Solved from nothing, the options on the two sides of a flip are the ones shown, they differ (or a budget stops to
    hold), and the sides are close together."""
    assert len(found.flips) >= 3
    for flip in found.flips:
        for side in (flip.before, flip.after):
            fresh = afresh(side.factor, found, base, mini, *(NO_BUDGETS[:1] if side.lifted else []))
            assert fresh is not None
            assert side.evaluation is not None
            assert side.evaluation.cost_usd_per_month == pytest.approx(fresh.cost_usd_per_month, rel=1e-7)
        changed = {role.role for role in flip.roles}
        before, after = options(flip.before.evaluation), options(flip.after.evaluation)
        assert changed == {role for role in before if before[role] != after[role]}
        assert changed or flip.before.lifted != flip.after.lifted
        assert flip.after.factor <= flip.before.factor * 1.0051


def test_nothing_flips_between_the_flips(found: Growth, base: Scenario, mini: Catalog) -> None:
    """From one flip to the next the options stay: fresh solves half-way find those of the side before."""
    sides: list[Volume] = [found.volumes[0]]
    for flip in found.flips:
        sides += [flip.before, flip.after]
    sides.append(found.volumes[-1])
    for left, right in zip(sides[::2], sides[1::2], strict=True):
        middle = (left.factor * right.factor) ** 0.5
        fresh = afresh(middle, found, base, mini, *(NO_BUDGETS[:1] if left.lifted else []))
        assert options(fresh) == options(left.evaluation)


def test_what_stops_to_be_the_best_and_is_it_again_is_seen(base: Scenario, mini: Catalog) -> None:
    """Units come in steps, so a design may give way and come back soon after: solved from nothing at fifty volumes
    between two that are asked for, the options are always those of the side of a flip that comes before."""
    found = growth(Volumes(base, mini, None, {"documents": 150_000.0}), [1, 10])
    sides: list[Volume] = [found.volumes[0], *(side for flip in found.flips for side in (flip.before, flip.after))]
    ranges = list(zip(sides[::2], [*sides[1::2], found.volumes[-1]], strict=True))
    assert len({str(options(one.evaluation)) for one in sides[::2]}) < len(ranges), "one comes back"
    for factor in (10 ** (place / 50) for place in range(1, 50)):
        side = next((left for left, right in ranges if left.factor <= factor <= right.factor), None)
        if side is not None:
            assert options(afresh(factor, found, base, mini)) == options(side.evaluation), factor


def test_two_looks_are_never_far_apart() -> None:
    """However far apart the factors are, all of them are looked at, and others between them at the distance asked for
    or less; no fewer would do."""
    for low, high, stride in ((1.0, 100.0, 2.0), (0.3, 1.0, 1.1), (1.0, 2.0, 2.0), (10.0, 10.5, 2.0)):
        looks = [*spaced(low, high, stride), high]
        ratios = [after / before for before, after in pairwise(looks)]
        assert looks[0] == low
        assert max(ratios) <= stride * (1 + 1e-9)
        assert stride ** (len(looks) - 2) < high / low * (1 + 1e-9)


def test_the_same_for_any_number_of_jobs(found: Growth, volumes: Volumes, base: Scenario) -> None:
    """Two and three processes, and this one alone, say the same, and solve as often."""
    one = growth_json.growth(found, base)
    for jobs in (2, 3):
        assert growth_json.growth(growth(volumes.apart([]), [1, 3, 10], jobs=jobs), base) == one


def test_cost_per_thousand_is_cost_over_requests(found: Growth) -> None:
    """The cost of 1 000 runs is the month's cost over the month's requests."""
    for one in found.volumes:
        assert one.evaluation is not None
        requests = 2_000_000 * one.factor
        assert one.usd_per_1000 == pytest.approx(one.evaluation.cost_usd_per_month / requests * 1000)


def test_headroom_ends_where_it_says(found: Growth, volumes: Volumes, base: Scenario, mini: Catalog) -> None:
    """Just before a break the design as it is still can be run and meets the requirement; just after it does not."""
    from advisor.analysis.fixed import FixedDesign
    from advisor.candidates.table import table

    design = found.base.evaluation
    assert design is not None
    assert found.headroom
    fixed = FixedDesign(design, table(base, mini))
    for one in found.headroom:
        if one.breaks_at is None:
            continue
        sides = [fixed.under(volumes.scaled(factor)).evaluation for factor in (one.holds_at, one.breaks_at)]
        if one.what == "capacity":
            assert sides[0] is not None
            assert sides[1] is None or sides[1].consistent
        else:
            holds = [next(c.holds for c in e.checks if c.requirement.path == one.what) for e in sides if e]
            assert holds == [True, False]


def test_headroom_in_a_requirement(base: Scenario, mini: Catalog) -> None:
    """A budget just above what the design costs breaks first, at the factor where the bill reaches it."""
    tight = change(base, ["constraints.cost_usd_per_month.max=5000"], mini).scenario
    found = growth(Volumes(tight, mini, None, {"requests_per_month": 2e6}), [1])
    first = found.headroom[0]
    assert first.what == "constraints.cost_usd_per_month.max"
    assert first.check is not None
    assert first.check.value is not None
    assert first.breaks_at is not None
    assert first.check.value == pytest.approx(5000, rel=1e-3)
    assert first.check.value > 5000


def test_one_factor_has_no_flips(base: Scenario, mini: Catalog) -> None:
    """With the present volume alone there is a table of one row, and the headroom."""
    found = growth(Volumes(base, mini, None, {"requests_per_month": 2e6}), [1])
    assert [one.factor for one in found.volumes] == [1.0]
    assert found.flips == ()
    assert found.headroom


def test_what_cannot_be_met_at_a_factor_is_named(base: Scenario, mini: Catalog) -> None:
    """Where no design exists even without budgets, the other requirements that cannot hold together are named."""
    pinned = change(base, ["choices.pin.vector_store=beta_vectors"], mini).scenario
    one = Volumes(pinned, mini, None, {"documents": 150_000.0}).at(100_000.0)
    assert one.evaluation is None
    assert one.status.value == "infeasible"
    assert one.conflict is not None
    assert [r.path for r in one.conflict] == ["choices.pin.vector_store"]


# --- what grows -------------------------------------------------------------------------------------------------------


def test_roles_that_nothing_can_fill_are_named(base: Scenario, mini: Catalog) -> None:
    """Where the load alone is too much, the roles without an option that carries it are those without a candidate."""
    found = growth(Volumes(base, mini, None, {"requests_per_month": 2e6}), [1, 3e5])
    last = found.volumes[-1]
    changed = change(base, [f"workload.requests_per_month={2e6 * last.factor!r}"], mini).scenario
    empty = [role for role, some in table(changed, mini).candidates.items() if not some]
    assert last.evaluation is None
    assert list(last.unfilled) == empty != []
    (line,) = growth_text.infeasible_lines(found.volumes)
    assert all(role in line for role in empty)
    flip = found.flips[-1]
    assert flip.after.unfilled
    assert all(role in growth_text.flip_text(flip) for role in flip.after.unfilled)


def test_one_requirement_alone_is_not_called_several(base: Scenario, mini: Catalog) -> None:
    """A factor without a design names its conflict in a sentence that fits its number of members."""
    found = growth(Volumes(base, mini, None, {"requests_per_month": 2e6}), [1])
    bounds = [r for r in base.requirements if isinstance(r, Bound)]
    for conflict, said in ((bounds[:1], "this cannot hold"), (bounds[:2], "these cannot hold together")):
        volume = replace(found.base, evaluation=None, status=Status.INFEASIBLE, conflict=tuple(conflict))
        (line,) = growth_text.infeasible_lines([volume])
        assert line.startswith(f"At 1× {said}, whatever the budget: "), line


def test_dimensions_and_parameters_can_grow(base: Scenario, mini: Catalog) -> None:
    """Names are parameters or dimensions of the blueprint; the default is its volumes."""
    blueprint = mini.blueprint("rag_assistant")
    both = find_parameters(base, blueprint, ["data", "requests_per_month"])
    assert both == {"documents": 150_000, "requests_per_month": 2_000_000}
    assert find_parameters(base, blueprint, []) == both


def test_shapes_and_durations_grow_only_when_named(catalog: Catalog) -> None:
    """By default nothing that is a ratio or a duration grows; a dimension that is named grows as a whole."""
    for name, blueprint in catalog.records.blueprints.items():
        workload = {key: 2.0 for key in blueprint.parameters}
        scenario = replace(load_scenario(FILE, load_catalog(DATA / "mini_catalog")), workload=workload)
        units = {blueprint.parameters[one].unit for one in find_parameters(scenario, blueprint, [])}
        assert not units & {"ratio", "share", "months"}, name
        dimension = next(iter(blueprint.growth))
        assert list(find_parameters(scenario, blueprint, [dimension])) == blueprint.growth[dimension]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["request_per_month"], "did you mean 'requests_per_month'?"),
        (["inferences"], "did you mean 'inference'?"),
        (["x", "y"], "found 'y'"),
    ],
)
def test_what_cannot_grow_is_refused(names: list[str], message: str, base: Scenario, mini: Catalog) -> None:
    """Unknown names are refused with the nearest, all at once; what is 0 stays 0."""
    with pytest.raises(InputError) as raised:
        find_parameters(base, mini.blueprint("rag_assistant"), names)
    assert len(raised.value.problems) == len(names)
    assert message in " ".join(map(str, raised.value.problems))


def test_what_is_0_does_not_grow(base: Scenario, mini: Catalog) -> None:
    """A parameter that is 0 is refused when it is named."""
    idle = change(base, ["workload.ingest_interval_s=0"], mini).scenario
    with pytest.raises(InputError, match="ingest_interval_s is 0 in this scenario, and 0 times any factor is 0"):
        find_parameters(idle, mini.blueprint("rag_assistant"), ["ingest_interval_s"])


def test_factors_stay_within_what_a_parameter_may_be(base: Scenario, mini: Catalog) -> None:
    """A factor that takes a parameter above its most, or below its least, is refused with both numbers."""
    blueprint = mini.blueprint("rag_assistant")
    with pytest.raises(InputError, match=r"peak_to_average: 3 × 1000 is more than 1000 ratio"):
        check_factors([1000], {"peak_to_average": 3.0}, blueprint)
    with pytest.raises(InputError, match="is less than 1"):
        check_factors([0.1], {"peak_to_average": 3.0}, blueprint)


def test_what_else_can_grow_so_far_is_named(mini: Catalog) -> None:
    """Where one of several parameters must not grow so far, the message names the others; alone it has none to name."""
    several, alone = {"peak_to_average": 3.0, "requests_per_month": 10.0, "documents": 5.0}, {"peak_to_average": 3.0}
    with pytest.raises(InputError, match=r"grows with --of requests_per_month --of documents$"):
        check_factors([1000], several, mini.blueprint("rag_assistant"))
    with pytest.raises(InputError, match=r"is more than 1000 ratio$"):
        check_factors([1000], alone, mini.blueprint("rag_assistant"))


# --- the command ------------------------------------------------------------------------------------------------------


def test_json_is_valid(capsys: Capture) -> None:
    """The output meets its schema and says what grows."""
    assert run(["growth", str(FILE), *MINI, "--factors", "1,2", "--of", "inference", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, json.loads(schema_text("growth", "rag_assistant", None)))
    assert data["grows"] == {"requests_per_month": 2_000_000}
    assert [one["factor"] for one in data["volumes"]] == [1, 2]


def test_the_page_says_what_grows_flips_and_breaks(capsys: Capture, tmp_path: Path) -> None:
    """The page names what grows, shows a row for each factor, and the chart is SVG that can be parsed."""
    chart = tmp_path / "growth.svg"
    assert run(["growth", str(FILE), *MINI, "--factors", "1,3", "--chart", str(chart)]) == 0
    page = capsys.readouterr().out.replace("\u00a0", " ")
    assert "grows: documents 150 000, requests_per_month 2 000 000" in page
    assert "all but cost ≤ 9 000 USD/month" in page
    assert "What flips" in page
    assert "semantic_cache" in page
    assert "Headroom" in page
    assert ET.fromstring(chart.read_text()).tag.endswith("svg")


@pytest.mark.parametrize(
    ("costs", "budgets", "least"),
    [([100.0, 10_000.0], [], 66.07), ([100.0], [400.0], 88.27), ([50.0, 50.0], [], 48.21), ([0.0, 0.0], [], None)],
)
def test_the_first_label_has_room(costs: list[float], budgets: list[float], least: float | None) -> None:
    """The axis begins below the least cost, also where all are the same; where something is free it is left alone."""
    assert _least([{"y": cost} for cost in costs], budgets) == (least and pytest.approx(least, abs=0.01))


def test_the_chart_needs_two_designs(base: Scenario, mini: Catalog) -> None:
    """One design is no line."""
    found = growth(Volumes(base, mini, None, {"requests_per_month": 2e6}), [1])
    with pytest.raises(ValueError, match="fewer than two"):
        growth_chart(found, base)


def test_an_infeasible_scenario_ends_with_3(capsys: Capture, tmp_path: Path) -> None:
    """A scenario whose budget does not hold today is shown without it, and the exit code says so."""
    file = tmp_path / "tight.yml"
    file.write_text(FILE.read_text().replace("max: 9_000", "max: 90"))
    assert run(["growth", str(file), *MINI, "--factors", "1"]) == 3
    page = capsys.readouterr().out
    assert "all but cost" in page
    assert "no headroom" in page


@pytest.mark.parametrize(("budget", "code"), [("9_000", 0), ("90", 3)])
def test_factors_that_nobody_typed_are_cut(budget: str, code: int, capsys: Capture, tmp_path: Path) -> None:
    """By default what a parameter cannot take is left out and said; the exit code is what it is without."""
    file = tmp_path / "peaks.yml"
    text = FILE.read_text().replace("max: 9_000", f"max: {budget}")
    file.write_text(text.replace("requests_per_month: 2_000_000", "requests_per_month: 20_000\n  peak_to_average: 250"))
    assert run(["growth", str(file), *MINI, "--of", "peak_to_average", "--json"]) == code
    captured = capsys.readouterr()
    assert [one["factor"] for one in json.loads(captured.out)["volumes"]] == [1, 3]
    assert "note: 10 times is left out: peak_to_average: 250 × 10 is more than 1000 ratio\n" in captured.err
    assert "note: 100 times is left out: peak_to_average: 250 × 100 is more than 1000 ratio\n" in captured.err
    assert run(["growth", str(file), *MINI, "--of", "peak_to_average", "--factors", "1,3,10,100"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--factors", "1,x"], "'x': a factor is a number from 0.001 to 1,000,000"),
        (["--factors", "0"], "'0': a factor is a number"),
        (["--factors", "-3,nan"], "'-3', 'nan': a factor is a number"),
        (["--factors", "2,2"], "names a factor twice"),
        (["--factors", ",".join(map(str, range(1, 20)))], "found 19 factors; at most 12"),
        (["--factors", "1,1000000", "--of", "peak_to_average"], "is more than 1000"),
        (["--of", "traffic"], "--of: found 'traffic'; parameters and dimensions:"),
        (["--chart", "growth.png"], "--chart writes SVG; found 'growth.png'"),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], message: str, capsys: Capture) -> None:
    """Bad options end with 2 and say what is allowed, before anything is solved."""
    assert run(["growth", str(FILE), *MINI, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_time_limit_says_what_is_open(capsys: Capture) -> None:
    """With hardly any time nothing is claimed: the exit code is 4."""
    assert run(["growth", str(FILE), *MINI, "--factors", "1,2", "--time-limit", "0.001"]) == 4
    assert "not settled in time" in capsys.readouterr().out
