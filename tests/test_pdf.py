"""The PDF: read with a PDF library, it has the document's text, bookmarks, page numbers, fonts and vector drawings."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.load import load_catalog
from advisor.commands.main import run
from advisor.errors import InputError
from advisor.proposal import Proposal, propose
from advisor.render import pdf as module
from advisor.render.page import Figure_
from advisor.render.pdf import pdf
from advisor.render.proposal_files import files
from advisor.render.typst_source import quoted, typst
from advisor.scenario.load import load_scenario

pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed (pip install pypdf)")
pytest.importorskip("typst", reason="typst is not installed (pip install 'advisor[pdf]')")

DATA = Path(__file__).parent / "data"
DATE = datetime.date(2026, 11, 22)
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80" width="300">'
    '<style>@media screen{text{fill:red}}</style><title>chart</title><rect width="9" height="9"/>'
    '<text x="9" y="40" font-family="Comic">words in the chart</text></svg>'
)
BROAD = CHART.replace("0 0 300 80", "0 0 1500 700").replace('width="300"', 'width="1500"')
FIGURES = {
    "chart.svg": Figure_("chart.svg", CHART, "a small chart"),
    "broad.svg": Figure_("broad.svg", BROAD, "a broad drawing"),
}
NASTY = (
    'say "hi" \\ #eval("1+1") #{x} ${HOME} $ a $ @ref <label> `tick` *b* _e_ [x](javascript:alert(1)) </script> = h\n'
    "w" * 1 + "w" * 200
)


@pytest.fixture(scope="module")
def proposal() -> Proposal:
    """Return the small scenario, solved."""
    catalog = load_catalog(DATA / "mini_catalog")
    return propose(load_scenario(DATA / "mini_scenario.yml", catalog), catalog)


@pytest.fixture(scope="module")
def made(proposal: Proposal) -> dict[str, bytes]:
    """Return the proposal's document as Markdown and as PDF."""
    return files(proposal, DATE, "advisor propose scenario.yml -o .", ("md", "pdf"))


@pytest.fixture(scope="module")
def reader(made: dict[str, bytes]) -> Any:
    """Return the PDF as the library reads it."""
    return pypdf.PdfReader(io.BytesIO(made["design.pdf"]))


@pytest.fixture(scope="module")
def texts(reader: Any) -> list[str]:
    """Return the text of each page."""
    return [page.extract_text() for page in reader.pages]


def small(markdown: str, title: str = "T") -> Any:
    """Return the PDF of some Markdown as the library reads it."""
    return pypdf.PdfReader(io.BytesIO(pdf(markdown, title=title, figures=FIGURES, date=DATE)))


def squeezed(text: str) -> str:
    """Return text without white space, which lines and tables move."""
    return re.sub(r"\s+", "", text.replace("\u200b", ""))


def bookmarks(outline: list[Any]) -> Iterator[str]:
    """Yield the titles of an outline, depth first."""
    for entry in outline:
        if isinstance(entry, list):
            yield from bookmarks(entry)
        else:
            yield entry.title


def test_the_text_can_be_selected(made: dict[str, bytes], texts: list[str], proposal: Proposal) -> None:
    """Every word of a paragraph, list or table cell of the Markdown is text in the PDF."""
    assert proposal.best is not None
    shown = squeezed("".join(texts))
    for candidate in proposal.best.design.values():
        assert squeezed(candidate.name if not candidate.is_none else "left out") in shown
    plain = re.sub(r"```.*?```|\]\([^)]*\)", "", made["design.md"].decode(), flags=re.S)
    words = re.findall(r"(?<![\w`])[a-z]{4,}(?![\w`])", plain)
    assert not {word for word in words if word not in shown}


def test_bookmarks_are_the_headings(made: dict[str, bytes], reader: Any) -> None:
    """Each numbered section is a bookmark, in order; subsections stand below theirs."""
    sections = re.findall(r"^## (.+)$", made["design.md"].decode(), re.M)
    found = list(bookmarks(reader.outline))
    assert [title for title in found if title in sections] == sections
    assert len(found) > len(sections)


