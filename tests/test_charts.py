"""Charts: every label and figure is there, the same rows give the same bytes, nothing typed can do harm."""

from __future__ import annotations

import itertools
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from advisor.render.chart_text import fitting, number
from advisor.render.chart_theme import COLOURS
from advisor.render.charts import CostRow, Stage, cost_bars, waterfall

STAGES = (
    Stage("gateway", 6, 14),
    Stage("reranker", 46, 120.5),
    Stage("first token", 410, 1180),
    Stage("answer tokens", 1420, 3960, accent=True),
)
ROWS = (CostRow("gateway", 45.2, 220, 100), CostRow("llm", 18900, 0, 300), CostRow("store", 0, 2351, 800))
HOSTILE = (
    "<script>alert(1)</script>",
    "\"quoted\" & 'single'",
    "two\nlines\tand a tab",
    "w" * 200,
    "\u202egnp.exe\x00\x07",
    "emoji 👩\u200d🔬 逻辑 \ud800",
    "{{ 7*7 }} #{x} datum.row + '",
    "",
    "12",
    "null",
)


def budget(stages=STAGES, target_ms: float | None = 6000.0, **more) -> str:
    """Return a waterfall with the usual figures."""
    return waterfall(stages, total_p95_ms=4820, target_ms=target_ms, title="Latency of answer", **more)


