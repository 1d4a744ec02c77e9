"""Tables on narrow terminals: where columns that never wrap leave no room for the others, all of them wrap.

Else a terminal cuts figures off and squeezes columns to nothing, and a table without its names still looks complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Column, Table

LEAST_WORDS = 10  # characters that a column of text needs to be read


def fitted(table: Table, console: Console) -> Table:
    """Return a table that a console can show whole; it is changed in place.

    >>> from rich.console import Console
    >>> from rich.table import Table
    >>> table = Table()
    >>> table.add_column("metric")
    >>> table.add_column("A", no_wrap=True)
    >>> table.add_row("availability", "20 000 USD/month")
    >>> [column.no_wrap for column in fitted(table, Console(width=80)).columns]
    [False, True]
    >>> [column.no_wrap for column in fitted(table, Console(width=20)).columns]
    [False, False]
    """
    needed = sum(_needed(column, console) for column in table.columns) + _padding(table)
    if needed > console.width:
        for column in table.columns:
            column.no_wrap, column.overflow = False, "fold"
    return table


def _needed(column: Column, console: Console) -> int:
    """Return how many characters a column needs: all that it holds where it never wraps, else a word."""
    from rich.measure import Measurement

    found = [Measurement.get(console, console.options, cell) for cell in (column.header, *column.cells)]
    if column.no_wrap:
        return max(one.maximum for one in found)
    return min(LEAST_WORDS, max(one.minimum for one in found))


def _padding(table: Table) -> int:
    _, right, _, left = table.padding
    return (left + right) * len(table.columns)