def test_pages_are_numbered(texts: list[str]) -> None:
    """Each page says which of how many it is."""
    assert len(texts) >= 10
    for number, text in enumerate(texts, start=1):
        assert f"{number} / {len(texts)}" in text


def test_every_font_is_embedded_and_ours(reader: Any) -> None:
    """No font is left to the reader's machine, and none of this machine's fonts is used for our own text."""
    names = set()
    for font in fonts(reader):
        inner = font.get("/DescendantFonts", [font])[0].get_object()
        if inner["/Subtype"] != "/Type3":
            assert any(key.startswith("/FontFile") for key in inner["/FontDescriptor"].get_object()), font["/BaseFont"]
            names.add(re.sub(r"^/[A-Z]{6}\+|-Identity-H$", "", font["/BaseFont"]))
    assert names
    assert {re.split("-", name)[0] for name in names} <= {"Arimo", "DejaVuSansMono"}


def fonts(reader: Any) -> Iterator[Any]:
    """Yield each font object of a PDF once, those inside of drawings included."""
    seen: set[int] = set()
    stack = [page["/Resources"] for page in reader.pages]
    while stack:
        resources = stack.pop().get_object()
        for font in (resources.get("/Font") or {}).values():
            if font.idnum not in seen:
                seen.add(font.idnum)
                yield font.get_object()
        for inner in (resources.get("/XObject") or {}).values():
            if inner.idnum not in seen:
                seen.add(inner.idnum)
                stack += [inner.get_object()["/Resources"]] if "/Resources" in inner.get_object() else []


def test_no_glyph_is_missing(reader: Any, texts: list[str]) -> None:
    """No character is drawn as the empty box of a font that does not have it: nothing maps to U+FFFD or to nothing."""
    text = "".join(texts)
    assert "\ufffd" not in text
    assert "\x00" not in text
    assert {"✓", "→", "≤", "×", "–"} <= set(text)
    for page in reader.pages:
        assert 0 not in glyphs(page, reader)


def glyphs(page: Any, reader: Any) -> set[int]:
    """Return the numbers of the glyphs that a page draws with two-byte fonts; 0 is the empty box."""
    content = pypdf.generic.ContentStream(page.get_contents(), reader)
    wide = {
        name for name, font in page["/Resources"].get("/Font", {}).items() if font.get_object()["/Subtype"] == "/Type0"
    }
    found: set[int] = set()
    font = ""
    for operands, operator in content.operations:
        if operator == b"Tf":
            font = operands[0]
        elif operator in (b"Tj", b"TJ") and font in wide:
            parts = operands[0] if operator == b"TJ" else [operands[0]]
            for part in parts:
                data = getattr(part, "original_bytes", b"") if not isinstance(part, (int, float)) else b""
                found |= {int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data) - 1, 2)}
    return found


def test_drawings_are_vectors(reader: Any, texts: list[str]) -> None:
    """The diagram and the charts are no pixels, and their words can be selected."""
    assert not [image for page in reader.pages for image in page.images]
    text = squeezed("".join(texts))
    assert squeezed("request path, in this order") in text
    assert squeezed("Stage p95s added up") in text


def test_a_column_of_figures_stays_beside_the_others() -> None:
    """Figures under a longish head do not move to the far edge of the page; words as long share what is left."""
    for mark, width in (("---:", "auto"), ("---", "20fr")):
        source = typst(f"| a | sum of the stages |\n|---|{mark}|\n| x | 1 |\n", title="t", figures={}, date=DATE)
        assert f"#figures-table((auto, {width},)" in source


def test_same_document_same_bytes(made: dict[str, bytes], proposal: Proposal) -> None:
    """The date is the document's; nothing else of the run is in the file."""
    again = files(proposal, DATE, "advisor propose scenario.yml -o .", ("pdf",))
    assert again["design.pdf"] == made["design.pdf"]
    other = files(proposal, DATE + datetime.timedelta(days=1), "advisor propose scenario.yml -o .", ("pdf",))
    assert other["design.pdf"] != made["design.pdf"]


