"""The page in a real browser: nothing is loaded, nothing complains, nothing typed runs, and what moves works."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from browser import PROGRAM, Browser, browser
from test_diagram import letters
from test_diagram_blueprints import everything_hostile

from advisor.catalog.load import load_catalog
from advisor.proposal import Proposal, propose
from advisor.render.diagram_names import lines
from advisor.render.mermaid import mermaid
from advisor.render.proposal_files import files
from advisor.scenario.load import load_scenario, scenario_from_text

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
DATA = Path(__file__).parent / "data"
DATE = datetime.date(2026, 11, 22)
COMMAND = "advisor propose scenario.yml -o . --date 2026-11-22"
NASTY = (
    '<img src=x onerror="window.ran=1"><script>window.ran=2</script> "q" \'s\' `t` | {{7*7}} #{x} ${y} '
    "](javascript:ran=3)"
    " \u202egnp.exe \u200f 模型 🚀 &lt; -->"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a running browser."""
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def solved() -> Proposal:
    """Return the small scenario, solved."""
    catalog = load_catalog(DATA / "mini_catalog")
    return propose(load_scenario(DATA / "mini_scenario.yml", catalog), catalog)


@pytest.fixture(scope="module")
def design(solved: Proposal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of the small scenario as a file."""
    page = tmp_path_factory.mktemp("page") / "design.html"
    page.write_bytes(files(solved, DATE, COMMAND, ("html",))["design.html"])
    return page


@pytest.fixture
def page(chromium: Browser, design: Path) -> Browser:
    """Return the browser with the page open, in light colours."""
    chromium.dark(False)
    chromium.open(design)
    return chromium


def middle(page: Browser, selector: str) -> tuple[float, float]:
    """Scroll an element into the window and return its middle."""
    page.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
    page.frame()
    box = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
    found = page.run(f"(r => [r.left + r.width / 2, r.top + r.height / 2])({box})")
    return found[0], found[1]


def tip(page: Browser) -> str:
    """Return what the box beside the mouse says, "" when there is none."""
    return str(page.run("(t => t.hidden ? '' : t.textContent)(document.getElementById('tip'))"))


def test_nothing_complains_and_nothing_is_loaded(page: Browser) -> None:
    """No message on the console, nothing thrown, and the file is the only thing that was asked for."""
    assert page.complaints == []
    assert [address.partition("#")[0].rpartition("/")[2] for address in page.requests] == ["design.html"]


def test_the_page_is_valid_and_small(design: Path) -> None:
    """The HTML parses by the standard without a single error, and stays below 2 MB."""
    html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
    text = design.read_text(encoding="utf-8")
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert len(text.encode()) < 2_000_000


def test_themes_switch_page_and_drawings(page: Browser) -> None:
    """A click on Dark turns the ground dark and the words of drawings light, and the choice outlives a reload."""
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('#Figure-diagram text.fill-ink')).fill"
    before = page.run(ground), page.run(ink)
    page.run("document.querySelector('[data-choice=dark]').click()")
    dark = page.run(ground), page.run(ink)
    assert before == ("rgb(255, 255, 255)", "rgb(31, 41, 51)")
    assert dark == ("rgb(20, 25, 31)", "rgb(230, 235, 240)")
    assert page.run("document.querySelector('[data-choice=dark]').getAttribute('aria-pressed')") == "true"
    page.run("document.querySelector('[data-choice=auto]').click()")
    assert (page.run(ground), page.run(ink)) == before


def test_the_systems_wish_is_followed(page: Browser) -> None:
    """Without a choice the page and the drawings follow the reader's system."""
    page.dark(True)
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 25, 31)"
    assert (
        page.run("getComputedStyle(document.querySelector('#Figure-diagram text.fill-ink')).fill")
        == "rgb(230, 235, 240)"
    )


def test_hover_on_a_chart_says_the_figures(page: Browser) -> None:
    """The mouse over a bar shows what it stands for; away from it the box goes."""
    page.move(*middle(page, "figure[id^=Figure-latency] [data-tip]"))
    assert "mean" in tip(page)
    assert "p95" in tip(page)
    page.move(2, 2)
    assert tip(page) == ""


