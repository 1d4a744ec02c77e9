"""What a selection says to bad input: everything at once, with the place, what is allowed and the nearest name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import InputError
from advisor.selection import load_problem
from advisor.selection.problem import Aggregation, Limit

HEADER = "role,option,cost,ms\n"


def csv_problems(tmp_path: Path, text: str, **wishes: Any) -> list[str]:
    """Return the problems of a CSV as text, the file called t.csv."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_problem(path, **wishes)
    return [str(p).replace(str(path), "t.csv") for p in error.value.problems]


def json_problems(data: Any) -> list[str]:
    """Return the problems of JSON data as text."""
    with pytest.raises(InputError) as error:
        load_problem(data)
    return [str(problem) for problem in error.value.problems]


CSV_CASES = {
    "duplicate": (HEADER + "a,x,1,2\na,x,3,4\n", "t.csv:3: the option 'x' of 'a' is given twice; first at line 2"),
    "not a number": (HEADER + "a,x,1,2\na,y,n/a,2\n", "t.csv:3: cost: found 'n/a'; a finite number is expected"),
    "NaN": (HEADER + "a,x,1,2\na,y,nan,2\n", "t.csv:3: cost: found 'nan'; a finite number is expected"),
    "infinity": (HEADER + "a,x,1,2\na,y,-inf,2\n", "t.csv:3: cost: found '-inf'; a finite number is expected"),
    "empty cell": (HEADER + "a,x,1,2\na,y,,2\n", "t.csv:3: cost: found an empty cell; a finite number is expected"),
    "short row": (HEADER + "a,x,1,2\na,y,1\n", "t.csv:3: found 3 cells; the header has 4"),
    "text column": (
        HEADER + "a,x,1,slow\na,y,1,fast\n",
        "t.csv:2: ms: holds no number (found 'slow'); leave the column out",
    ),
    "no role": (HEADER + ",x,1,2\n", "t.csv:2: found an empty role"),
    "empty": ("", "t.csv:1: is empty; a header with the columns role and option is expected"),
    "header": ("rol,option,cost\na,x,1\n", "t.csv:1: the header has no column 'role'; did you mean 'rol'?"),
    "semicolons": ("role;option;cost\na;x;1\n", "cells are separated by commas"),
    "column twice": ("role,option,cost,cost\na,x,1,2\n", "t.csv:1: the column 'cost' is given twice"),
    "only a header": (HEADER, "t.csv: holds no role; at least one is needed"),
    "quote": (HEADER + 'a,"x,1,2\n', "t.csv:2: is not valid CSV: unexpected end of data"),
}


@pytest.mark.parametrize("name", CSV_CASES)
def test_a_csv_is_refused(name: str, tmp_path: Path) -> None:
    """Each fault of a table is named with file and line."""
    text, message = CSV_CASES[name]
    assert any(message in problem for problem in csv_problems(tmp_path, text)), csv_problems(tmp_path, text)


def test_a_row_given_twice_is_read_all_the_same(tmp_path: Path) -> None:
    """A duplicated row that is also broken has both problems named at once."""
    found = csv_problems(tmp_path, HEADER + "a,x,1,2\na,x,nan,3\n")
    assert len(found) == 2
    assert any("is given twice; first at line 2" in problem for problem in found)
    assert any("t.csv:3" in problem and "nan" in problem for problem in found)


WISHES: dict[str, tuple[dict[str, Any], str]] = {
    "goal": ({"minimize": "cots"}, "--minimize: found 'cots', which no option has; attributes: cost, ms; did you mean"),
    "two goals": ({"minimize": "cost", "maximize": "ms"}, "there can be one goal only"),
    "limit": ({"limits": ["latency<=3"]}, "--limit: found 'latency', which no option has; attributes: cost, ms"),
    "strict limit": ({"limits": ["ms<3"]}, "write 'ms<=3': limits hold with equality"),
    "bound": ({"limits": ["ms<=fast"]}, "'fast' is not a finite number"),
    "infinite bound": ({"limits": ["ms<=inf"]}, "'inf' is not a finite number"),
    "no limit": ({"limits": ["ms"]}, "a limit such as 'latency_ms<=900' is expected"),
    "aggregation": (
        {"aggregate": ["ms=maximum"]},
        "allowed: critical_path, max, min, product, sum; did you mean 'max'?",
    ),
    "aggregated": (
        {"aggregate": {"mss": "sum"}},
        "found 'mss', which no option has; attributes: cost, ms; did you mean",
    ),
    "no equals": ({"aggregate": ["ms"]}, "ATTRIBUTE=AGGREGATION is expected"),
    "product": ({"aggregate": ["ms=product"]}, "found 2; a product needs values greater than 0 and at most 1"),
    "edges": ({"edges": "nowhere.csv"}, "nowhere.csv: cannot be read: No such file"),
}


