"""What a rehearsal shows: the debrief as it was agreed on, and hostile text that stays text in every format."""

from __future__ import annotations

import csv
import datetime
import functools
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import rehearsal_case as case

from advisor.rehearsal import session
from advisor.rehearsal.ahead import Lazily
from advisor.rehearsal.course import Asked, Asking, Designing, Fact, Item, Pick
from advisor.rehearsal.debrief import debrief
from advisor.rehearsal.design_phase import Verdict
from advisor.rehearsal.history import Row
from advisor.rehearsal.progress import Bin, progress
from advisor.rehearsal.question import Choice, Number, Question, options
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.scoring import Points
from advisor.rehearsal.sitting import Sitting
from advisor.render import page, rehearsal_chart, rehearsal_history, rehearsal_text
from advisor.render.markdown import escape
from advisor.render.rehearsal_cards import HEADERS, deck
from advisor.render.rehearsal_debrief import Written, verdict, written
from advisor.render.rehearsal_interviewer import sheet
from advisor.scenario.load import scenario_from_text

GOLDEN = Path(__file__).parent / "golden" / "rehearsal" / "debrief.md"
DATE = datetime.date(2026, 1, 2)
HOSTILE = "x\x1b[31m\u202e`<img src=x onerror=alert(1)>`|[a](javascript:x) [bold]b"

PEAK = Question(
    "peak_rate",
    "estimation",
    "estimate",
    "A month has 2 000 000 requests and the peak hour four times the average.\n- a month is 730 h\nHow many a second?",
    Number("requests/s", "peak rate"),
    3.0441400304414,
    ("2 000 000 / (730 × 3600) × 4 = 3.044 requests/s",),
    "advisor propose scenario.yml --draft",
    "Seconds first.",
)
WORSE = Question(
    "dominated",
    "trade_offs",
    "defend",
    "Which is dominated?",
    Choice(("A", "B", "neither")),
    "B",
    ("A is cheaper and no slower",),
    "advisor candidates scenario.yml",
    "One metric is enough.",
)


def small() -> list[Item]:
    """Return a session: a round of asking, two questions, a design, and its revision after a cut of the budget."""
    facts = (
        Fact("residency", "not said", "residency: eu", 0.14, "without it 14 % off"),
        Fact("licences", "not said", "licences: not SSPL-1.0", 0.07, "without it 7 % off"),
        Fact("clouds", "not said", "clouds at most 1", 0.0, "without it 0 % off"),
    )
    best = {role: c.id for role, c in case.world().best.design.items()}
    roles = ("vector_store", "llm")
    given = {role: name for role, name in best.items() if role not in roles}
    propose = "advisor propose scenario.yml"
    text = case.TEXT
    first = Designing(0, "", "", text, "", (), roles, given, best, True, propose)
    cut = text.replace("max: 9_000", "max: 5_500")
    news = "Finance was here: the budget is 5 500 USD/month."
    settings = ("constraints.cost_usd_per_month.max=5500",)
    again = Designing(1, "budget cut", news, cut, "", settings, tuple(best), {}, best, True, propose)
    asking = Asking(facts, 1, 1, "advisor what-if scenario.yml --set constraints.residency=null")
    return [asking, Asked(PEAK, "estimate"), first, again, Asked(WORSE, "defend")]


def sat() -> Sitting:
    """Return that session, sat: hits, a confident miss, a design that breaks something, a revision that is dearer."""
    one = Sitting(case.setup(), case.scenario(), case.catalog(), Lazily(iter(()), small()))
    one.answer("residency 80%", 20)
    one.hint()
    one.answer("2-4 rps", 40)
    one.choose("vector_store", "gamma_vectors_large", 30)
    one.choose("llm", "beta_open_gpu", 30)
    one.done(5)
    one.choose("vector_store", "alpha_vectors_serverless", 60)
    one.done(5)
    one.answer("a 95%", 15)
    return one


def text_of(one: Sitting) -> str:
    """Return the debrief of a session as Markdown."""
    return made_of(one).markdown


def made_of(one: Sitting) -> Written:
    """Return the debrief of a session with its drawings."""
    setup = case.anonymous(one.setup)
    return written(debrief(one), setup, one.scenario.title, one.catalog, DATE, "advisor rehearse")


@functools.cache
def agreed() -> Written:
    """Return the debrief of the small session."""
    return made_of(sat())