def test_hover_on_the_diagram_says_figures_and_sources(page: Browser, solved: Proposal) -> None:
    """The mouse over a role shows component, cost, and where each kind of figure comes from, with its date."""
    page.move(*middle(page, "#Figure-diagram [data-id=llm]"))
    said = tip(page)
    assert solved.best is not None
    assert solved.best.design["llm"].name in said
    assert "USD" in said
    assert "price: " in said
    assert "latency: " in said
    assert page.run("document.querySelector('main svg title')") is None


def test_the_keyboard_reaches_the_diagram(page: Browser) -> None:
    """A role can be focused, says the same to a screen reader, and Escape closes the box."""
    page.run("document.querySelector('#Figure-diagram [data-id=llm]').focus()")
    page.frame()
    assert "USD" in tip(page)
    assert page.run("document.activeElement.getAttribute('aria-label')") == page.run(
        "document.activeElement.dataset.tip"
    )
    page.press("Escape")
    assert tip(page) == ""


def test_the_first_stop_of_the_keyboard_skips_the_contents(page: Browser) -> None:
    """Tab goes to the link that skips to the text, and Enter follows it."""
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    page.press("Enter")
    assert page.run("document.activeElement.id") == "content"


def rows(page: Browser, at: int, column: int) -> list[str]:
    """Return the cells of a column of the table that can be sorted, by its number."""
    table = f"[...document.querySelectorAll('table:has(.sort)')][{at}]"
    return list(page.run(f"[...{table}.tBodies[0].rows].map(row => row.cells[{column}].textContent)"))


def test_tables_are_sorted_by_what_they_say(page: Browser) -> None:
    """The first click sorts up, the second down, the third brings the order back; sums stay last."""
    count = page.run("document.querySelectorAll('table:has(.sort)').length")
    assert count > 5
    at = page.run(
        "[...document.querySelectorAll('table:has(.sort)')].findIndex("
        "t => [...t.tBodies[0].rows].at(-1).cells[0].textContent === 'All')"
    )
    head = f"[...document.querySelectorAll('table:has(.sort)')][{at}].tHead.rows[0].cells"
    column = page.run(f"[...{head}].findIndex(c => c.textContent === 'a month')")
    original = rows(page, at, column)
    for order, sign in (("ascending", 1), ("descending", -1), (None, 0)):
        page.run(f"{head}[{column}].querySelector('button').click()")
        assert page.run(f"{head}[{column}].getAttribute('aria-sort')") == order
        found = rows(page, at, column)
        amounts = [float(text.replace("\xa0", "").replace("USD", "")) for text in found[:-1]]
        assert found[-1] == original[-1]
        assert sign == 0 or amounts == sorted(amounts, key=lambda value: sign * value)
    assert found == original


def test_times_are_sorted_by_their_length(page: Browser) -> None:
    """Milliseconds, seconds, minutes and percentages are compared by size, not by letters."""
    page.run(
        "(() => { const t = document.createElement('table');"
        "t.innerHTML = '<thead><tr><th>time</th></tr></thead><tbody>' +"
        "['1.20 s', '300 ms', '2.00 min', '–', '90.0 ms', '≤ 1.00 s'].map(x => `<tr><td>${x}</td></tr>`).join('');"
        "document.querySelector('main').prepend(t); dispatchEvent(new Event('DOMContentLoaded')); })()"
    )
    page.run("document.querySelector('main table .sort').click()")
    assert rows(page, 0, 0) == ["90.0 ms", "300 ms", "≤ 1.00 s", "1.20 s", "2.00 min", "–"]


def test_the_diagram_fills_the_window_and_can_be_read(page: Browser) -> None:
    """At 1 280 px a click shows the diagram as wide as the window, its smallest words at least 11 px high."""
    page.run("document.querySelector('#Figure-diagram button.enlarge').click()")
    smallest = page.run(
        "(svg => Math.min(...[...svg.querySelectorAll('text')].map(t => parseFloat(t.getAttribute('font-size'))))"
        " * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)(document.querySelector('dialog svg'))"
    )
    assert smallest >= 10.9
    page.move(*middle(page, "dialog [data-id=llm]"))
    assert "USD" in tip(page)
    page.run("document.querySelector('dialog .close').click()")
    page.frame()
    assert page.run("document.querySelector('dialog')") is None
    assert page.run("!!document.querySelector('#Figure-diagram svg')")
    assert page.run("document.activeElement.className") == "enlarge"


