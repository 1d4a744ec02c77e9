"""What people write into a document: kept by the next run, refreshed where nobody edited, never able to break it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from advisor.commands.main import run
from advisor.errors import InputError
from advisor.render.page import html
from advisor.render.people import MOST_BYTES, NEW, NOBODY, Part, People, digest, files, read, shown
from advisor.render.written import tidied

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
PARTS = {"context", "security", "non_goals", "evaluation", "rollout"}  # nothing flows back in the small catalog
OLD, LATER = Part("rollout", "prefilled", "Canary at 5 %."), Part("rollout", "prefilled", "Canary at 1 %.")


def bytes_of(written: dict[str, str]) -> dict[str, bytes]:
    """Return files by their name in the folder, as they are read back."""
    return {path.partition("/")[2]: text.encode() for path, text in written.items()}


# ---------------------------------------------------------------- what is kept and what is refreshed


def test_first_run_writes_the_start() -> None:
    """Where nothing is, the file gets the start, and what it was made from is noted."""
    found = files([OLD], NOBODY)
    assert found["human/rollout.md"] == "Canary at 5 %.\n"
    assert json.loads(found["human/starts.json"]) == {"rollout": {"made_from": digest(OLD.text)}}


def test_unedited_start_follows_the_design() -> None:
    """A file that nobody edited is written again when the start has changed, and not when it has not."""
    people = read(bytes_of(files([OLD], NOBODY)))
    assert files([LATER], people)["human/rollout.md"] == LATER.text
    assert set(files([OLD], people)) == {"human/starts.json"}
    assert shown(LATER, people) == "> ✎ *prefilled* — Canary at 1 %."


def test_edited_part_is_kept_and_shown() -> None:
    """What somebody wrote is never among what is written, and stands in the document without a mark."""
    people = read({**bytes_of(files([OLD], NOBODY)), "rollout.md": b"We ship on Tuesdays.\n"})
    assert set(files([OLD], people)) == {"human/starts.json"}
    assert shown(OLD, people) == "We ship on Tuesdays."


def test_conflict_is_shown_until_it_is_settled() -> None:
    """A changed start beside an edited part is offered and said, also on later runs; deleting the offer settles it."""
    there = {**bytes_of(files([OLD], NOBODY)), "rollout.md": b"We ship on Tuesdays.\n"}
    for _ in range(2):
        written = files([LATER], read(there))
        assert written[f"human/rollout{NEW}"] == LATER.text
        assert "human/rollout.md" not in written
        assert "has changed since it was edited" in shown(LATER, read(there))
        assert shown(LATER, read(there)).endswith("We ship on Tuesdays.")
        there |= bytes_of(written)
    del there[f"rollout{NEW}"]
    assert shown(LATER, read(there)) == "We ship on Tuesdays."
    there |= bytes_of(files([LATER], read(there)))
    assert f"rollout{NEW}" not in there
    third = Part("rollout", "prefilled", "Canary at 2 %.")
    assert "has changed" in shown(third, read(there)), "a later change is a new conflict"


def test_going_back_to_the_old_start_ends_the_conflict() -> None:
    """When the design gives the start again that the part was made from, there is nothing to settle."""
    there = {**bytes_of(files([OLD], NOBODY)), "rollout.md": b"Mine.\n"}
    there |= bytes_of(files([LATER], read(there)))
    assert shown(OLD, read(there)) == "Mine."


def test_without_the_list_of_starts_all_is_edited() -> None:
    """A file whose origin is not known counts as written by people and is kept."""
    people = read({"rollout.md": b"Canary at 7 %.\n"})
    assert shown(OLD, people) == "Canary at 7 %."
    assert set(files([OLD], people)) == {"human/starts.json"}


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"starts.json": b"[1"}, "human/starts.json: is not what advisor wrote; delete it"),
        ({"starts.json": b"[]"}, "human/starts.json: is not what advisor wrote; delete it"),
        ({"context.md": b"a\nb\xff"}, "human/context.md:2: is not text in UTF-8"),
        ({"context.md": b"x" * (MOST_BYTES + 1)}, "human/context.md: found 200,001 bytes; a part has at most 200,000"),
    ],
)
def test_unreadable_files_are_named(contents: dict[str, bytes], words: str) -> None:
    """Each file that cannot be read is an error that names it."""
    with pytest.raises(InputError, match=re.escape(words)):
        read(contents)


# ---------------------------------------------------------------- through the command


def propose(out: Path, *more: str) -> int:
    """Run the command on the small scenario."""
    arguments = ["propose", str(DATA / "mini_scenario.yml"), "-o", str(out), "--catalog", str(DATA / "mini_catalog")]
    return run([*arguments, "--date", "2026-11-22", *more])


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a first run."""
    out = tmp_path_factory.mktemp("first")
    assert propose(out) == 0
    return out


