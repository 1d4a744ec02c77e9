"""Work that is given bit by bit: other processes begin with the first piece while this one finds out what else to do.

With one job nothing is begun before this process works or waits, and no process is started. What a piece comes to hangs
on the piece alone, so the results are the same for any number of jobs.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from advisor.analysis.parallel import end, forks, processes, run

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Crew(Generic[Piece, Result]):
    """This process and others that work off the same pieces, the most urgent first.

    Args:
        work: what becomes of a piece; the others have it, and all that it holds, as it is when they begin.
        jobs: processes, this one included.
        shared: large objects that work and results hold: results come back with these very ones, not with copies.

    >>> with Crew(abs) as crew:
    ...     crew.give(-2)
    ...     crew.give(-1, rank=-1)
    ...     crew.of([-2, -1])
    {-2: 2, -1: 1}
    """

    def __init__(self, work: Callable[[Piece], Result], jobs: int = 1, shared: Sequence[object] = ()) -> None:
        self._work, self._jobs, self._shared = work, jobs, shared
        self._waiting: list[tuple[int, int, Piece]] = []
        self._offered: list[Piece] = []
        self._known: set[Piece] = set()
        self._found: dict[Piece, Result] = {}
        self._there: dict[Piece, Future[bytes]] = {}
        self._idle = 0  # other processes that have begun and have nothing to do
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Crew[Piece, Result]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the other processes, also those that still work: nobody waits for that any more."""
        with self._lock:
            self._waiting.clear()
            self._offered.clear()
        if self._pool is not None and (kind or not all(one.done() for one in self._there.values())):
            end(self._pool)
        elif self._pool is not None:
            self._pool.shutdown()

    def begin(self) -> bool:
        """Start the other processes, where they may begin as copies of this one; from here on they take pieces.

        Return whether there are any.
        """
        if self._pool is None and self._jobs > 1 and forks():
            self._pool, self._idle = processes(self._work, self._jobs - 1, self._shared), self._jobs - 1
            self._feed()
        return self._pool is not None

    def give(self, piece: Piece, rank: int = 0) -> None:
        """Have a piece worked off; of those that wait the lowest rank comes first, then the first that was given.

        One that was given or offered before is on its way already.
        """
        with self._lock:
            if piece in self._offered:
                self._offered.remove(piece)
            if piece not in self._known:
                self._known.add(piece)
                heapq.heappush(self._waiting, (rank, len(self._known), piece))
        self._feed()

    def offer(self, piece: Piece) -> None:
        """Have another process work off what may be asked for later, once it has nothing else to do.

        This one does not, unless it is given the piece; those that were offered first come first.
        """
        with self._lock:
            if piece not in self._known and piece not in self._offered:
                self._offered.append(piece)
        self._feed()

    def work(self) -> None:
        """Work off all that nobody has begun; what others have begun need not be done then.

        Raises:
            What the work raises.
        """
        while (piece := self._next()) is not None:
            self._found[piece[0]] = self._work(piece[0])

    def is_done(self, piece: Piece) -> bool:
        """Return whether it is known what became of a piece that was given, so that nobody waits for it."""
        return piece in self._found or (piece in self._there and self._there[piece].done())

    def of(self, pieces: Sequence[Piece]) -> dict[Piece, Result]:
        """Return what became of pieces that were given; this process works as well, on all that is left.

        Raises:
            What the work raises.
        """
        from advisor.analysis.sent import unpacked

        self.work()
        for own in pieces:
            if own not in self._found:
                self._found[own] = unpacked(self._there[own].result(), self._shared)[0]
        return {own: self._found[own] for own in pieces}

    def _next(self) -> tuple[Piece] | None:
        with self._lock:
            return (heapq.heappop(self._waiting)[2],) if self._waiting else None

    def _feed(self) -> None:
        """Give the processes that have nothing to do the next pieces."""
        with self._lock:
            while self._pool is not None and self._idle and (self._waiting or self._offered):
                piece = heapq.heappop(self._waiting)[2] if self._waiting else self._offered.pop(0)
                self._known.add(piece)
                self._idle -= 1
                self._there[piece] = self._pool.submit(run, [piece])
                self._there[piece].add_done_callback(self._done)

    def _done(self, one: Future[bytes]) -> None:
        """Note that a process has nothing to do; one that ended with an error gets nothing more."""
        if one.exception() is None:
            with self._lock:
                self._idle += 1
            self._feed()