CONTRAST = """
(() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => {
    const v = c[i] / 255; return sum + w * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0);
  const ground = (e) => { for (; e; e = e.parentElement) {
    const c = parts(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  const bad = new Set();
  for (const e of document.querySelectorAll('main :not(svg *), nav *, .themes *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || e.matches('svg, .anchor')) continue;
    if (!e.checkVisibility()) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.add(e.tagName + '.' + e.className);
  }
  return [...bad];
})()
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_has_contrast(page: Browser, theme: str) -> None:
    """In either theme each text on the page reaches 4.5:1 (WCAG AA) on what it stands on."""
    page.run(f"document.querySelector('[data-choice={theme}]').click()")
    found = page.run(CONTRAST)
    page.run("document.querySelector('[data-choice=auto]').click()")
    assert found == []


def test_headings_and_pictures_can_be_followed(page: Browser) -> None:
    """Headings never skip a level, every picture has a name, every button and link has words."""
    levels = page.run("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page.run("[...document.querySelectorAll('main svg')].every(s => s.getAttribute('aria-label'))")
    assert page.run("[...document.querySelectorAll('button, a')].every(b => b.textContent.trim())")


def test_on_paper_there_are_no_controls(page: Browser) -> None:
    """Printed, contents and buttons are gone and the ground is white, even when the page is dark."""
    page.run("document.querySelector('[data-choice=dark]').click()")
    page.ask("Emulation.setEmulatedMedia", media="print")
    gone = page.run(
        "['.side', '.copy', '.enlarge'].every(s => getComputedStyle(document.querySelector(s)).display === 'none')"
    )
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    page.ask("Emulation.setEmulatedMedia", media="")
    page.run("document.querySelector('[data-choice=auto]').click()")
    assert gone
    assert ground == "rgb(255, 255, 255)"


def test_nothing_typed_runs(chromium: Browser, tmp_path: Path) -> None:
    """Markup in every field that a user types is shown, not run: no alert, no variable, no request, no broken page."""
    catalog = load_catalog(DATA / "mini_catalog")
    text = (DATA / "mini_scenario.yml").read_text(encoding="utf-8")
    for key, most in (("title: Help desk assistant", 190), ("owner: Workplace IT", 190)):
        name = key.partition(":")[0]
        text = text.replace(key, f"{name}: {json.dumps(NASTY[:most], ensure_ascii=False)}")
    text = text.replace("[SSPL-1.0]", f"[SSPL-1.0, {json.dumps(NASTY, ensure_ascii=False)}]")
    result = propose(scenario_from_text(text, catalog), catalog, explain=False)
    page = tmp_path / "nasty.html"
    page.write_bytes(files(result, DATE, COMMAND, ("html",))["design.html"])
    chromium.open(page)
    assert chromium.run("typeof window.ran") == "undefined"
    assert chromium.complaints == []
    assert len(chromium.requests) == 1
    assert "<img src=x onerror=" in chromium.run("document.querySelector('h1').textContent")
    assert chromium.run("document.querySelectorAll('img, iframe, object, embed, main script').length") == 0


@pytest.mark.skipif(find_spec("mermaidx") is None, reason="Mermaid's library is not installed (pip install mermaidx)")
def test_mermaid_in_a_browser_shows_what_was_typed(chromium: Browser, tmp_path: Path) -> None:
    """Mermaid's own library, in a browser as on a code host, shows every hostile text as typed and runs none."""
    import mermaidx

    script = (Path(mermaidx.__file__).parent / "assets" / "mermaid.js").read_text(encoding="utf-8")
    page = tmp_path / "mermaid.html"
    head = "<!doctype html><meta charset=utf-8><body><div id=here></div><script>"
    start = "var mermaid = globalThis.__esbuild_esm_mermaid_nm.mermaid; mermaid = mermaid.default || mermaid;"
    page.write_text(head + script.replace("</script", "<\\/script") + f"</script><script>{start}</script>", "utf-8")
    chromium.open(page)
    spec = everything_hostile()
    draw = f"mermaid.render('drawing', {json.dumps(mermaid(spec))})"
    chromium.run(f"{draw}.then(r => {{ document.getElementById('here').innerHTML = r.svg; }})")
    shown = letters(chromium.run("document.getElementById('here').textContent")).replace("\u2060", "")
    for node in spec.nodes:
        assert all(letters(line) in shown for line in lines(node)), node.role
    assert chromium.run("document.querySelectorAll('#here script, #here iframe, #here img').length") == 0
    assert chromium.complaints == []
