"""Reading YAML from strangers: plain data or one clear message, fast."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.schema import Strict, build
from advisor.yamlfile import MAX_BYTES, load, parse, plain

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)
BAD = {
    "python tag": ("a: !!python/object/apply:os.system ['true']", "tag", 1),
    "standard tag": ("a: 1\nb: !!set {x}", "tag", 2),
    "own tag": ("a: !env HOME", "tag", 1),
    "anchor": ("a: &x 1", "anchor", 1),
    "alias": ("a: 1\nb: *x", "alias", 2),
    "billion laughs": (LAUGHS, "anchor", 1),
    "repeated key": ("a: 1\nb: 2\na: 3", "given twice; first on line 1", 3),
    "repeated inner key": ("a:\n  b: 1\n  b: 2", "a.b: is given twice; first on line 2", 3),
    "repeated key, quoted": ("a: 1\n'a': 2", "given twice", 2),
    "several documents": ("a: 1\n---\nb: 2", "more than one YAML document", 2),
    "not closed": ("a: [1, 2", "not valid YAML", 2),
    "tab": ("a:\n\tb: 1", "not valid YAML", 2),
    "bad indent": ("a: 1\n  b: 2", "not valid YAML", 2),
    "key that is a list": ("[1, 2]: 3", "key that is not plain text", 1),
    "NUL": ("a: 1\nb: \x00", "", 0),
    "deep": ("[" * 100_000 + "]" * 100_000, "levels deep", 1),
    "deep mappings": ("".join(" " * i + "a:\n" for i in range(300)), "levels deep", 42),
    "deep, never closed": ("{a: " * 100_000, "levels deep", 1),
    "too many values": ("[" + "1," * 60_000 + "]", "more than 50,000 values", 1),
}


class Held(Strict):
    """A record that asks for a number and a date."""

    number: float
    day: datetime.date


@pytest.mark.parametrize("name", BAD)
def test_bad_text_gets_a_clear_message_fast(name: str) -> None:
    """Tags, anchors, bombs, repetition, depth and broken text: InputError with file and line, within a second."""
    text, message, line = BAD[name]
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parse(text, "s.yml")
    assert time.perf_counter() - started < 1
    assert message in str(caught.value)
    assert caught.value.problems[0].file == "s.yml"
    if line:
        assert caught.value.problems[0].line == line


def test_every_problem_is_reported_at_once() -> None:
    """Two repeated keys, a tag and an alias are four messages, not one after the other."""
    with pytest.raises(InputError) as caught:
        parse("a: 1\na: 2\nb: 1\nb: 2\nc: !x 1\nd: *q")
    assert len(caught.value.problems) == 4
    assert [p.line for p in caught.value.problems] == [2, 4, 5, 6]


def test_a_number_or_date_that_cannot_be_held_hides_nothing_else_that_is_wrong() -> None:
    """A number beyond all bounds, a day that no calendar has and an unknown key are three messages with their lines."""
    with pytest.raises(InputError) as caught:
        build(Held, parse("number: 1e999\nday: 2026-02-31\nnummer: 1", "s.yml"))
    assert [str(problem) for problem in caught.value.problems] == [
        "s.yml:1: number: found '1e999', too large a number to be held; a number is expected",
        "s.yml:2: day: found '2026-02-31', no day of the calendar; a date (YYYY-MM-DD) is expected",
        "s.yml:3: nummer: is not a known key; allowed: day, number; did you mean 'number'?",
    ]


def test_text_stays_text_and_numbers_are_numbers() -> None:
    """What YAML 1.1 silently converts is not converted; what people mean as numbers is."""
    data = parse(
        "a: no\nb: on\nc: 12:30\nd: 1e-3\ne: 6_000\nf: 0o17\ng: 0x1F\nh: 010\ni: .5\nj: '7'\n"
        "k: 2026-11-21\nl: ~\nm: true\nn: .inf\n"
        "o: .nan\np: NaN\nq: -3\nr: 1.5e3\ns: 1__0\nt: '\u00b2'\nu: \u00b2\nv: \u0663"
    ).data
    assert data == {
        "a": "no",
        "b": "on",
        "c": "12:30",
        "d": 0.001,
        "e": 6000,
        "f": "0o17",
        "g": "0x1F",
        "h": data["h"],
        "i": 0.5,
        "j": "7",
        "k": datetime.date(2026, 11, 21),
        "l": None,
        "m": True,
        "n": ".inf",
        "o": ".nan",
        "p": "NaN",
        "q": -3,
        "r": 1500.0,
        "s": data["s"],
        "t": "\u00b2",
        "u": "\u00b2",
        "v": "\u0663",
    }
    assert data["h"] in (10, "010")


@pytest.mark.parametrize(
    "text",
    [
        "1" * 5000,
        "-" * 50,
        "+",
        ".",
        "-.",
        "1e",
        "1e+",
        "\u0661",
        "\u00b9\u00b2",
        "1_",
        "_1",
        "0_0",
        "9" * 40,
        "1-1-1",
        "0001-01-01",
    ],
)
def test_number_like_text_never_breaks_reading(text: str) -> None:
    """Anything that starts like a number is a number, a date or text; nothing else happens."""
    assert isinstance(plain(text), int | float | str | datetime.date)


def test_windows_files_read_the_same(tmp_path: Path) -> None:
    """A byte order mark and CRLF line ends change nothing, lines included."""
    file = tmp_path / "s.yml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: text\r\n")
    document = load(file)
    assert document.data == {"a": 1, "b": {"c": "text"}}
    assert document.line(("b", "c")) == 3


@pytest.mark.parametrize("kind", ["missing", "folder", "device", "large", "latin", "utf16", "loop", "name with NUL"])
def test_unreadable_files_get_one_message(kind: str, tmp_path: Path) -> None:
    """Missing, folder, endless device, 100 MB, not UTF-8: one message each, within a second, memory bounded."""
    file = tmp_path / "s.yml"
    expected = {
        "missing": "cannot be read",
        "folder": "is a folder",
        "device": "larger than",
        "large": "larger than",
        "latin": "not UTF-8",
        "utf16": "not UTF-8",
        "loop": "cannot be read",
        "name with NUL": "cannot be read",
    }[kind]
    if kind == "folder":
        file.mkdir()
    elif kind == "device":
        file = Path("/dev/zero")
    elif kind == "large":
        with file.open("wb") as handle:
            handle.truncate(100_000_000)
    elif kind == "latin":
        file.write_bytes("a: 1\nb: gr\u00fcn".encode("latin-1"))
    elif kind == "utf16":
        file.write_bytes("a: 1".encode("utf-16"))
    elif kind == "loop":
        file.symlink_to(file)
    elif kind == "name with NUL":
        file = Path("a\x00b")
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        load(file)
    assert time.perf_counter() - started < 1
    assert len(caught.value.problems) == 1
    assert expected in str(caught.value)


def test_the_largest_file_that_is_read(tmp_path: Path) -> None:
    """A file of exactly the limit is read, one byte more is not."""
    file = tmp_path / "s.yml"
    head = b"a: 1\n#"
    file.write_bytes(head + b"x" * (MAX_BYTES - len(head)))
    assert load(file).data == {"a": 1}
    file.write_bytes(head + b"x" * (MAX_BYTES - len(head) + 1))
    with pytest.raises(InputError, match="larger than"):
        load(file)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    """Empty text and comments alone are None; what that means is said by whoever needs a mapping."""
    assert parse("").data is None
    assert parse("# nothing\n").data is None
    assert parse("---\n").data is None
