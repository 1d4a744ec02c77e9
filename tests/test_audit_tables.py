"""Reading tables: formats, pages, limits, and what is wrong with an input."""

from __future__ import annotations

import random
import re

import pytest

from advisor.audit.report import Options, audit_text
from advisor.audit.tables import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_TABLES, tables
from advisor.errors import InputError

FORMATS = {
    "t.csv": 'item,count,price ($),monthly cost ($)\nnodes,3,"1,070.50","3,211.50"\n',
    "t.tsv": "item\tcount\tprice ($)\tmonthly cost ($)\nnodes\t3\t1,070.50\t3,211.50\n",
    "semicolons.csv": "item;count;price ($);monthly cost ($)\nnodes;3;1,070.50;3,211.50\n",
    "t.md": "| item | count | price ($) | monthly cost ($) |\n|--|:-:|--:|---|\n"
    "| **nodes** | 3 | 1,070.50 | 3,211.50 |\n",
    "t.yml": "- {item: nodes, count: 3, price ($): 1070.5, monthly cost ($): 3211.5}\n",
    "named.yaml": "costs:\n  - item: nodes\n    count: 3\n    price ($): 1070.5\n    monthly cost ($): 3211.5\n",
}


@pytest.mark.parametrize("file", FORMATS)
def test_every_format_gives_the_same_audit(file: str) -> None:
    """CSV, TSV, semicolons, Markdown and YAML are read to the same figures."""
    (report,) = audit_text(FORMATS[file], file).tables
    assert [(f.row, f.expected, f.verdict.value) for f in report.findings] == [("nodes", "3 211.50", "agrees")]


@pytest.mark.parametrize("file", FORMATS)
def test_the_format_is_recognised_without_a_suffix(file: str) -> None:
    """Standard input has no suffix: the text tells."""
    assert not audit_text(FORMATS[file], "standard input").tables[0].wrong


PAGE = """\
# Costs

Prose with a | bar.

| item | cost |
|---|---|
| a \\| b | 1 |
| `c|d` | 2 |
| total | 3 |

```
| not | a table |
|---|---|
| 1 | 2 |
```

## People

| who | role |
|---|---|
| x | y |

## Load

| users | req/s | mean (ms) |
|---|---|---|
| 10 | 100 | 100 |
"""


def test_all_tables_of_a_page() -> None:
    """Tables of a page are numbered, carry their heading and line; fences are text; what is neither is said."""
    report = audit_text(PAGE, "page.md")
    assert [(t.number, t.line, t.title, t.kind) for t in report.tables] == [
        (1, 5, "Costs", "cost"),
        (3, 25, "Load", "load"),
    ]
    assert [(number, line) for number, line, _ in report.skipped] == [(2, 19)]
    assert report.agrees
    assert [t.number for t in audit_text(PAGE, "page.md", Options(table=3)).tables] == [3]


def test_bars_in_cells() -> None:
    """An escaped bar and a bar in backquotes do not end a cell."""
    assert [row.cells[0] for row in tables(PAGE, "page.md")[0].rows] == ["a \\| b", "`c|d`", "total"]


def test_a_transposed_table() -> None:
    """Metrics down the first column and runs across are read as runs."""
    text = "| Metric | A | B |\n|--|--|--|\n| Concurrency | 8 | 16 |\n| req/s | 80 | 100 |\n| mean (ms) | 100 | 160 |\n"
    (report,) = audit_text(text, "t.md").tables
    assert [(f.row, f.verdict.value) for f in report.findings] == [("A", "agrees"), ("B", "agrees")]


def problems(text: str, file: str = "t.csv", options: Options | None = None) -> list[str]:
    """Return everything that is said to be wrong with an input."""
    with pytest.raises(InputError) as caught:
        audit_text(text, file, options)
    return [str(problem) for problem in caught.value.problems]


def test_unreadable_numbers_are_reported_all_at_once() -> None:
    """Each cell that is meant as a number and is none: file, line, column, what was found."""
    said = problems("item,qty,cost\na,1.2.3,5\nb,2,12..5\nc,3,7\nd,4,12O.50\n")
    assert said == [
        "t.csv:2: qty: found '1.2.3'; a number is expected, for example 1,234.56",
        "t.csv:3: cost: found '12..5'; a number is expected, for example 1,234.56",
        "t.csv:5: cost: found '12O.50'; a number is expected, for example 1,234.56",
    ]


def test_a_column_that_contradicts_itself() -> None:
    """With both marks as decimals in a column, '1,234' is not guessed; --decimal settles it."""
    text = 'item;cost\na;1.50\nb;"2,50"\nc;"1,234"\ntotal;1238.00\n'
    assert problems(text) == [
        "t.csv:4: cost: found '1,234'; the column uses both . and , as decimal mark: state --decimal"
    ]
    assert audit_text(text, "t.csv", Options(decimal=".")).agrees


def test_ambiguity_is_said() -> None:
    """Where nothing shows which mark is decimal, the reading taken is named in the notes, and can be changed."""
    text = 'item,cost\na,"1,250"\nb,"2,125"\ntotal,"3,375"\n'
    (note,) = audit_text(text, "t.csv").tables[0].notes
    assert "'1,250'" in note
    assert "read as 1250" in note
    commas = audit_text(text, "t.csv", Options(decimal=","))
    assert commas.agrees
    assert commas.tables[0].notes == []


