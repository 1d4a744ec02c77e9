"""Which few of many bounds are enough to loosen, found by loosening many at once.

Whether two bounds are enough could be asked of every two, a search each. Two facts make most of these needless:

* where a set of bounds is not enough, none of its subsets is: whoever loosens less has fewer designs;
* a design that was met says which bounds it needs loosened, and every set that holds those is enough.

So instead of a set that is asked about, the largest set around it is tried of which no design that was met shows that
it is enough. Either that is not enough, which settles the set and many others with it, or a new design is met.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from advisor.scenario.requirements import Bound

Needed = Collection[Bound]
Ask = Callable[[Needed], Needed | None]


class Enough:
    """Says of sets of bounds whether a design exists once they are loosened.

    Args:
        bounds: all of them, in the order in which a set is made larger.
        ask: the bounds that some design needs loosened which exists with some loosened; None where there is none.

    >>> a, b, c, d = (Bound(name, name, True, 1.0) for name in "abcd")
    >>> asked = []
    >>> def ask(some):                                                  # a and b are enough, and so are a, c and d
    ...     asked.append("".join(sorted(one.path for one in some)))
    ...     return next((need for need in ({a, b}, {a, c, d}) if need <= some), None)
    >>> enough = Enough((a, b, c, d), ask)
    >>> [enough(pair) for pair in ((c, d), (a, b), (b, c), (b, d), (a, d))], asked
    ([False, True, False, False, False], ['abcd', 'acd', 'bcd', 'ad'])
    """

    def __init__(self, bounds: Sequence[Bound], ask: Ask) -> None:
        self.bounds, self.ask = tuple(bounds), ask
        self._needed: list[frozenset[Bound]] = []
        self._not_enough: list[frozenset[Bound]] = []

    def __call__(self, some: Collection[Bound]) -> bool:
        """Return whether it is enough to loosen some of the bounds."""
        wanted = frozenset(some)
        while not any(wanted <= known for known in self._not_enough):
            if any(need <= wanted for need in self._needed):
                return True
            around = self._around(wanted)
            need = self.ask(around)
            if need is None:
                self._not_enough.append(around)
            else:
                self._needed.append(frozenset(need))
        return False

    def _around(self, wanted: frozenset[Bound]) -> frozenset[Bound]:
        """Return as large a set with those wanted as no design that was met shows to be enough."""
        found = wanted
        for bound in self.bounds:
            if not any(need <= found | {bound} for need in self._needed):
                found |= {bound}
        return found
