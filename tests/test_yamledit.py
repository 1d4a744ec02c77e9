"""Changes to YAML text change what was meant, and no other byte."""

from __future__ import annotations

import random
from typing import Any

import pytest

from advisor.errors import InputError
from advisor.yamledit import add_item, flow, put
from advisor.yamlfile import parse

LAYOUTS = {
    "block": "# head\na:\n  b: 1  # one\n  c:\n    d: [1, 2]\n# tail\ne: {f: 2}\n",
    "flow": "{a: {b: 1, c: {d: [1, 2]}}, e: {f: 2}}\n",
    "mixed": "a: {b: 1, c: {d: [1, 2]}}\n\ne:\n    f: 2\n",
    "windows": "# head\r\na:\r\n  b: 1\r\n  c: {d: [1, 2]}\r\ne: {f: 2}\r\n",
    "without a last line end": "a: {b: 1, c: {d: [1, 2]}}\ne: {f: 2}",
}
PATHS = [("a", "b"), ("a", "new"), ("new",), ("a", "c", "x"), ("e", "f"), ("e", "new"), ("n", "m", "o"), ("a", "c")]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_only_what_was_meant_changes(layout: str, path: tuple[str, ...]) -> None:
    """The result reads as the old data with one place changed; comments stay."""
    text = LAYOUTS[layout]
    expected = parse(text).data
    here = expected
    for key in path[:-1]:
        here = here.setdefault(key, {})
    here[path[-1]] = {"value": 7, "note": "x: y"}
    changed = put(text, path, {"value": 7, "note": "x: y"})
    assert parse(changed).data == expected
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        line for line in changed.splitlines() if line.startswith("#")
    ]
    assert ("\r\n" in changed) == ("\r\n" in text)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "# no line end", "{}\n", "\n\n"])
def test_an_empty_file_is_a_start(text: str) -> None:
    """Comments of an empty file stay above the first key."""
    changed = put(text, ("a", "b"), 1)
    assert parse(changed).data == {"a": {"b": 1}}
    assert changed.startswith(text.rstrip("{}\n"))


def test_putting_the_same_again_changes_nothing() -> None:
    """A second call finds its own work."""
    once = put(LAYOUTS["block"], ("a", "new"), {"value": 1.5})
    assert put(once, ("a", "new"), {"value": 1.5}) == once


LISTS = ["- {id: a}\n- {id: c}  # kept\n# between\n- {id: e}\n", "[{id: a}, {id: c}, {id: e}]\n"]


@pytest.mark.parametrize("text", LISTS)
@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_an_item_goes_where_it_is_wanted(text: str, at: int) -> None:
    """The new item stands before what stood there; comments stay with their line."""
    expected = parse(text).data
    expected.insert(at, {"id": "new"})
    changed = add_item(text, (), at, {"id": "new"})
    assert parse(changed).data == expected
    assert changed.count("#") == text.count("#")


def test_an_item_in_a_list_deep_inside() -> None:
    """Lists below keys and indices are reached, in their own indentation."""
    text = "options:\n  - id: a\n    prices:\n      - {usd: 1}  # first\n    x: 1\n  - id: b\n    prices: []\n"
    changed = add_item(text, ("options", 0, "prices"), 1, {"usd": 2})
    assert changed.splitlines()[4] == "      - {usd: 2}"
    filled = add_item(changed, ("options", 1, "prices"), 0, {"usd": 3})
    assert parse(filled).data["options"][1]["prices"] == [{"usd": 3}]


@pytest.mark.parametrize("text", ["a: 1\n", "- 1\n"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    """A key below a number or beside a list is not forced in."""
    with pytest.raises((InputError, ValueError)):
        put(text, ("a", "b", "c"), 1)


@pytest.mark.parametrize("seed", range(60))
def test_every_value_is_read_as_it_was(seed: int) -> None:
    """Texts that look like numbers, dates, keys or YAML syntax, and odd characters, come back as they are."""
    chance = random.Random(seed)
    pool = ["no", "null", "12:30", "2026-11-22", "1e3", "-", "a: b", "#x", "", " x", "é→", "\t", "\x7f", '"', "'", "{"]

    def value(depth: int) -> Any:
        kind = chance.randrange(6 if depth else 4)
        if kind == 4:
            return {chance.choice(["a", "b c", "no", "1"]): value(depth - 1) for _ in range(2)}
        if kind == 5:
            return [value(depth - 1) for _ in range(chance.randint(0, 3))]
        word, word_or_none = chance.choice([*pool, "\u2028"]), chance.choice([None, True])
        return (word, chance.uniform(-1e6, 1e6), chance.randint(-9, 10**18), word_or_none)[kind]

    made = value(3)
    assert parse(f"a: {flow(made)}").data == {"a": made}
