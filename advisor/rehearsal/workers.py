"""Processes that work out strands of a session.

They are started before it is known which session: reading program and catalog takes longer than many a question. So
this module imports little, and they import the rest while the one that started them does.
"""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from advisor.errors import InputError

if TYPE_CHECKING:
    from advisor.rehearsal.course import Setup
    from advisor.rehearsal.drill import Placed

MOST = 4  # each holds catalog and candidates in memory


class Worker:
    """A process that works out strands, one after the other, each when it is told to. ``idle``: it has nothing to do.

    It reads the catalog as soon as it starts, so it is best started before it is known what there is to work out.
    """

    def __init__(self, catalog_folder: str = "") -> None:
        from multiprocessing import get_context

        context = get_context("spawn")  # a forked child would inherit the solver's threads and locks
        self.pipe, theirs = context.Pipe()
        self.idle = True
        self._ending = threading.Lock()  # a session may end while the thread that watches it does, too
        self._process = context.Process(target=_work, args=(catalog_folder, theirs), daemon=True)
        with _interrupts_ignored():
            self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def begin(self, setup: Setup) -> None:
        """Tell it which session this is. What is wrong with it is told by :meth:`take`."""
        self._send(setup)

    def work(self, strand: int) -> None:
        """Let it work out a strand of the session, given by its number."""
        self.idle = False
        self._send(strand)

    def _send(self, what: object) -> None:
        with suppress(BrokenPipeError):
            self.pipe.send(what)

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
        elif word == "idle":
            self.idle = True
        elif word == "input":
            raise InputError(value)
        else:
            raise RuntimeError(value)

    def stop(self) -> None:
        """Let the process end, whatever it does, without waiting until it has."""
        self._process.terminate()

    def end(self) -> None:
        """End the process, whatever it does; once more does nothing, nor does another thread at the same time."""
        with self._ending:
            self.stop()
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
        _read(catalog_folder)
        _send(pipe.recv(), pipe)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent has ended, or does not want any more


def _read(catalog_folder: str) -> None:
    """Read everything that any session needs."""
    from advisor.catalog.load import load_catalog
    from advisor.rehearsal import prepare  # noqa: F401  (it takes a while)

    with suppress(InputError):  # which is told to whoever sits there
        load_catalog(catalog_folder or None)


def _send(setup: Setup, pipe: Connection) -> None:
    from advisor.candidates.unswept import unswept
    from advisor.rehearsal.prepare import start
    from advisor.rehearsal.strands import strands

    try:
        here, every = start(setup), strands(setup)
        gc.freeze()  # what was read is there to the end: it need not be looked through again
        while True:
            with unswept():
                for one in every[pipe.recv()].spin(here, setup):
                    pipe.send(("item", one))
            pipe.send(("idle", None))
            gc.collect()
    except InputError as error:
        pipe.send(("input", tuple(error.problems)))
    except (OSError, EOFError):
        raise
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