def test_second_run_keeps_what_people_wrote(first: Path, tmp_path: Path) -> None:
    """Edited parts are in the documents after the next run and their files are as they were; the rest is the same."""
    out = tmp_path / "out"
    shutil.copytree(first, out)
    assert {path.stem for path in (first / "human").glob("*.md")} == PARTS
    wrote = "Clerks in **three** countries.\n\n# Scope\n\nNo <b>phones</b>.\n"
    (out / "human" / "context.md").write_text(wrote, encoding="utf-8")
    assert propose(out) == 0
    assert (out / "human" / "context.md").read_text(encoding="utf-8") == wrote
    text, page = ((out / f"design.{kind}").read_text(encoding="utf-8") for kind in ("md", "html"))
    assert "Clerks in **three** countries.\n\n### Scope\n\nNo \\<b>phones\\</b>." in text
    assert "<strong>three</strong>" in page
    assert "&lt;b&gt;phones" in page
    assert "Who are the users" not in text
    before = (first / "design.md").read_text(encoding="utf-8")
    assert before.count("✎ *human*") == text.count("✎ *human*") + 1


def test_bad_part_writes_nothing(first: Path, tmp_path: Path, capsys: Capture) -> None:
    """A part that cannot be read ends the run with its name, and every file stays as it was."""
    out = tmp_path / "out"
    shutil.copytree(first, out)
    (out / "human" / "context.md").write_bytes(b"\xff\xfe")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert propose(out) == 2
    assert "human/context.md:1: is not text in UTF-8" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_links_are_not_followed(first: Path, tmp_path: Path, capsys: Capture) -> None:
    """A folder that came from somebody else cannot draw another file into the document."""
    out = tmp_path / "out"
    shutil.copytree(first, out)
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (out / "human" / "context.md").unlink()
    (out / "human" / "context.md").symlink_to(tmp_path / "secret")
    assert propose(out) == 2
    assert "human/context.md: is a link; a file is expected" in capsys.readouterr().err


# ---------------------------------------------------------------- whatever is written

NASTY = [
    "<script>alert(1)</script>",
    "a\n<div onclick=alert(1)>\n# x\n</div>",
    "<!-- open comment\n\nrest",
    "```\nnever closed",
    "> ```\n> in a quote",
    "- ~~~\n  in a list",
    "## 18. Appendix\n\nTitle\n===\n\nOther\n---",
    "> # quoted",
    "[x](javascript:alert(1)) ![p](http://evil.example/p.png) <javascript:alert(1)>",
    "[ref]: javascript:alert(1)\n\n[ref]",
    "<?php echo 1 ?> <![CDATA[ x ]]> <!DOCTYPE html>",
    "| a | b |\n|---|---|\n| <img src=x onerror=alert(1)> | `<kept>` |",
    "{{ secret }} {% raw %} {# x #}",
    "\u202ereversed\u2066 and\x00 null",
    "    indented <b>code</b>",
    "a `b\nc` <i>d</i> ``<e>``",
]
TYPED = st.text(st.sampled_from("ab `~<>#*_-=|[]()!/\n\t\\&\"'{}%1."), max_size=80)


def surrounded(text: str) -> str:
    """Return a document with a part in its middle."""
    part = shown(Part("context", "human", "Who?"), People({"context": text}))
    return f"# T\n\n## 1. Before\n\n{part}\n\n## 2. After\n\n| a |\n|---|\n| b |\n"


def check(text: str) -> None:
    """Assert that a part leaves the sections around it as they are, holds no HTML and opens no section."""
    document = surrounded(text)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(document)
    levels = [token.tag for token in tokens if token.type == "heading_open"]
    assert levels[:2] == ["h1", "h2"]
    assert levels[-1] == "h2"
    assert set(levels[2:-1]) <= {"h3", "h4", "h5", "h6"}
    assert [t.type for t in tokens[-17:] if t.type == "table_open"] == ["table_open"]
    kinds = {child.type for token in tokens for child in token.children or []} | {token.type for token in tokens}
    assert not kinds & {"html_block", "html_inline"}


@pytest.mark.parametrize("text", NASTY)
def test_hostile_parts_stay_in_their_place(text: str) -> None:
    """Markup, open fences, comments and headings of people change no section, and nothing of it runs in the page."""
    check(text)
    page = html(surrounded(text), title="t", figures={})
    body = page[page.index("<main") : page.index("</main>")]
    assert "<script" not in body
    assert not re.search(r"<[^>]+\son\w+=", body)
    assert not re.search(r"(?i)(href|src)\s*=\s*[\"']?\s*javascript:", body)
    assert "evil.example" not in re.sub(r">[^<]*<", "><", body)


@settings(max_examples=500, deadline=None)
@given(TYPED)
def test_any_part_stays_in_its_place(text: str) -> None:
    """Whatever is typed, the document around it keeps its sections and tables, and no HTML is in it."""
    check(text)


@settings(max_examples=200, deadline=None)
@given(TYPED)
def test_tidying_twice_is_tidying_once_for_headings(text: str) -> None:
    """What was made to fit stays without HTML and without headings above the third level."""
    again = tidied(tidied(text))
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(again)
    assert not {"html_block"} & {token.type for token in tokens}


def test_words_and_code_stay_as_they_were_written() -> None:
    """Lists, links, tables, emphasis and code come through untouched."""
    text = "Runs *daily*, see [x](https://a.example/?a=1&b=2).\n\n1. one\n2. two\n\n```py\nif a < b: print('<x>')\n```"
    assert tidied(text) == text
    assert tidied("a < b and b > c, 3 <5") == "a < b and b > c, 3 <5"
    assert tidied("see <https://a.example>") == "see <https://a.example>"