def test_the_debrief_is_as_agreed() -> None:
    """The whole document, line by line. UPDATE_GOLDEN=1 writes it anew; look at the difference."""
    found = agreed().markdown
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_the_best_design_is_drawn_once() -> None:
    """Who made the best design sees one drawing of it that says so; who made another one sees both."""
    one = Sitting(case.setup(), case.scenario(), case.catalog(), Lazily(iter(()), small()[2:3]))
    for role in one.designing.roles:
        one.choose(role, one.designing.best[role])
    one.done()
    made = made_of(one)
    assert list(made.figures) == ["yours_0.svg"]
    assert "which is the best one" in made.figures["yours_0.svg"].alt
    assert {"yours_0.svg", "best_0.svg"} <= set(agreed().figures)


def test_what_a_debrief_tells_to_run_is_in_its_folder() -> None:
    """The first design is judged by a command of its own, unless none was made."""
    assert "advisor evaluate design.yml" in agreed().markdown
    one = Sitting(case.setup(), case.scenario(), case.catalog(), Lazily(iter(()), small()[2:3]))
    one.done()
    assert "design.yml" not in text_of(one)


def test_a_long_derivation_is_cut_on_the_terminal_and_whole_in_the_debrief() -> None:
    """After an answer at most twelve lines are shown, and how many more there are."""
    asked = replace(PEAK, derivation=tuple(f"step {number} of many" for number in range(40)))
    one = Sitting(case.setup(), case.scenario(), case.catalog(), Lazily(iter(()), [Asked(asked, "estimate")]))
    one.answer("3 rps")
    mark = one.last_mark()
    assert mark is not None
    shown = [line for line in rehearsal_text.feedback(mark, one.setup) if "step" in line]
    assert len(shown) == rehearsal_text.MOST_LINES - 1
    assert "29 more lines" in "".join(rehearsal_text.feedback(mark, one.setup))
    assert "step 39 of many" in text_of(one)


def test_problems_that_are_left_out_are_counted() -> None:
    """A cell names the first two reasons why a design cannot be run, and says how many more there are."""

    def cell(count: int) -> str:
        problems = tuple(f"role{number}: nothing was chosen" for number in range(count))
        return verdict(Verdict(None, problems, (), None, Points(0.0, False)))

    assert cell(2) == "✗ cannot be run: role0: nothing was chosen; role1: nothing was chosen"
    assert cell(7) == f"{cell(2)}; and 5 more"


def test_links_to_questions_lead_to_them() -> None:
    """What to practise next links to anchors that the page has."""
    made = agreed()
    html = page.html(made.markdown, title="T", figures=made.figures)
    targets = re.findall(r'href="#([^"]+)"', html)
    assert [one for one in targets if f'id="{one}"' not in html] == []
    assert "[question 5](#5-which-of-two-designs-is-dominated)" in made.markdown


def test_the_self_check_is_apart_from_the_score() -> None:
    """Communication and structure have a list that says that it does not count."""
    found = agreed().markdown
    listed = found.partition("## Self-check")[2]
    assert "Not part of the score" in listed
    assert listed.count("☐") >= 5


def hostile() -> Sitting:
    """Return a session in which everything that can be typed is hostile."""
    safe = HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e").replace('"', "'")
    text = re.sub(r"^title: .*$", lambda _: f'title: "{safe}"', case.TEXT, flags=re.MULTILINE)
    scenario = scenario_from_text(text, case.catalog(), "scenario.yml")
    options = Choice((HOSTILE, "b"))
    asked = Question("k", "cost", "estimate", HOSTILE, options, "b", (HOSTILE,), HOSTILE, HOSTILE)
    first = small()[2]
    assert isinstance(first, Designing)
    design = replace(first, name=HOSTILE, news=HOSTILE)
    items: list[Item] = [Asked(asked, "estimate", HOSTILE, (HOSTILE,)), design]
    setup = replace(case.setup(), text=text)
    one = Sitting(setup, scenario, case.catalog(), Lazily(iter(()), items))
    one.answer("b 50%")
    return one