@pytest.mark.parametrize("name", WISHES)
def test_a_wish_is_refused(name: str, tmp_path: Path) -> None:
    """Goals, limits and aggregations that make no sense name the flag and the nearest attribute."""
    wishes, message = WISHES[name]
    assert any(message in p for p in csv_problems(tmp_path, HEADER + "a,x,1,2\nb,y,1,1\n", **wishes))


def good() -> dict[str, Any]:
    """Return a problem with everything in it."""
    return {
        "roles": {
            "a": [{"option": "x", "cost": 1, "time": 2}, {"option": "y", "cost": 2, "time": 1}],
            "b": {"options": [{"option": "x", "cost": 1, "time": 2}], "optional": True},
            "p": {"kind": "pool", "units": {"u": {"cost": 1}}, "classes": {"c": {"demand": 1, "throughput": {"u": 1}}}},
        },
        "edges": [["a", "b"]],
        "pairs": [{"from": "a", "from_option": "x", "to": "b", "to_option": "x", "cost": 1, "time": 1}],
        "aggregate": {"time": "critical_path"},
        "minimize": "cost",
        "limits": ["time<=9"],
        "requires": [[["a", "x"], ["b", "none"]]],
        "excludes": [[["a", "x"], ["b", "x"]]],
    }


def test_the_good_one_is_good() -> None:
    """The problem that the cases below break is accepted, and what is assumed is said."""
    problem = load_problem(good())
    assert problem.aggregations["time"] is Aggregation.CRITICAL_PATH
    assert problem.assumptions == (
        "pool p adds nothing to time, which none of its units states",
        "left out, b adds nothing to any total",
    )


def _set(path: str, value: Any) -> Any:
    def change(data: dict[str, Any]) -> None:
        here: Any = data
        *parts, last = [int(p) if p.isdigit() else p for p in path.split("/")]
        for part in parts:
            here = here[part]
        here[last] = value

    return change


