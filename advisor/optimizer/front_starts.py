"""Designs to start a front from: quick ones, then all in which one role of a good one has another candidate.

What is good is told by a lattice alone, a rough one where there are many candidates, and over all cases together; the
judge only sees what nothing beats in the end. The more of the front is known, the less is left to search.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.models.undominated import undominated_mask
from advisor.optimizer.front_case import CaseFront

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]
    Indices = np.ndarray[Any, np.dtype[np.intp]]

TILTS = (1.0, 6.0)  # of the stand-ins for times from which quick designs are made
MIXTURES = 120  # weights of all that is to be small, for each of them
WIDEST = 1e3  # the largest weight against the goal, and one over the smallest
GOLDEN = (0.6180339887, 0.7548776662, 0.8191725134, 0.8566748839)  # steps that fill a square, a cube, ... evenly
ROUNDS = 12
ROUGH = 4  # points of the lattice that are one where many designs are only compared with each other
LARGE = 150  # candidates of a case from which on they are many


@dataclass(frozen=True)
class Found:
    """Designs of some cases: which case, which candidates, what losses on the lattice; a row each."""

    case: Indices
    designs: Indices
    losses: Array

    def taken(self, which: Any) -> Found:
        """Return some of them."""
        return Found(self.case[which], self.designs[which], self.losses[which])

    def __add__(self, other: Found) -> Found:
        """Return these, then others."""
        import numpy as np

        pairs = zip(self._parts, other._parts, strict=True)
        return Found(*(np.concatenate(pair) for pair in pairs))

    @property
    def _parts(self) -> tuple[Any, ...]:
        return self.case, self.designs, self.losses


def start(fronts: Sequence[CaseFront], deadline: float) -> None:
    """Offer good designs of some cases."""
    import numpy as np

    fronts = [front for front in fronts if front.open]
    if not fronts:
        return
    cells = ROUGH if max(front.case.size for front in fronts) >= LARGE else 1
    known = _of(fronts[0], 0, np.zeros((0, len(fronts[0].case.goal)), dtype=np.intp), cells)
    fresh = [(number, quick(front)) for number, front in enumerate(fronts)]
    for _ in range(ROUNDS):
        before = len(known.case)
        for number, designs in fresh:
            if time.monotonic() < deadline:
                known += _of(fronts[number], number, designs, cells)
        kept = np.flatnonzero(undominated_mask(known.losses))
        known, new = known.taken(kept), known.taken(kept[kept >= before])
        fresh = [(n, beside(fronts[n], new.designs[new.case == n])) for n in np.unique(new.case).tolist()]
        if not fresh or time.monotonic() > deadline:
            break
    for number, front in enumerate(fronts):
        designs = known.designs[known.case == number]
        for design, losses in zip(designs, front.losses_at(designs, sure=True), strict=True):
            front.offer(design, losses)


def _of(front: CaseFront, number: int, designs: Indices, cells: int) -> Found:
    """Return those of some designs of a case that meet all bounds and that no other of them beats.

    ``cells``: points of the lattice that are one.
    """
    import numpy as np

    designs = front.kept(designs)
    losses = front.losses_at(designs, sure=True, cells=cells)
    kept = np.flatnonzero(undominated_mask(losses))
    return Found(np.full(len(kept), number), designs[kept], losses[kept])


def quick(front: CaseFront) -> Indices:
    """Return designs that take for each role the least of a price and weighted other things that are to be small."""
    import numpy as np

    case = front.case
    rows = [[own[:, column] for own in case.rows] for column in range(len(case.room))]
    found: dict[tuple[int, ...], None] = {}
    for tilt in TILTS:
        times = [row[0] for tail in (*front.own, *front.held) if (row := tail.necessary(tilt)) is not None]
        mixed = _mixed([*times, *rows], front.prices)
        for number, _ in enumerate(front.union.constants):
            pairs = zip(mixed, front.union.above, strict=True)
            chosen = [np.argmin(own + above[:, number], axis=1) for own, above in pairs]
            found |= dict.fromkeys(tuple(design) for design in np.column_stack(chosen).tolist())
    return np.array(list(found), dtype=np.intp).reshape(len(found), len(case.goal))


def _mixed(parts: Sequence[Sequence[Array]], prices: Sequence[Array]) -> list[Array]:
    """Return for each role the mixtures (down) of price and other parts, weighted so that each has its say."""
    import numpy as np

    spread = float(np.mean([np.ptp(price) for price in prices])) or 1.0
    every, found = np.arange(1, MIXTURES + 1), [np.repeat(price[None], MIXTURES, axis=0) for price in prices]
    for number, part in enumerate(parts):
        scale = spread / (float(np.mean([np.ptp(own) for own in part])) or 1.0)
        at = (every * GOLDEN[number % len(GOLDEN)] * (1 + number // len(GOLDEN))) % 1.0
        weights = scale * WIDEST ** (2 * at - 1)
        for role, own in enumerate(part):
            found[role] += weights[:, None] * own
    return found


def beside(front: CaseFront, designs: Indices) -> Indices:
    """Return the designs in which one role of one of some has another candidate that may be better."""
    import numpy as np

    found = []
    for role, needless in enumerate(front.needless):
        which, instead = np.nonzero(~needless[designs[:, role]])
        changed = designs[which]
        changed[:, role] = instead
        found.append(changed)
    return np.concatenate(found)
