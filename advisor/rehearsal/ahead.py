"""Items prepared ahead by other processes, while somebody thinks about the one before.

Other processes, because a search does not let go of this one, and because they can be ended at any moment. Each works
out a strand of the session, and then the one that is needed next. Items are put in order by their place in the session
and not by when they came, so they are the same as when they are worked out here.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol

from advisor.rehearsal.course import Item, Setup
from advisor.rehearsal.strands import in_order, strands, upcoming
from advisor.rehearsal.workers import Worker, end

TICK_S = 0.25  # after which a wait looks up: where a lock is waited for without end an interrupt may go unheard


class Source(Protocol):
    """Where items come from."""

    def item(self, number: int) -> Item | None:
        """Return an item, waiting for it; None behind the last."""

    def ready(self, number: int) -> bool:
        """Return whether :meth:`item` would not wait."""

    def so_far(self) -> tuple[list[Item], bool]:
        """Return the items that are worked out, and whether these are all, without waiting."""

    def close(self) -> None:
        """End what works ahead."""


class Lazily:
    """Items worked out here when they are asked for.

    >>> Lazily(iter(()), ()).item(0) is None
    True
    """

    def __init__(self, items: Iterator[Item], known: Sequence[Item] = ()) -> None:
        self._items, self._known = items, list(known)

    def item(self, number: int) -> Item | None:
        """Return an item, worked out with those before it if need be."""
        while len(self._known) <= number:
            found = next(self._items, None)
            if found is None:
                return None
            self._known.append(found)
        return self._known[number]

    def ready(self, number: int) -> bool:
        """Return whether the item is worked out."""
        return len(self._known) > number

    def so_far(self) -> tuple[list[Item], bool]:
        """Return the items that are worked out; whether there are more, only asking would tell."""
        return [*self._known], False

    def close(self) -> None:
        """There is nothing to end."""


class Ahead:
    """Items worked out by other processes, without waiting to be asked.

    A thread takes what they send and tells each that has nothing to do what to work out next, also while somebody
    types: what that is depends on what the others have found.

    Args:
        opening: the first items, which take no time. known: those prepared before the session was interrupted.
        workers: processes that wait for work, see :func:`waiting`; of more than there are strands some are ended.
    """

    def __init__(
        self, setup: Setup, opening: Sequence[Item] = (), known: Sequence[Item] = (), *, workers: Sequence[Worker]
    ) -> None:
        self._setup, self._opening, self._known = setup, list(opening), list(known)
        self._found: list[Item] = []
        self._ended = False
        self._error: Exception | None = None  # of the thread
        self._came: dict[int, list[Item | None]] = defaultdict(list)
        self._taken: set[int] = set()  # numbers of the strands that are being worked out, or were
        self._changed = threading.Condition()
        most = len(strands(setup))
        self._workers = list(workers[:most])
        end(workers[most:])
        self._put_in_order()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def item(self, number: int) -> Item | None:
        """Return an item, waiting until it is there.

        Raises:
            InputError: the setup has nothing to rehearse. RuntimeError: another process failed.
        """
        with self._changed:
            while not self._ready(number):
                self._changed.wait(TICK_S)
            return self._found[number] if number < len(self._found) else None

    def ready(self, number: int) -> bool:
        """Return whether the item has come. Raises: as :meth:`item`, also where nobody asked for what failed yet."""
        with self._changed:
            return self._ready(number)

    def so_far(self) -> tuple[list[Item], bool]:
        """Return the items that have come, and whether these are all. Raises: as :meth:`ready`."""
        with self._changed:
            self._ready(0)
            return [*self._found], self._ended

    def close(self) -> None:
        """End the other processes now; what they still work on is not wanted."""
        for worker in self._workers:
            worker.stop()
        self._thread.join()

    def _ready(self, number: int) -> bool:
        if self._error is not None:
            raise self._error
        return self._ended or len(self._found) > number

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Keep the processes at work until the last item has come, one fails, or they are stopped."""
        whole = False
        try:
            for worker in self._workers:
                worker.begin(self._setup)
            while not whole:
                self._hand_out()
                self._take()
                whole = self._put_in_order()
        except Exception as error:
            self._error = error
        finally:
            end(self._workers)
            with self._changed:
                self._ended = whole
                self._changed.notify_all()

    def _hand_out(self) -> None:
        """Give every process that has nothing to do the strand that is best worked out next."""
        for worker in self._workers:
            number = upcoming(self._given, self._setup, self._taken) if worker.idle else None
            if number is not None:
                self._taken.add(number)
                worker.work(number)

    def _take(self) -> None:
        """Take everything that has come, after waiting for something to come."""
        from multiprocessing.connection import wait

        if not self._workers:
            raise RuntimeError("there is no process that prepares questions")
        came = wait([worker.pipe for worker in self._workers])
        for worker in self._workers:
            while worker.pipe in came and worker.pipe.poll():
                for place, item in worker.take():
                    self._came[place].append(item)

    def _put_in_order(self) -> bool:
        """Append what follows on what is known, as far as it has come; return whether that is all."""
        came = list(in_order(self._given, self._setup))
        found = [*self._opening, *(item for item in came if item is not None)]
        with self._changed:
            self._found = [*self._known, *found[len(self._known) :]]
            self._changed.notify_all()
        return bool(came) and came[-1] is None

    def _given(self, place: int) -> Sequence[Item | None]:
        return self._came[place]