JSON_CASES = {
    "unknown key": (_set("limit", []), "limit: is not a known key"),
    "no roles": (_set("roles", {}), "roles: found an object; an object of role: options with at least one role"),
    "role without options": (_set("roles/a", []), "roles.a: the role 'a' has no options"),
    "role of text": (_set("roles/a", "x"), "roles.a: found 'x'; a list of options is expected"),
    "kind": (_set("roles/b/kind", "pol"), "roles.b.kind: found 'pol'; allowed: choice, pool"),
    "optional": (_set("roles/b/optional", "yes"), "roles.b.optional: found 'yes'; true or false is expected"),
    "no name": (_set("roles/a/0", {"cost": 1}), "roles.a[0].option: is missing; a name is expected"),
    "duplicate": (
        _set("roles/a/1/option", "x"),
        "roles.a[1]: the option 'x' of 'a' is given twice; first at roles.a[0]",
    ),
    "missing": (_set("roles/a/1", {"option": "y", "cost": 1}), "roles.a[1].time: 'y' of 'a' has no time"),
    "text": (_set("roles/a/1/cost", "2"), "roles.a[1].cost: found '2'; a finite number is expected"),
    "true": (_set("roles/a/1/cost", True), "roles.a[1].cost: found true; a finite number is expected"),
    "null": (_set("roles/a/1/cost", None), "roles.a[1].cost: found nothing; a finite number is expected"),
    "nan": (_set("roles/a/1/cost", float("nan")), "roles.a[1].cost: found nan; a finite number is expected"),
    "huge": (_set("roles/a/1/cost", 10**400), "roles.a[1].cost: found a number of more than 300 digits"),
    "too large": (_set("roles/a/1/cost", 1e300), "found 1e+300; must be 0 or between 1e-30 and 1e+15 in size"),
    "too small": (_set("roles/a/1/cost", 1e-300), "found 1e-300; must be 0 or between 1e-30 and 1e+15 in size"),
    "bound too large": (_set("limits", ["cost<=1e99"]), "the bound must be 0 or between 1e-30 and 1e+15 in size"),
    "negative time": (
        _set("roles/a/1/time", -1),
        "roles.a[1].time: found -1; a critical path needs values of at least 0",
    ),
    "cycle": (
        _set("edges", [["a", "b"], ["b", "a"]]),
        "edges: run in a circle through a, b; a critical path needs an order",
    ),
    "self": (_set("edges", [["a", "a"]]), "edges[0]: leads from 'a' to itself"),
    "edge to nowhere": (_set("edges", [["a", "c"]]), "edges[0]: found 'c', which is no role; roles: a, b"),
    "edge to a pool": (_set("edges", [["a", "p"]]), "edges[0]: 'p' is a pool; a role with options is expected"),
    "edge of three": (_set("edges", [["a", "b", "a"]]), "edges[0]: found a list; two roles are expected"),
    "edge twice": (_set("edges", [["a", "b"], ["a", "b"]]), "the edge from 'a' to 'b' is given twice"),
    "pair of nothing": (_set("pairs/0/from_option", "z"), "pairs[0].from_option: found 'z', which 'a' does not have"),
    "pair without edge": (_set("edges", []), "there is no edge from 'a' to 'b' that time could count on"),
    "pair inside": (_set("pairs/0/to", "a"), "joins two options of 'a', of which only one is chosen"),
    "pair twice": (lambda d: d["pairs"].append(d["pairs"][0]), "the pair a/x to b/x is given twice"),
    "pair without ends": (_set("pairs", [{"cost": 1}]), "pairs[0]: from, from_option, to, to_option must be given"),
    "rule of one": (_set("requires", [[["a", "x"]]]), "requires[0]: found a list; at least two [role, option] pairs"),
    "rule of nothing": (
        _set("excludes", [[["a", "x"], ["b", "q"]]]),
        "excludes[0]: found 'q', which 'b' does not have",
    ),
    "limits": (_set("limits", "cost<=1"), "limits: found 'cost<=1'; a list is expected"),
    "limit": (_set("limits", [3]), "limits[0]: found 3; a limit such as"),
    "goal": (_set("minimize", ["cost"]), "minimize: found '['cost']', which no option has"),
    "no server": (_set("roles/p/classes/c/throughput", {"u": 0}), "no unit type can serve the class 'c'"),
    "no unit": (_set("roles/p/classes/c/throughput", {"v": 1}), "throughput.v: is no unit type of this pool; units: u"),
    "no units": (_set("roles/p/units", {}), "roles.p.units: found an object; an object with at least one entry"),
    "negative demand": (_set("roles/p/classes/c/demand", -1), "classes.c.demand: found -1; must be at least 0"),
    "no demand": (
        _set("roles/p/classes/c", {"throughput": {"u": 1}}),
        "classes.c.demand: found nothing; a finite number",
    ),
    "no price": (_set("roles/p/units/u", {}), "roles.p.units.u: has no cost, which is to be optimised"),
    "time of a unit": (_set("roles/p/units/u/time", 1), "units of a pool add up; time is aggregated by critical_path"),
}


