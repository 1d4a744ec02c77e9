"""People's own templates and house style: what they change, what they cannot reach, and how their errors read."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from advisor.catalog.load import load_catalog
from advisor.commands.main import run
from advisor.errors import InputError
from advisor.proposal import Proposal
from advisor.proposal import propose as solve
from advisor.render.document import Edition, document
from advisor.render.page import html
from advisor.render.style import LEAST_CONTRAST, contrast, style_from_text
from advisor.render.templates import SHIPPED, shipped, templates_of
from advisor.resources import folder
from advisor.scenario.load import load_scenario

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
DATE = datetime.date(2026, 11, 22)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
SUMMARY = "document/summary.md.j2"


@pytest.fixture(scope="module")
def small() -> Proposal:
    """Return the proposal for the small scenario."""
    catalog = load_catalog(DATA / "mini_catalog")
    return solve(load_scenario(DATA / "mini_scenario.yml", catalog), catalog, explain=False)


def propose(out: Path, house: Path, scenario: Path = DATA / "mini_scenario.yml", *more: str) -> int:
    """Run the command on the small scenario with a folder of one's own."""
    catalog = ["--catalog", str(DATA / "mini_catalog")] if scenario.parent == DATA else ["--catalog", "catalog"]
    arguments = ["propose", str(scenario), "-o", str(out), *catalog, "--date", "2026-11-22"]
    return run([*arguments, "--templates", str(house), *more])