@pytest.mark.parametrize(
    ("text", "file", "said"),
    [
        ("", "t.csv", "no table"),
        ("just prose\n", "t.md", "no table"),
        ("a,b\n", "t.csv", "no table"),
        ("who,role\nx,y\n", "t.csv", "--column NAME=ROLE"),
        ("a: 1\n", "t.yml", "no table"),
        ("- 1\n- 2\n", "t.yml", "list of rows"),
        ("item,cost\na,1,2,3\n", "t.csv", "holds 4 cells"),
        ("item,cost\n" + "a,1\n" * (MAX_ROWS + 1), "t.csv", "rows; at most"),
        (
            ",".join(["cost"] * (MAX_COLUMNS + 1)) + "\n" + ",".join(["1"] * (MAX_COLUMNS + 1)) + "\n",
            "t.csv",
            "columns; at most",
        ),
        (f"item,cost\n{'a' * (MAX_CELL + 1)},1\n", "t.csv", "longer than"),
        ("| a | cost |\n|--|--|\n| x | 1 |\n\n" * (MAX_TABLES + 1), "t.md", "tables; at most"),
    ],
)
def test_bad_input_is_named(text: str, file: str, said: str) -> None:
    """Nothing to audit, or more than is read, is an error that says so."""
    assert any(said in problem for problem in problems(text, file))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(columns={"csot": ("monthly", "")}), "'csot' is not a column; did you mean 'cost'?"),
        (Options(columns={"cost": ("montly", "")}, kind="cost"), "'montly' is not a role of a cost table"),
        (Options(table=2), "there is no table 2"),
        (Options(tolerance=1.5), "tolerance must be at least 0 and below 1, found 1.5"),
        (Options(tolerance=float("nan")), "tolerance must be at least 0 and below 1, found nan"),
        (Options(hours_per_month=0), "hours_per_month must be above 0"),
        (Options(hours_per_month=float("inf")), "hours_per_month must be above 0"),
        (Options(given={"think": "2"}), "given 'think' is not a role of a load test; did you mean 'think_time'?"),
        (Options(given={"think_time": "two"}), "given think_time must be a number, found 'two'"),
    ],
)
def test_bad_options_are_named(options: Options, said: str) -> None:
    """What is stated beside the table is checked, with what was found and what is allowed."""
    assert any(said in problem for problem in problems("item,cost\na,1\ntotal,1\n", options=options))


def test_stated_columns_go_before_headers() -> None:
    """A column whose header says nothing takes the role and unit that are stated; an empty role leaves it out."""
    text = "x,y,z,v\nnodes,3,70.00,210.00\n"
    columns = {"x": ("name", ""), "y": ("count", ""), "z": ("price", ""), "v": ("monthly", "USD")}
    (report,) = audit_text(text, "t.csv", Options(columns=columns)).tables
    assert [f.verdict.value for f in report.findings] == ["agrees"]
    assert report.columns[3] == ("v", "cost a month", "USD")
    load = "n,rps,latency\n100,1000,0.1\n"
    stated = {"n": ("concurrency", ""), "latency": ("latency_mean", "s")}
    assert audit_text(load, "t.csv", Options(columns=stated, kind="load")).agrees


def test_unstated_units_of_time_are_noted() -> None:
    """A latency without unit is taken as ms, and that is said with the way to change it."""
    (report,) = audit_text("users,req/s,mean\n100,1000,100\n", "t.csv", Options(kind="load")).tables
    assert any("taken as ms" in note and "--column 'mean=latency_mean:s'" in note for note in report.notes)


CELLS = [
    "",
    "-",
    "n/a",
    "0",
    "1",
    "-3",
    "$0",
    "$1,234",
    "1.5k",
    "1e30",
    "1e-30",
    "~5",
    "2-6",
    "99%",
    "free",
    "3 TB",
    "730 h",
    "x",
    "2 × $5",
    "3 GB @ $0.1/GB",
    "5 x",
    "€2",
]
HEADERS = [
    "item",
    "qty",
    "unit price",
    "hours",
    "monthly cost",
    "annual cost",
    "share",
    "free",
    "price per million",
    "Total",
    "discount",
    "tax",
    "Upfront",
    "Opex per year",
    "Queries per month",
    "months",
    "Minutes",
    "Savings",
    "Base fee",
    "Jan",
    "notes",
]
LOAD = [
    "users",
    "req/s",
    "mean (ms)",
    "p50",
    "p95 (s)",
    "requests",
    "duration",
    "errors",
    "TTFT",
    "TPOT",
    "tok/s",
    "output tokens",
]


def random_table(seed: int) -> str:
    """Return a table with anything in its cells."""
    rng = random.Random(seed)
    headers = rng.sample(rng.choice([HEADERS, LOAD]), rng.randint(2, 7))
    names = ["Total", "Subtotal", "cost per user", "Annual total", "a (one-time)", "└─ b", "c"]
    rows = [
        [rng.choice(names) if h == "item" else rng.choice(CELLS) for h in headers] for _ in range(rng.randint(1, 9))
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [headers, ["---"] * len(headers), *rows]) + "\n"


def test_no_table_makes_it_fail() -> None:
    """Whatever stands in the cells, the answer is a report or an error about the input: no crash, NaN or infinity."""
    reports = 0
    for seed in range(600):
        try:
            report = audit_text(random_table(seed), "t.md")
        except InputError:
            continue
        reports += 1
        shown = [f"{f.found} {f.expected} {f.formula} {f.remark}" for table in report.tables for f in table.findings]
        assert not [text for text in shown if re.search(r"\b(nan|inf)\b", text)]
    assert reports > 300


def test_the_limit_of_bytes_is_the_limit() -> None:
    """More bytes than are read are refused before anything is parsed."""
    from advisor.audit.report import decoded

    assert decoded(b"a" * MAX_BYTES, "t.csv")
    with pytest.raises(InputError, match="is larger than 1,000,000 bytes"):
        decoded(b"a" * (MAX_BYTES + 1), "t.csv")
    with pytest.raises(InputError, match="is not UTF-8"):
        decoded(b"\xff", "t.csv")