@pytest.mark.parametrize("name", JSON_CASES)
def test_json_is_refused(name: str) -> None:
    """Each fault of a JSON problem is named with its path."""
    change, message = JSON_CASES[name]
    data = good()
    change(data)
    found = json_problems(data)
    assert any(message in problem for problem in found), found


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Independent faults of a file, its limits and its goal come together."""
    text = HEADER + "a,x,1,2\na,x,1,2\nb,y,nan,2\nc,z,1,\n"
    found = csv_problems(tmp_path, text, minimize="cots", limits=["mss<=2", "ms<2"], aggregate=["ms=prod"])
    assert len(found) == 7


TEXTS = {
    "repeated key": ('{"roles": {"a": [{"option": "x", "c": 1}], "a": []}}', "roles.a: is given twice"),
    "repeated attribute": ('{"roles": {"a": [{"option": "x", "c": 1, "c": 2}]}}', "roles.a[0].c: is given twice"),
    "NaN": ('{"roles": {"a": [{"option": "x", "c": NaN}]}}', "roles.a[0].c: found nan; a finite number is expected"),
    "overflow": ('{"roles": {"a": [{"option": "x", "c": 1e999}]}}', "roles.a[0].c: found inf"),
    "syntax": ('{"roles": {"a": [}}', "t.json:1: is not valid JSON: Expecting value (column 18)"),
    "list": ("[1]", "t.json: found a list; an object with the key 'roles' is expected"),
    "deep": ("[" * 200_000, "t.json: is nested too deeply"),
    "many digits": (
        '{"roles": {"a": [{"option": "x", "c": ' + "9" * 5000 + "}]}}",
        "t.json: is not valid JSON: Exceeds",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_json_text_is_read_strictly(name: str, tmp_path: Path) -> None:
    """Repeated keys, numbers that are none, and nesting without end are refused."""
    text, message = TEXTS[name]
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_problem(path)
    assert any(message in str(p).replace(str(path), "t.json") for p in error.value.problems), str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a missing file, other bytes than UTF-8 and too many of them are said as such."""
    (tmp_path / "latin.csv").write_bytes(b"role,option,cost\na,\xe9,1\n")
    (tmp_path / "long.csv").write_text(HEADER)
    monkeypatch.setattr("advisor.selection.load.MAX_BYTES", 10)
    for path, message in (
        (tmp_path, "is a folder"),
        (tmp_path / "no", "No such file"),
        (tmp_path / "long.csv", "larger"),
    ):
        with pytest.raises(InputError, match=message):
            load_problem(path)
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"latin\.csv:2: is not UTF-8"):
        load_problem(tmp_path / "latin.csv")


def test_edges_of_a_file(tmp_path: Path) -> None:
    """Edges come from a CSV with or without a header; faults name that file."""
    (tmp_path / "e.csv").write_text("from,to\na,b\n")
    data = {
        "roles": {"a": [{"option": "x", "t": 1}], "b": [{"option": "x", "t": 2}]},
        "aggregate": {"t": "critical_path"},
    }
    assert load_problem(data, edges=tmp_path / "e.csv").edges == (("a", "b"),)
    (tmp_path / "e.csv").write_text("a,b\na\n")
    with pytest.raises(InputError, match=r"e\.csv:2: found 1 cells; two roles"):
        load_problem(data, edges=tmp_path / "e.csv")


def test_a_left_out_role_may_have_empty_cells(tmp_path: Path) -> None:
    """The option none needs no numbers, in CSV and JSON; what it states counts."""
    (tmp_path / "t.csv").write_text(HEADER + "a,x,1,2\nb,y,1,1\nb,none,,\n")
    assert dict(load_problem(tmp_path / "t.csv").values["b"]["none"]) == {}
    data = good()
    data["roles"]["b"] = [{"option": "x", "cost": 1, "time": 2}, {"option": "none", "cost": 5}]
    assert dict(load_problem(data).values["b"]["none"]) == {"cost": 5.0}


def test_limits_are_read_as_people_write_them() -> None:
    """Spaces, other signs and digits in groups are understood."""
    from advisor.selection.wishes import parse_limit

    assert parse_limit(" a b >= 1_000 ") == Limit("a b", ">=", 1000.0)
    assert parse_limit("a=<1e-3") == parse_limit("a ≤ 0.001") == Limit("a", "<=", 0.001)
    assert parse_limit("a==2") == Limit("a", "=", 2.0)


def test_one_option_more_than_is_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many options are read; one more is a problem, not a table cut short."""
    monkeypatch.setattr("advisor.selection.read_csv.MAX_OPTIONS", 3)
    rows = [f"r,o{i},{i}\n" for i in range(4)]
    assert csv_problems(tmp_path, "role,option,cost\n" + "".join(rows)) == [
        "t.csv:5: holds more than 3 options, the most that is read"
    ]
    (tmp_path / "t.csv").write_text("role,option,cost\n" + "".join(rows[:3]))
    assert len(load_problem(tmp_path / "t.csv").roles[0].options) == 3


def test_strange_names_survive(tmp_path: Path) -> None:
    """Names may hold anything: spaces, brackets, markup, other scripts."""
    import advisor

    names = ["a b", "[bold]", "ü/§", "x__y", "1", "-", "=<>"]
    data = {"roles": {n: [{"option": m, "c": i} for i, m in enumerate(names)] for n in names}, "minimize": "c"}
    (tmp_path / "t.json").write_text(json.dumps(data))
    assert dict(advisor.select(tmp_path / "t.json").chosen) == dict.fromkeys(names, "a b")
