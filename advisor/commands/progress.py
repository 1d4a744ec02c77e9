"""A progress bar on standard error: only on a terminal, and only for what takes longer than a second."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

    from advisor.analysis.answers import Progress as Report

PATIENCE_S = 1.0


@contextmanager
def bar(what: str = "solving") -> Iterator[Report]:
    """Yield a function (done, total, what comes next) that draws; interrupting ends it and leaves the line clean.

    ``what``: comes first, before anything is reported.
    """
    drawer = _Bar()
    try:
        drawer.report(0, 1, what)
        yield drawer.report
    finally:
        drawer.close()


class _Bar:
    def __init__(self) -> None:
        self.start = time.monotonic()
        self.shown: Progress | None = None
        self._last: tuple[int, int, str] | None = None
        self._before: Any = None  # what an alarm did

    def report(self, done: int, total: int, what: str) -> None:
        """Show how far it is; when all is done the bar goes, so that what was found can be printed."""
        if done >= total:
            return self.close()
        self._last = done, total, what
        if self.shown is None and sys.stderr.isatty():
            left = self.start + PATIENCE_S - time.monotonic()
            if left > 0:
                return self._wake(left)
            self._sleep()
            if self.shown is None:  # else the alarm was heard just now
                self._open()
        self._draw()

    def _wake(self, after_s: float) -> None:
        """Draw later, also when nothing more is reported until then.

        An alarm is heard between two steps of this thread; other processes do not inherit it.
        """
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            if self._before is None:
                self._before = signal.signal(signal.SIGALRM, lambda *_: self._late())
            signal.setitimer(signal.ITIMER_REAL, after_s)

    def _sleep(self) -> None:
        if self._before is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _late(self) -> None:
        if self.shown is None and self._last is not None:
            self._open()
            self._draw()

    def _draw(self) -> None:
        if self.shown is not None and self._last is not None:
            from rich.markup import escape

            done, total, what = self._last
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
        """Take the bar away, and the alarm."""
        self._sleep()
        if self._before is not None:
            signal.signal(signal.SIGALRM, self._before)
        self._before = self._last = None
        if self.shown is not None:
            self.shown.stop()
            self.shown = None
