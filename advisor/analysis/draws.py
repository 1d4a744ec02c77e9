"""What is uncertain about an answer, and samples of it: figures and workload drawn from their ranges.

Each number with a range is drawn from a PERT distribution over (low, value, high): the value is what the source states,
the ends are what it may be at most, so the value has four times the weight of an end. The triangular distribution,
with heavier tails and a mean that follows the ends more, can be asked for instead. Figures with a shared cause move
together: the same figure of one component from one source (another machine size of the same benchmark, say) is as far
into its range for every option. All else is independent.

Every group has a stream of random numbers of its own, named by the seed and the group, so that neither the order of
things nor what else is drawn changes a sample.
Sources: Johnson (1997), The triangular distribution as a proxy for the beta distribution in risk analysis; Malcolm et
al. (1959), Application of a technique for research and development program evaluation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from advisor.analysis.knobs import HOURLY, Knob, figure_knobs, with_workload, workload_knobs
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import Reference
from advisor.scenario.load import Scenario

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

Shape = Literal["triangular", "pert"]
_GRID = 4_001  # points of the table that the PERT distribution is inverted by
PERT_WEIGHT = 4.0  # of the most likely value, beside 1 for each end


@dataclass(frozen=True)
class Draws:
    """Samples of everything that is uncertain.

    Attributes:
        knobs: what is drawn, each with its range; ``groups`` names for each what it moves together with.
        fixed: how many other figures state no range and keep their value.
        samples, seed, shape: how many, and how they are drawn.
    """

    knobs: tuple[Knob, ...]
    groups: tuple[str, ...]
    fixed: int
    samples: int
    seed: int
    shape: Shape = "pert"
    _drawn: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def levels(self, group: str) -> Array:
        """Return how far into its range a group is in each sample, as a probability."""
        if group not in self._drawn:
            self._drawn[group] = stream(self.seed, group).random(self.samples)
        found: Array = self._drawn[group]
        return found

    def values(self, place: int) -> Array:
        """Return the values of a number in the samples."""
        knob, key = self.knobs[place], f"#{place}"
        if key not in self._drawn:
            levels = self.levels(self.groups[place])
            self._drawn[key] = quantiles(levels, knob.low, knob.value, knob.high, self.shape)
        found: Array = self._drawn[key]
        return found

    @property
    def drawn_groups(self) -> tuple[str, ...]:
        """The groups, each once, in order."""
        return tuple(dict.fromkeys(self.groups))

    def scenario(self, scenario: Scenario, sample: int, catalog: Catalog) -> Scenario:
        """Return the scenario of a sample: its workload and hourly rate as drawn."""
        rate, workload = scenario.usd_per_hour, {}
        for place, knob in enumerate(self.knobs):
            if knob.figure is None:
                value = float(self.values(place)[sample])
                if knob.path == HOURLY:
                    rate = value
                else:
                    workload[knob.path.removeprefix("workload.")] = value
        if not workload:
            return scenario if rate == scenario.usd_per_hour else replace(scenario, usd_per_hour=rate)
        return replace(with_workload(scenario, workload, catalog), usd_per_hour=rate)

    def figures(self, sample: int, wanted: Iterable[int] | None = None) -> dict[Reference, float]:
        """Return the figures of a sample; ``wanted``: places of those that are asked for."""
        places = range(len(self.knobs)) if wanted is None else wanted
        return {
            figure: float(self.values(place)[sample])
            for place in places
            if (figure := self.knobs[place].figure) is not None
        }


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of a name: the same on every machine, whatever else is drawn.

    >>> bool(stream(7, "a").random() == stream(7, "a").random() != stream(7, "b").random())
    True
    """
    import numpy as np

    words = hashlib.sha256(name.encode()).digest()[:16]
    return np.random.Generator(np.random.PCG64([seed, *words]))


def draws(
    table: Table,
    options: Iterable[str],
    roles: Iterable[str] = (),
    *,
    samples: int,
    seed: int,
    assumed: bool = False,
    shape: Shape = "pert",
) -> Draws:
    """Return the samples of what a scenario and some options of the catalog leave uncertain.

    Args:
        options: whose figures matter; roles: those whose own figures (the quality without them) matter too.
        assumed: also draw numbers without a stated range, from the share of themselves that
            :data:`advisor.analysis.knobs.ASSUMED_SPREAD` names for their basis.
    """
    known = list(figure_knobs(table.catalog, options, roles, table.as_of))
    found = [*_workload(table.scenario, table.catalog, assumed=assumed), *known]
    kept = [knob for knob in found if (knob.stated or assumed) and knob.low < knob.high]
    fixed = sum(knob.figure is not None for knob in found) - sum(knob.figure is not None for knob in kept)
    return Draws(tuple(kept), tuple(group_of(knob) for knob in kept), fixed, samples, seed, shape)


def _workload(scenario: Scenario, catalog: Catalog, *, assumed: bool) -> list[Knob]:
    """Return the parameters of the workload whose mean is uncertain, and the hourly rate where that is assumed."""
    blueprint = catalog.blueprint(scenario.blueprint.id)
    stated = []
    for name, (low, high) in scenario.ranges.items():
        one = blueprint.parameters[name]
        least = one.least if one.least is not None else (one.above or 0.0)
        own = (scenario.workload[name], low, high, True, "scenario", None, None, "ratio", least, one.most)
        stated.append(Knob(f"workload.{name}", one.title, one.unit, *own))  # type: ignore[arg-type]
    paths = {knob.path for knob in stated}
    return stated + ([k for k in workload_knobs(scenario, catalog) if k.path not in paths] if assumed else [])


def group_of(knob: Knob) -> str:
    """Return what a number moves together with: the same figure of its component from the same source.

    A number of the workload, and a figure of an instance type, a cloud or a role, moves alone.
    """
    one = knob.figure
    if one is None:
        return knob.path
    return f"{one.kind}/{one.key}: {one.name} ({one.source or one.basis})"


# --- distributions ----------------------------------------------------------------------------------------------------


def quantiles(levels: Array, low: float, value: float, high: float, shape: Shape) -> Array:
    """Return the quantiles of a distribution over a range whose most likely value is known.

    Triangular: F(x) = (x - low)^2 / ((high - low) (value - low)) up to the value, and the mirror image beyond it.
    PERT: a beta distribution over the range with mean (low + 4 value + high) / 6.

    >>> import numpy as np
    >>> quantiles(np.array([0.0, 0.25, 1.0]), 0.0, 1.0, 4.0, "triangular").tolist()
    [0.0, 1.0, 4.0]
    """
    import numpy as np

    width, left = high - low, value - low
    if shape == "pert":
        shares = _pert(round(left / width, 9))
        at = np.interp(levels, shares, np.linspace(0.0, 1.0, _GRID))
        return low + width * at
    rising = low + np.sqrt(levels * width * left)
    falling = high - np.sqrt((1 - levels) * width * (high - value))
    found: Array = np.clip(np.where(levels <= left / width, rising, falling), low, high)
    return found


@lru_cache(maxsize=4096)
def _pert(mode: float) -> Array:
    """Return the distribution function of a PERT distribution on (0, 1) at even steps, by Simpson's rule."""
    import numpy as np

    x = np.linspace(0.0, 1.0, 2 * _GRID - 1)
    rise, fall = PERT_WEIGHT * mode, PERT_WEIGHT * (1 - mode)
    density = x**rise * (1 - x) ** fall
    parts = (density[:-2:2] + 4 * density[1:-1:2] + density[2::2]) / 6
    total = np.concatenate(([0.0], np.cumsum(parts)))
    found: Array = total / total[-1]
    return found