def test_hostile_text_steers_no_terminal() -> None:
    """No escape sequence and no markup of a stranger reaches the terminal."""
    one = hostile()
    mark = one.last_mark()
    assert mark is not None
    assert mark.question is not None
    row = Row(1, "2026-01-01", HOSTILE, HOSTILE, HOSTILE, 0.5, True, 0.8, False, True)
    lines = [
        *rehearsal_text.question(mark.question, HOSTILE),
        *rehearsal_text.feedback(mark, one.setup),
        *rehearsal_text.brief(one.scenario, [Fact(HOSTILE, HOSTILE, HOSTILE, 0.1, HOSTILE)]),
        *rehearsal_text.design_head(replace(one.designing, number=1), one.stage(one.designing)),
        *rehearsal_text.picks({"llm": Pick(0, HOSTILE)}),
        *rehearsal_history.page(progress([row])),
    ]
    from rich.text import Text

    assert [line for line in lines if "\x1b" in line or "\u202e" in line] == []
    assert any("[bold]b" in Text.from_markup(line).plain for line in lines)


def test_hostile_text_is_no_markup_in_documents() -> None:
    """Debrief, sheet and cards show it as text: no tag, no link to a script, no escape sequence."""
    one = hostile()
    one.done()
    markdown = text_of(one)
    items = [item for n in range(2) if (item := one.source.item(n)) is not None]
    stages = [one.stage(item) for item in items if isinstance(item, Designing)]
    sheets = sheet(items, stages, one.scenario, one.setup)
    for text in (markdown, sheets):
        html = page.html(text, title=HOSTILE, figures={})
        assert "<img" not in html
        assert 'href="javascript' not in html
        assert "\x1b" not in text + html
    cards = deck([(HOSTILE, one.source.item(0).question)])  # type: ignore[union-attr]
    assert "<img" not in cards
    assert "\x1b" not in cards


def test_cards_have_the_headers_and_one_row_a_question() -> None:
    """Every row has as many fields as columns are named; the same question comes once."""
    text = deck([("T", PEAK), ("T", WORSE), ("T", PEAK)])
    lines = text.splitlines()
    assert tuple(lines[: len(HEADERS)]) == HEADERS
    rows = [line.split("\t") for line in lines[len(HEADERS) :]]
    assert [len(row) for row in rows] == [5, 5]
    assert len({row[0] for row in rows}) == 2
    assert "3.044" in rows[0][3]


