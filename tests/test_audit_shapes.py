"""Cost tables of fifteen shapes: none that is right is accused; in one that is wrong, line and slip are found."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from audit_shapes import SHAPES, Shape

from advisor.audit.report import audit_text

Make = Callable[[random.Random], Shape]


@pytest.mark.parametrize("make", SHAPES, ids=lambda make: make.__name__)
def test_no_correct_table_of_a_shape_is_accused(make: Make) -> None:
    """Of 34 correct tables of each shape (510 in all) none is called wrong, and every row is judged."""
    for seed in range(34):
        shape = make(random.Random(seed))
        (report,) = audit_text(shape.csv(), "t.csv").tables
        assert [(seed, found) for found in report.wrong] == []
        judged = {found.line for found in report.findings}
        assert judged >= set(range(2, len(shape.rows) + 2)), seed


@pytest.mark.parametrize("make", SHAPES, ids=lambda make: make.__name__)
def test_the_slip_of_a_shape_is_named_and_only_its_row_accused(make: Make) -> None:
    """With one figure wrong, its row is found by the right check, the slip is among those named, no other row is."""
    for seed in range(34):
        shape = make(random.Random(seed))
        (report,) = audit_text(shape.csv(right=False), "t.csv").tables
        line = shape.wrong.row + 2
        found = [f for f in report.wrong if f.line == line and f.check == shape.wrong.check]
        assert found, (seed, shape.csv(right=False), report.findings)
        slips = [explanation.slip for f in found for explanation in f.explanations]
        assert not shape.wrong.slip or shape.wrong.slip in slips, (seed, shape.csv(right=False), found)
        assert {f.line for f in report.wrong} == {line}, (seed, shape.csv(right=False))