def house(tmp_path: Path, **contents: str) -> Path:
    """Return a folder with some files; ``__`` in a name stands for ``/``, and the ending is added."""
    root = tmp_path / "house"
    for name, text in contents.items():
        path = root / {"summary": SUMMARY, "style": "style.yml", "page": "page.html.j2", "css": "page.css"}[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


# ---------------------------------------------------------------- what they change


def test_one_section_and_the_style_are_changed(tmp_path: Path) -> None:
    """A template and a style file change what they are for and nothing else; the folder carries them and repeats."""
    style = (
        "title_block: {Department: 'R&D | <b>'}\nleave_out: [questions]\n"
        "status: {document: in review, decision: accepted}\naccent: {light: '#7a1fa2', dark: '#d9a7f0'}\n"
    )
    own = house(tmp_path, summary="In short: {{ choice }}\n", style=style)
    assert propose(tmp_path / "out", own) == 0
    text, page = ((tmp_path / "out" / f"design.{kind}").read_text(encoding="utf-8") for kind in ("md", "html"))
    assert re.search(r"## 2\. Summary\n\nIn short: The design fills", text)
    assert r"| Department | R\&D \| \<b\> |" in text
    assert "| document | in review |" in text
    assert "Open questions" not in text
    assert "## 17. Appendix" in text
    assert "--templates templates" in text
    assert "--link:light-dark(#7a1fa2,#d9a7f0)" in page
    record = next((tmp_path / "out" / "adr").glob("0001-*.md")).read_text(encoding="utf-8")
    assert record.startswith("---\nstatus: accepted\n")
    assert (tmp_path / "out" / "templates" / SUMMARY).read_text(encoding="utf-8") == "In short: {{ choice }}\n"


def test_copies_change_nothing(tmp_path: Path) -> None:
    """With everything copied as it is, the document is the same but for the command that it prints."""
    assert run(["templates", "copy", str(tmp_path / "house")]) == 0
    assert propose(tmp_path / "own", tmp_path / "house") == 0
    plain = ["propose", str(DATA / "mini_scenario.yml"), "-o", str(tmp_path / "plain"), "--date", "2026-11-22"]
    assert run([*plain, "--catalog", str(DATA / "mini_catalog")]) == 0
    one, other = ((tmp_path / name / "design.md").read_text(encoding="utf-8") for name in ("own", "plain"))
    assert one.replace(" --templates templates", "") == other


def test_same_folder_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that was written, run again in itself, gives the same bytes."""
    assert propose(tmp_path / "out", house(tmp_path, summary="{{ price }}\n")) == 0
    before = {p: p.read_bytes() for p in sorted((tmp_path / "out").rglob("*")) if p.is_file()}
    monkeypatch.chdir(tmp_path / "out")
    assert propose(Path(), Path("templates"), Path("scenario.yml")) == 0
    assert {p: p.read_bytes() for p in sorted((tmp_path / "out").rglob("*")) if p.is_file()} == before


# ---------------------------------------------------------------- what is wrong with them


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n{{ chioce }}\n", f"{SUMMARY}:2: 'chioce' is undefined"),
        ("a\n\n{% if %}\n", f"{SUMMARY}:3: Expected an expression"),
        ("{% for x in gives_up %}\n", f"{SUMMARY}:1: Unexpected end of template"),
        ("a\n{{ 1 / 0 }}\n", f"{SUMMARY}:2: ZeroDivisionError"),
        ("{{ ''.__class__.__mro__ }}\n", f"{SUMMARY}:1: access to attribute '__class__' of 'str' object is unsafe"),
        ("{{ choice.__init__.__globals__ }}", f"{SUMMARY}:1:"),
        ("{{ lipsum }}", f"{SUMMARY}:1: 'lipsum' is undefined"),
        ("{% include '/etc/passwd' %}", f"{SUMMARY}:1: /etc/passwd"),
        ("{% include '../page.css' %}", f"{SUMMARY}:1: ../page.css"),
        ("{{ 'x' | no_such }}", f"{SUMMARY}:1: No filter named 'no_such'"),
        ("{{ range(999999999) | list }}", f"{SUMMARY}:1: OverflowError"),
    ],
)
def test_wrong_template_is_named(small: Proposal, text: str, words: str) -> None:
    """A mistake, or an attempt to reach further, is an error with template and line."""

    def written() -> None:
        own = templates_of({SUMMARY: text.encode()}, "house")
        document(small, date=DATE, diagram_svg=SVG, command="", version="", edition=Edition(templates=own))

    with pytest.raises(InputError) as caught:
        written()
    assert str(caught.value).startswith(f"house/{words}")


def test_wrong_template_writes_nothing(tmp_path: Path, capsys: Capture) -> None:
    """No file is written, and there is no trace of the program."""
    assert propose(tmp_path / "out", house(tmp_path, summary="a\n{{ chioce }}\n")) == 2
    error = capsys.readouterr().err
    assert f"{SUMMARY}:2: 'chioce' is undefined" in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_wrong_page_is_named() -> None:
    """The page's own template and its styles are checked alike."""
    with pytest.raises(InputError, match=r"house/page.css:2: holds '</', which could end its element"):
        templates_of({"page.css": b"p { }\n</style>"}, "house")
    own = templates_of({"page.html.j2": b"<html>\n{{ nothing }}"}, "house")
    with pytest.raises(InputError, match=r"house/page.html.j2:2: 'nothing' is undefined"):
        html("# T", title="t", figures={}, templates=own)


def test_all_problems_at_once() -> None:
    """Unknown names, broken text, wrong syntax and the style's problems come together, with the nearest names."""
    contents = {
        "document/sumary.md.j2": b"",
        "document/cost.md.j2": b"{{",
        "document/goals.md.j2": b"\n\xff",
        "style.yml": b"leave_out: [question]\nacent: {}\naccent: {light: '#eeeeee', dark: '#ffffff'}\n"
        b"status: {decision: ''}",
    }
    with pytest.raises(InputError) as caught:
        templates_of(contents, "house")
    text = str(caught.value)
    for words in (
        "house/document/sumary.md.j2: is not the name of a template",
        "did you mean 'document/summary.md.j2'?",
        "house/document/cost.md.j2:1:",
        "house/document/goals.md.j2:2: is not text in UTF-8",
        "house/style.yml:1: leave_out[0]",
        "did you mean 'accent'?",
        "#eeeeee has a contrast of 1.16 on light ground; text needs at least 4.5",
        "house/style.yml:4: status.decision",
    ):
        assert words in text, (words, text)


def test_style_keeps_the_header() -> None:
    """What is proved cannot be left out."""
    with pytest.raises(InputError, match="header"):
        style_from_text("leave_out: [header]")


# ---------------------------------------------------------------- what comes with advisor


def test_shipped_style_is_plain() -> None:
    """The style file that is copied changes nothing, and its comments are valid when they are uncommented."""
    text = (folder("templates") / "style.yml").read_text(encoding="utf-8")
    assert style_from_text(text) == SHIPPED.style
    lines = [line.removeprefix("# ") for line in text.split("\n") if re.match(r"# \w+: ", line)]
    style = style_from_text("\n".join(lines))
    assert style.title_block
    assert style.leave_out
    assert style.accent is not None


def test_shipped_names_are_the_files() -> None:
    """Every template of sections and records may be replaced; every named file is there."""
    names = {p.relative_to(folder("templates")).as_posix() for p in folder("templates").rglob("*.j2")}
    assert names <= set(shipped())
    assert all(path.is_file() for path in shipped().values())


def test_accents_of_the_page_have_contrast() -> None:
    """The colours that advisor itself uses for links would pass the check."""
    found = re.search(r"--link: light-dark\((#\w+), (#\w+)\)", (folder("templates") / "page.css").read_text())
    assert found
    assert contrast(found[1], "#ffffff") >= LEAST_CONTRAST
    assert contrast(found[2], "#14191f") >= LEAST_CONTRAST


def test_copy_leaves_what_is_there(tmp_path: Path, capsys: Capture) -> None:
    """A second copy writes over nothing unless it is told to; an unknown name gets the nearest."""
    assert run(["templates", "copy", str(tmp_path), SUMMARY]) == 0
    (tmp_path / SUMMARY).write_text("mine", encoding="utf-8")
    assert run(["templates", "copy", str(tmp_path), SUMMARY, "page.css"]) == 0
    assert (tmp_path / SUMMARY).read_text(encoding="utf-8") == "mine"
    assert f"left as they are: {SUMMARY}" in capsys.readouterr().err
    assert run(["templates", "copy", str(tmp_path), SUMMARY, "--force"]) == 0
    assert (tmp_path / SUMMARY).read_text(encoding="utf-8") == SHIPPED.text(SUMMARY)
    assert run(["templates", "copy", str(tmp_path), "page.cs"]) == 2
    assert "did you mean 'page.css'?" in capsys.readouterr().err


def test_style_file_in_documents_md_is_valid() -> None:
    """Each example of a key in the manual is one that the style accepts."""
    page = (Path(__file__).parents[1] / "docs" / "documents.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \| `([^`]+)` \|$", page, re.M)
    assert len(rows) == 5
    for key, example in rows:
        outer, _, inner = key.partition(".")
        style_from_text(f"{outer}: {{{inner}: {example}}}" if inner else f"{outer}: {example}")
