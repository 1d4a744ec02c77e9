"""Processes that work out strands of a session.

They are started before it is known which session: reading program and catalog takes longer than many a question. So
this module imports little, and they import the rest while the one that started them does.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from advisor.errors import InputError

if TYPE_CHECKING:
    from advisor.rehearsal.course import Setup
    from advisor.rehearsal.drill import Placed

MOST = 4  # as many as a drill has strands


class Worker:
    """A process that works out some strands. ``done``: it has sent everything.

    It reads the catalog as soon as it starts, so it is best started before it is known what there is to work out.
    """

    def __init__(self, catalog_folder: str = "") -> None:
        from multiprocessing import get_context

        context = get_context("spawn")  # a forked child would inherit the solver's threads and locks
        self.pipe, theirs = context.Pipe()
        self.done = False
        self._process = context.Process(target=_work, args=(catalog_folder, theirs), daemon=True)
        with _interrupts_ignored():
            self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def begin(self, setup: Setup, numbers: Sequence[int]) -> None:
        """Let it work out strands of a session. What is wrong with it is told by :meth:`take`."""
        with suppress(BrokenPipeError):
            self.pipe.send((setup, tuple(numbers)))

    def take(self) -> Iterator[Placed]:
        """Yield the item that has come, if it is one.

        Raises:
            InputError: the setup has nothing to rehearse. RuntimeError: the process failed.
        """
        try:
            word, value = self.pipe.recv()
        except EOFError:
            raise RuntimeError("a process that prepares questions ended early") from None
        if word == "item":
            yield value
        elif word == "end":
            self.done = True
        elif word == "input":
            raise InputError(value)
        else:
            raise RuntimeError(value)

    def end(self) -> None:
        """End the process, whatever it does; once more does nothing."""
        self._process.terminate()
        self._process.join()
        self.pipe.close()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Start a process that Ctrl-C does not reach, not even before its first line runs: it would print a traceback."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def waiting(count: int, catalog_folder: str = "") -> Iterator[Sequence[Worker]]:
    """Start processes that wait for the session to begin, and end them in the end. More than can be busy are none."""
    workers = [Worker(catalog_folder) for _ in range(min(count, MOST))]
    try:
        yield workers
    finally:
        end(workers)


def end(workers: Iterable[Worker]) -> None:
    """End processes now, whatever they do; once more does nothing."""
    for worker in workers:
        worker.end()


def _work(catalog_folder: str, pipe: Connection) -> None:
    """Send every item of the strands that are asked for; leave interrupts to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it is not inherited
    try:
        setup, numbers = _asked_for(catalog_folder, pipe)
        _send(setup, numbers, pipe)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent has ended, or does not want any more


def _asked_for(catalog_folder: str, pipe: Connection) -> tuple[Setup, Sequence[int]]:
    """Read everything that any session needs, then wait for what this one is."""
    from advisor.catalog.load import load_catalog
    from advisor.rehearsal import prepare  # noqa: F401  (it takes a while)

    with suppress(InputError):  # which is told to whoever sits there
        load_catalog(catalog_folder or None)
    setup, numbers = pipe.recv()
    return setup, numbers


def _send(setup: Setup, numbers: Sequence[int], pipe: Connection) -> None:
    from advisor.rehearsal.prepare import start
    from advisor.rehearsal.strands import placed

    try:
        for one in placed(setup, start(setup), numbers):
            pipe.send(("item", one))
        pipe.send(("end", None))
    except InputError as error:
        pipe.send(("input", tuple(error.problems)))
    except OSError:
        raise
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
