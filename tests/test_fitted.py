"""Tables on terminals of any width show every figure and every name."""

from __future__ import annotations

import io
import re

import pytest
from rich import box
from rich.console import Console
from rich.table import Table

from advisor.render.fitted import fitted

NAMES = ["cost", "answer availability", "answer latency p95"]
VALUES = ["20\u00a0000\u00a0USD/month", "99.95\u00a0%", "1.25\u00a0s"]


def _table(sides: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("metric")
    for side in range(sides):
        table.add_column(chr(ord("A") + side), justify="right", no_wrap=True)
    for name, value in zip(NAMES, VALUES, strict=True):
        table.add_row(name, *[value] * sides)
    return table


def _shown(table: Table, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 140])
@pytest.mark.parametrize("sides", [2, 4, 6])
def test_nothing_is_cut_off(width: int, sides: int) -> None:
    """All letters and figures of all cells are there, none is replaced by an ellipsis, and no line is too long."""
    text = _shown(fitted(_table(sides), Console(width=width)), width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    cells = "".join(name + value * sides for name, value in zip(NAMES, VALUES, strict=True))
    wanted = "metric" + "ABCDEF"[:sides] + cells
    assert sorted(re.sub(r"\s|─", "", text)) == sorted(re.sub(r"\s", "", wanted))


def test_a_table_that_fits_stays_as_it_is() -> None:
    """Where there is room, figures are not wrapped."""
    assert _shown(fitted(_table(3), Console(width=140)), 140) == _shown(_table(3), 140)
