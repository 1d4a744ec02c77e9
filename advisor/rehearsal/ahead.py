"""Items prepared ahead by other processes, while somebody thinks about the one before.

Other processes, because a search does not let go of this one, and because they can be ended at any moment. Each works
out some strands of the session; they are put in order by their place in it and not by when they came, so the items are
the same as when they are worked out here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol

from advisor.rehearsal.course import Item, Setup
from advisor.rehearsal.strands import in_order, strands
from advisor.rehearsal.workers import Worker, end


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

    Args:
        opening: the first items, which take no time. known: those prepared before the session was interrupted.
        workers: processes that wait for work, see :func:`waiting`; of more than there are strands some are ended.
    """

    def __init__(
        self, setup: Setup, opening: Sequence[Item] = (), known: Sequence[Item] = (), *, workers: Sequence[Worker]
    ) -> None:
        self._setup, self._opening, self._known = setup, list(opening), list(known)
        self._found: list[Item] = []
        self._ended, self._workers = False, list(workers)
        self._placed: dict[int, list[Item | None]] = defaultdict(list)
        every = strands(setup)
        busy, idle = self._workers[: len(every)], self._workers[len(every) :]
        end(idle)
        self._workers = busy
        for first, worker in enumerate(busy):
            worker.begin(setup, range(first, len(every), len(busy)))
        self._put_in_order()

    def item(self, number: int) -> Item | None:
        """Return an item, waiting until it is there.

        Raises:
            InputError: the setup has nothing to rehearse. RuntimeError: another process failed.
        """
        while not self.ready(number):
            self._take(None)
        return self._found[number] if number < len(self._found) else None

    def ready(self, number: int) -> bool:
        """Return whether the item has come."""
        if not self._ended:
            self._take(0.0)  # also what nobody asked for yet: it may be that there is nothing to rehearse
        return self._ended or len(self._found) > number

    def so_far(self) -> tuple[list[Item], bool]:
        """Return the items that have come, and whether these are all."""
        self.ready(0)
        return [*self._found], self._ended

    def close(self) -> None:
        """End the other processes now; what they still work on is not wanted."""
        end(self._workers)
        self._workers = []

    def _take(self, timeout_s: float | None) -> None:
        """Take everything that has come, after waiting for something to come."""
        from multiprocessing.connection import wait

        working = [worker for worker in self._workers if not worker.done]
        came = wait([worker.pipe for worker in working], timeout_s) if working else []
        for worker in working:
            if worker.pipe in came:
                self._take_from(worker)
        if came:
            self._put_in_order()
        elif not working:
            raise RuntimeError("the processes that prepare questions ended early")

    def _take_from(self, worker: Worker) -> None:
        while not worker.done and worker.pipe.poll():
            for place, item in worker.take():
                self._placed[place].append(item)

    def _put_in_order(self) -> None:
        """Append what follows on what is known, as far as it has come."""
        came = list(in_order(lambda place: self._placed[place], self._setup))
        found = [*self._opening, *(item for item in came if item is not None)]
        self._found = [*self._known, *found[len(self._known) :]]
        if came and came[-1] is None:
            self._ended = True
            self.close()