def words(svg: str) -> list[str]:
    """Return all visible text of an SVG, hover titles left out, in document order."""
    return [element.text or "" for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def hovers(svg: str) -> list[str]:
    """Return the hover titles of an SVG."""
    return [element.text or "" for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")]


def bars(svg: str, role: str) -> list[tuple[float, float]]:
    """Return (left, width) in px of every bar drawn in the role's colour."""
    shapes = [e for e in ET.fromstring(svg).iter() if e.get("class") == f"chart-fill-{role}" and e.get("d")]
    found = [re.match(r"M([\d.]+),[\d.]+h([\d.]+)v", str(shape.get("d"))) for shape in shapes]
    return [(float(match[1]), float(match[2])) for match in found if match]


def test_waterfall_shows_every_label_and_figure():
    """Each stage stands there with its mean and p95; so do the flow's mean and composed p95, and the target."""
    shown = words(budget())
    for stage in STAGES:
        assert {stage.label, number(stage.mean_ms), number(stage.p95_ms)} <= set(shown)
    assert {"Whole flow", "1\xa0882", "4\xa0820", "flow p95 4\xa0820 ms", "target 6\xa0000 ms"} <= set(shown)


def test_waterfall_shows_that_percentiles_do_not_add():
    """The sum of the stages' p95 is a row of its own beside the composed p95."""
    shown = words(budget())
    assert {"Stage p95s added up", "5\xa0274", "4\xa0820"} <= set(shown)


def test_means_are_laid_end_to_end():
    """The next bar starts where the last one ended, so that the means visibly add up."""
    left_to_right = sorted(bars(budget(), "mean") + bars(budget(), "accent"))
    for (left, width), (start, _) in itertools.pairwise(left_to_right):
        assert start == pytest.approx(left + width, abs=0.01)


def test_target_line_only_when_given():
    """Without a target there is neither a dashed line nor the word."""
    assert budget().count('stroke-dasharray="5,4"') == 1
    assert 'dasharray="5' not in budget(target_ms=None)
    assert not any(word.startswith("target") for word in words(budget(target_ms=None)))


def test_missed_target_turns_the_line_red():
    """A flow slower than its target has its p95 in the accent colour; one that holds has not."""
    assert "chart-stroke-accent" in budget(target_ms=4000)
    assert "chart-stroke-accent" not in budget(target_ms=6000)


def test_seconds_are_converted_not_relabelled():
    """Arguments stay ms; shown in seconds they are a thousandth."""
    shown = words(budget(unit="s"))
    assert {"flow p95 4.82 s", "target 6 s", "1.42", "mean, s"} <= set(shown)


def test_long_runs_are_told_in_hours_and_their_short_stages_in_seconds():
    """An axis in hours does not make hours of seconds: each figure has the unit that reads best, as in the tables."""
    stages = [Stage("start", 66_300, 114_000), Stage("train", 29_175_000, 29_700_000, accent=True)]
    shown = [
        text.replace("\xa0", " ").replace("\u202f", " ")
        for text in words(waterfall(stages, total_p95_ms=29_885_000, target_ms=43_200_000, title="Train", unit="h"))
    ]
    assert {"flow p95 8.30 h", "target 12.0 h", "66.3 s", "8.25 h", "p95", "h since the request came in"} <= set(shown)


def test_cost_bars_show_every_label_figure_and_the_legend():
    """Each component with its three figures and total, the sum of all, and what the colours mean."""
    shown = words(cost_bars(ROWS, title="Cost"))
    for row in ROWS:
        figures = {number(value) for value in (row.usage_usd, row.fixed_usd, row.operations_usd, row.total_usd)}
        assert {row.label, *figures} <= set(shown)
    assert {"All", "18\xa0945", "22\xa0716", "usage", "fixed", "operations", "total"} <= set(shown)


def test_alternatives_are_not_summed():
    """Where rows are alternatives to each other, no row adds them up."""
    shown = words(cost_bars(ROWS, title="Cost", summed=False))
    assert "All" not in shown
    assert {row.label for row in ROWS} <= set(shown)


def test_cost_bars_largest_first_whatever_the_order():
    """Order of the rows does not matter; the largest total comes first, equal totals by name."""
    drawn = cost_bars(ROWS, title="Cost")
    assert [word for word in words(drawn) if word in ("gateway", "llm", "store")] == ["llm", "store", "gateway"]
    assert drawn == cost_bars(ROWS[::-1], title="Cost")


def test_cost_bars_are_stacked_to_scale():
    """Fixed starts where usage ends, and widths are in proportion to the money."""
    drawn = cost_bars([CostRow("a", 100, 50, 25)], title="Cost")
    ((left, usage),) = [bar for bar in bars(drawn, "usage") if bar[1] > 15]
    ((start, fixed),) = [bar for bar in bars(drawn, "fixed") if bar[1] > 15]
    assert start == pytest.approx(left + usage)
    assert usage / fixed == pytest.approx(2)


def test_same_rows_same_bytes():
    """Two drawings of the same rows are equal byte by byte."""
    assert budget() == budget()
    assert cost_bars(ROWS, title="Cost") == cost_bars(ROWS, title="Cost")


def test_same_bytes_in_another_process():
    """Hash seeds and what was drawn before leave no trace."""
    code = (
        "import sys; from advisor.render.charts import *; sys.stdout.reconfigure(encoding='utf-8');"
        "sys.stdout.write(cost_bars([CostRow('a', 3, 2, 1)], title='Cost'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert run.stdout == cost_bars([CostRow("a", 3, 2, 1)], title="Cost")


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_only_text(label):
    """Whatever is typed as label or title ends up as text: well-formed, no script, no control or bidi character."""
    for svg in (
        waterfall([Stage(label, 5, 9)], total_p95_ms=9, target_ms=None, title=label),
        cost_bars([CostRow(label, 1, 2, 3)], title=label),
    ):
        root = ET.fromstring(svg)
        svg.encode("utf-8")
        assert not [e for e in root.iter() if str(e.tag).endswith("script")]
        assert not re.search("[\x00-\x08\u202e\ud800]", svg)
        assert all("\n" not in word and len(word) < 130 for word in words(svg))


def test_long_labels_are_cut_but_kept_for_hover():
    """A label of 200 characters is cut with an ellipsis in its column; the hover text has all of it."""
    drawn = cost_bars([CostRow("x" * 200, 1, 2, 3)], title="Cost")
    assert any(word.startswith("xxx") and word.endswith("…") for word in words(drawn))
    assert any("x" * 200 in hover for hover in hovers(drawn))


def test_repeated_labels_stay_apart():
    """Two rows with one name are two bars."""
    assert words(cost_bars([CostRow("a", 1, 0, 0), CostRow("a", 2, 0, 0)], title="Cost")).count("a") == 2


def test_accessible_name_and_hover_texts():
    """The picture has role img and its title as name; each bar says its figures on hover."""
    root = ET.fromstring(budget())
    assert (root.get("role"), root.get("aria-label")) == ("img", "Latency of answer")
    assert "reranker: mean 46, p95 120" in hovers(budget())


@pytest.mark.parametrize("svg", [budget(), cost_bars(ROWS, title="Cost")], ids=["waterfall", "cost"])
def test_every_colour_follows_the_theme(svg):
    """Each fill and stroke that is drawn has a class with a variable, and there is no background to stay white."""
    for element in ET.fromstring(svg).iter():
        for use in ("fill", "stroke"):
            colour = element.get(use, "none")
            if colour not in ("none", "transparent"):
                assert f"chart-{use}-" in element.get("class", ""), ET.tostring(element)
    assert 'fill="white"' not in svg
    assert "var(--chart-ink,#1f2933)" in svg
    assert "prefers-color-scheme: dark" in svg


def test_light_colours_tell_roles_apart():
    """A role is recognised by its light colour, so no two roles share one."""
    assert len({light for light, _ in COLOURS.values()}) == len(COLOURS)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_colours_have_contrast(theme):
    """Words reach 4.5:1 (WCAG AA) on the page's ground, bars 3:1."""
    ground = ("#ffffff", "#14191f")[theme]
    for role in ("ink", "muted", "target", "accent"):
        assert contrast(COLOURS[role][theme], ground) >= 4.5, role
    for role in ("mean", "usage", "fixed", "operations"):
        assert contrast(COLOURS[role][theme], ground) >= 3, role


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""
    bright, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_nothing_from_outside():
    """No reference leaves the SVG, and no font file is named."""
    for svg in (budget(), cost_bars(ROWS, title="Cost")):
        assert not re.findall(r"""(?:href|src|url\()\s*=?\s*["']?(?!http://www\.w3\.org)[^"']*//""", svg)
        assert "Liberation Sans', Arial" in svg.replace("&apos;", "'")


def test_zero_everywhere_still_draws():
    """Rows of zeros give an empty chart with its labels, not a division by zero."""
    assert "a" in words(cost_bars([CostRow("a", 0, 0, 0)], title="Cost"))
    assert "a" in words(waterfall([Stage("a", 0, 0)], total_p95_ms=0, target_ms=0, title="L"))


def test_mean_above_p95_keeps_both():
    """A very skewed stage may have its mean above its p95: no tail, but the tick is there."""
    assert "300" in words(waterfall([Stage("a", 300, 200)], total_p95_ms=200, target_ms=None, title="L"))


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_impossible_figures_are_refused(value):
    """Negative or non-finite figures raise; they are never drawn as something else."""
    with pytest.raises(ValueError, match="finite"):
        budget([Stage("a", value, 1)])
    with pytest.raises(ValueError, match="finite"):
        cost_bars([CostRow("a", 1, value, 1)], title="Cost")


def test_no_rows_and_unknown_units_are_refused():
    """An empty chart or a unit we cannot convert is the caller's mistake and raises."""
    with pytest.raises(ValueError, match="at least one row"):
        budget([])
    with pytest.raises(ValueError, match="at least one row"):
        cost_bars([], title="Cost")
    with pytest.raises(ValueError, match="unit is 'day'"):
        budget(unit="day")


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.0001, "<0.001"), (0.5, "0.5"), (99.96, "100"), (1234567.4, "1\xa0234\xa0567")]
)
def test_figures_are_written_with_grouped_thousands(value, shown):
    """About three significant digits; what is not zero never reads 0."""
    assert number(value) == shown


def test_fitting_never_splits_joined_emoji_ends():
    """A cut leaves no dangling joiner before the ellipsis."""
    assert "\u200d…" not in fitting("👩\u200d🔬" * 50, 100, 12)