def test_what_the_file_says_of_itself(reader: Any, proposal: Proposal) -> None:
    """Title, author and date are the scenario's and the document's; the text is tagged for screen readers."""
    assert reader.metadata.title == proposal.scenario.title
    assert reader.metadata.author == proposal.scenario.owner
    assert reader.metadata.creation_date.date() == DATE
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_long_tables_break_and_repeat_their_head() -> None:
    """A table that is longer than a page goes on with its head on each page, and no row is lost."""
    rows = "\n".join(f"| row {i} | {i} |" for i in range(200))
    pages = [page.extract_text() for page in small(f"# T\n\n| name of it | figure |\n|---|---:|\n{rows}\n").pages]
    with_rows = [text for text in pages if "row 1" in text]
    assert len(with_rows) > 2
    assert all("name of it" in text for text in with_rows)
    assert all(re.search(rf"\brow {i}\b", "\n".join(pages)) for i in range(200))


def test_a_broad_drawing_stands_across_with_its_heading() -> None:
    """A drawing that would be too small upright has a page of its own, together with the heading before it."""
    pages = small(
        "# T\n\n## One\n\ntext\n\n## Two\n\n![the caption](broad.svg)\n\nafter\n\n![small](chart.svg)\n"
    ).pages
    across = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert len(across) == 1
    text = across[0].extract_text()
    assert all(word in text for word in ("Two", "the caption", "words in the chart"))
    assert "after" not in text


def test_hostile_text_is_only_text() -> None:
    """Whatever is typed is shown as it is: no code runs, no variable is filled in, no link leads astray."""
    escaped = re.sub(r"([\\`*_{}\[\]<>()#+\-.!|$~&])", r"\\\1", NASTY.replace("\n", " "))
    markdown = f"# {escaped}\n\n## {escaped}\n\n{escaped}\n\n> {escaped}\n\n| a | b |\n|---|---|\n| {escaped} | x |\n"
    markdown += (
        f"\n```\n{NASTY}\n```\n\n[js](javascript:alert(1)) [file](file:///etc/passwd) [ok](https://a.example/)\n"
    )
    reader = small(markdown, title=NASTY)
    shown = squeezed("".join(page.extract_text() for page in reader.pages))
    assert shown.count(squeezed('#eval("1+1")#{x}${HOME}')) >= 5
    assert reader.metadata.title
    links = [
        str(note.get_object().get("/A", {}).get("/URI", ""))
        for page in reader.pages
        for note in page.get("/Annots", [])
        if note.get_object().get("/A", {}).get("/S") == "/URI"
    ]
    assert set(links) == {"https://a.example/"}
    assert not any(key in str(reader.trailer["/Root"]) for key in ("/JavaScript", "/OpenAction", "/Launch"))


def test_links_inside_lead_to_headings() -> None:
    """A link to a heading jumps there; one to no heading, or to another file, is plain text."""
    reader = small("# T\n\n## The place\n\n[there](#the-place) [nowhere](#x) [file](adr/README.md)\n")
    jumps = [
        note.get_object()
        for page in reader.pages
        for note in page.get("/Annots", [])
        if "/Dest" in note.get_object() or note.get_object().get("/A", {}).get("/S") == "/GoTo"
    ]
    assert len(jumps) >= 2  # the contents' and the link's


def test_literals_cannot_be_left() -> None:
    """Quotes, backslashes and line ends are escaped; the source of a text is one literal on one line."""
    assert quoted('a"b\\') == r'"a\"b\\"'
    source = typst(f"# {NASTY}\n", title=NASTY, figures={}, date=DATE)
    assert "\n" not in source.splitlines()[0]
    assert '#eval("1' not in source


def test_other_scripts_come_from_the_machine() -> None:
    """Our fonts are all that is used unless something is typed that they do not have."""
    assert module.covered("✓ ✗ ✎ → ≥ × – “x” é ß я λ")
    assert not module.covered("模型")
    assert not module.covered("🚀")


def test_without_typst_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the extra is not installed, asking for a PDF is refused before any work, and nothing is written."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'advisor\[pdf\]'"):
        module.check()
    arguments = ["propose", str(DATA / "mini_scenario.yml"), "-o", str(tmp_path / "out"), "--format", "pdf"]
    assert run([*arguments, "--catalog", str(DATA / "mini_catalog")]) == 2
    assert "pip install 'advisor[pdf]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