def imported(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return headers and notes of a deck as Anki's manual says that text files are read.

    Lines ``#key:value`` at the top, other lines that begin with # left out; then fields by the separator, a field in
    quotation marks up to the next one; as many columns as are named.
    """
    lines = text.split("\n")
    count = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    headers = dict(line[1:].split(":", 1) for line in lines[:count])
    separator = {"tab": "\t", "comma": ",", "semicolon": ";"}[headers["separator"].lower()]
    rows = csv.reader([line for line in lines[count:] if line and not line.startswith("#")], delimiter=separator)
    columns = headers["columns"].split(separator)
    return headers, [dict(zip(columns, row, strict=True)) for row in rows]


class Shown(HTMLParser):
    """The text that a browser shows of a field. Raises where a tag is not closed in turn."""

    def __init__(self, field: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.open = "", set[str](), list[str]()
        self.feed(field)
        self.close()
        assert not self.open, field

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Open a tag."""
        assert not attrs, "what is typed by others has no attributes"
        self.tags.add(tag)
        self.text += "\n" if tag == "br" else ""
        self.open += [] if tag == "br" else [tag]

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.text += data


def test_anki_reads_the_deck_as_it_was_meant() -> None:
    """By the rules of Anki's manual: a note a question that stands alone, all of it as browsers show it, in a deck."""
    titles = ['"quoted', "#no comment", "tab\tand\rreturn", "<b>bold</b> & co; done", "line\nbreak", "=1+1"]
    asked = [item.question for item in case.items() if isinstance(item, Asked)]
    pairs = [(title, one) for title in titles for one in (asked[0], replace(WORSE, text=f"{title} is which?"))]
    pairs += [("Session", one) for one in asked]
    headers, notes = imported(deck([*pairs, *pairs]))
    pairs = [(title, one) for title, one in pairs if one.kind in KINDS]
    assert len(pairs) < len(titles) * 2 + len(asked), "a session asks about its changes too"
    assert (headers["html"], headers["notetype"]) == ("true", "Basic")
    assert [headers["columns"].split("\t").index(name) + 1 for name in ("GUID", "Deck", "Tags")] == [
        int(headers[f"{name} column"]) for name in ("guid", "deck", "tags")
    ]
    assert len(notes) == len(pairs) == len({note["GUID"] for note in notes})
    assert {note["Deck"] for note in notes} == {"advisor rehearsal"}
    for (title, one), note in zip(pairs, notes, strict=True):
        front, back = Shown(note["Front"]), Shown(note["Back"])
        assert front.tags | back.tags <= {"small", "br", "b", "code"}
        for part in (title, one.text, *options(one.form)):
            assert "".join(part.split()) in "".join(front.text.split())
        for part in (*one.derivation, one.command):
            assert "".join(part.split()) in "".join(back.text.split())
        assert note["Tags"].split() == [f"advisor::{one.competence}", f"advisor::kind::{one.kind}"]


def test_the_sheet_holds_every_truth_and_the_rubric() -> None:
    """Whoever asks finds each question with its truth, the changes, the best designs, and what strong looks like."""
    items = small()
    one = Sitting(case.setup(), case.scenario(), case.catalog(), Lazily(iter(()), items))
    stages = [one.stage(item) for item in items if isinstance(item, Designing)]
    text = sheet(items, stages, case.scenario(), case.setup())
    given = next(item for item in items if isinstance(item, Designing)).given
    assert given
    assert all(f"- {escape(role)}: " in text for role in given)
    for part in ("3.044", "Truth: **B**", "Finance was here", "## Rubric", "residency: eu", "Say only when asked"):
        assert part in text


def test_the_plan_of_the_sheet_has_every_item_once_and_ends_with_the_time() -> None:
    """Part by part in order, the last one until the last minute; a design has more time than a question."""
    one = Sitting(case.setup(), case.scenario(), case.catalog(), Lazily(iter(()), case.items()))
    stages = [one.stage(item) for item in case.items() if isinstance(item, Designing)]
    text = sheet(case.items(), stages, case.scenario(), case.setup())
    rows = re.findall(r"^\| ([A-Z][^|]*) \| ([\d-]+) \| (\d+) \|$", text, re.MULTILINE)
    ends = [[int(end) for end in numbers.split("-")] for _, numbers, _ in rows]
    assert [n for end in ends for n in range(end[0], end[-1] + 1)] == list(range(1, len(case.items()) + 1))
    minutes = [0, *(int(until) for _, _, until in rows)]
    assert (minutes == sorted(minutes), minutes[-1]) == (True, 35)
    taken = {row[0]: b - a for row, (a, b) in zip(rows, pairwise(minutes), strict=True)}
    assert taken["Design"] > taken["Open"] / 2, "one design takes more than one of two questions"


@pytest.mark.parametrize(
    ("count", "hits", "said"),
    [
        (25, 5, "too sure"),
        (25, 20, "as said"),
        (25, 25, "surer than said"),
        (5, 3, "too few to tell"),  # 26 of 100 people who are right four times in five have no more
        (5, 1, "too sure"),  # 7 of 1 000
        (3, 3, "too few to tell"),  # 51 of 100
    ],
)
def test_the_chart_judges_calibration(count: int, hits: int, said: str) -> None:
    """Fewer hits than stated is too sure where chance alone would seldom do that; a few answers tell little."""
    (_, line) = rehearsal_chart.lines([Bin(0.7, 0.8, count, 0.8, hits / count)])
    assert line.endswith(said)


def test_the_chart_is_drawn_the_same_every_time() -> None:
    """The SVG is well-formed, and the same bins give the same bytes."""
    import xml.etree.ElementTree as ET

    bins = [Bin(0.7, 0.8, 4, 0.8, 0.5), Bin(0.9, 1.0, 2, 0.95, 1.0)]
    assert rehearsal_chart.svg(bins) == rehearsal_chart.svg(bins)
    ET.fromstring(rehearsal_chart.svg(bins))


def test_time_left_is_said() -> None:
    """Minutes are rounded, and being late is no end."""
    assert "13 min left" in rehearsal_text.head(3, "estimate", 754)
    assert "time is up" in rehearsal_text.head(3, "estimate", -1)
    assert "left" not in rehearsal_text.head(3, "estimate", None)


def test_states_of_undone_steps_do_not_show() -> None:
    """A debrief after an undo speaks of what counts only."""
    one = sat()
    before = debrief(one)
    one.state = session.redo(session.undo(one.state))
    assert debrief(one) == before
    one.state = session.undo(one.state)
    assert len(debrief(one).marks) == len(before.marks) - 1
