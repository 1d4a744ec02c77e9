"""A progress bar on standard error: only on a terminal, and only for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from advisor.analysis.answers import Progress as Report

PATIENCE_S = 1.0


@contextmanager
def bar() -> Iterator[Report]:
    """Yield a function (done, total, what comes next) that draws; interrupting ends it and leaves the line clean."""
    drawer = _Bar()
    try:
        yield drawer.report
    finally:
        drawer.close()


class _Bar:
    def __init__(self) -> None:
        self.start = time.monotonic()
        self.shown: Progress | None = None

    def report(self, done: int, total: int, what: str) -> None:
        if self.shown is None:
            if time.monotonic() - self.start < PATIENCE_S or not sys.stderr.isatty():
                return
            self._open()
        assert self.shown is not None
        from rich.markup import escape

        self.shown.update(self.shown.task_ids[0], completed=done, total=total, description=escape(what))
        self.shown.refresh()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}"))
        self.shown = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        self.shown.add_task("", total=None)
        self.shown.start()

    def close(self) -> None:
        if self.shown is not None:
            self.shown.stop()
