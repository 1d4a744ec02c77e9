"""How a scenario's answer holds when figures and workload are not what they are taken to be.

Everything is estimated from the same samples: how often each requirement holds (with the confidence interval that so
many samples give), how far each metric spreads, what the design costs more than the best one with hindsight (regret),
and which number it would be worth to know first. See :mod:`~advisor.analysis.draws` for how samples are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.analysis.answers import UNLIMITED, Answer, Deadline, Progress, silent
from advisor.analysis.confident import Confident, Question, confident
from advisor.analysis.draws import Shape, draws
from advisor.analysis.hindsight import Best, Hindsight, design_of, space
from advisor.analysis.in_samples import (
    Design,
    InSamples,
    Outcome,
    Together,
    World,
    concerns,
    metrics_of,
)
from advisor.analysis.knobs import Knob
from advisor.analysis.parallel import mapped
from advisor.analysis.robust_result import Chance, Input, Regret, Robust, regret_of, spreads
from advisor.analysis.value_of_information import Losses, doubt
from advisor.candidates.candidate import passing
from advisor.candidates.unswept import unswept
from advisor.errors import bad_input
from advisor.evaluation.result import Evaluation
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

RIVALS = 2  # designs beside the scenario's own among which knowing a number could make one choose


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes:
        hindsight: for how many samples the best design is worked out, 0 for none.
        confidence: share of the samples in which the best design must hold; None: not asked for.
        assumed: also draw numbers without a stated range. breach_usd: default: a month's cost of the design.
    """

    samples: int = 1000
    seed: int = 0
    hindsight: int = 10
    confidence: float | None = None
    assumed: bool = False
    shape: Shape = "pert"
    breach_usd: float | None = None
    jobs: int = 1


def robust(
    answer: Answer, wanted: Wanted = Wanted(), deadline: Deadline = UNLIMITED, progress: Progress = silent
) -> Robust:
    """Return how a scenario's answer holds.

    Args:
        answer: the solved scenario; it must have a design.

    Raises:
        InputError: nothing that the design stands on has a range.

    >>> import advisor
    >>> answer = advisor.answer(advisor.load_scenario(advisor.example("support_copilot")))
    >>> found = robust(answer, Wanted(samples=20, hindsight=0))
    >>> found.together.samples, found.spreads[0].metric
    (20, 'cost_usd_per_month')
    """
    assert answer.best is not None, "without a design there is nothing to try"
    with unswept():
        run = _Run(answer, answer.best, wanted, deadline, progress)
        outcomes = run.outcomes(answer.best.design, "the design in every sample")
        return run.result(tuple(outcomes))


class _Run:
    def __init__(
        self, answer: Answer, best: Evaluation, wanted: Wanted, deadline: Deadline, progress: Progress
    ) -> None:
        self.answer, self.best, self.wanted, self.deadline, self.progress = answer, best, wanted, deadline, progress
        self.scenario = best.scenario
        table = answer.table
        fit = [c for found in table.candidates.values() for c in passing(found, self.scenario.filters)]
        options = dict.fromkeys(
            one.option.id.partition("@")[0] for c in fit for one in c.members if one.option is not None
        )
        roles = dict.fromkeys(c.role for c in fit if c.is_none)
        drawn = draws(
            table, options, roles, samples=wanted.samples, seed=wanted.seed, assumed=wanted.assumed, shape=wanted.shape
        )
        if not any(_matters(knob, [best.design]) for knob in drawn.knobs):
            raise bad_input(
                "nothing that the design stands on has a range; state low and high for a figure of the workload, as in "
                "requests_per_month: {mean: 3e6, low: 2e6, high: 5e6}, or give --assume-ranges"
            )
        self.world = World(self.scenario, table.catalog, table.as_of, drawn)

    def outcomes(self, design: Design, what: str) -> list[Outcome]:
        """Return what a design does in every sample."""
        sampler = InSamples(design, self.world, metrics_of(self.scenario))
        count = self.wanted.samples
        return mapped(sampler, range(count), self.wanted.jobs, lambda done: self.progress(done, count, what))

    def _of_rivals(self, designs: Sequence[Design]) -> list[tuple[Outcome, ...]]:
        """Return what each of some other designs does in every sample."""
        if not designs:
            return []
        sampler, count = Together(designs, self.world, metrics_of(self.scenario)), self.wanted.samples

        def done(number: int) -> None:
            self.progress(number, count, "rival designs in every sample")

        return list(zip(*mapped(sampler, range(count), self.wanted.jobs, done), strict=True))

    def result(self, outcomes: tuple[Outcome, ...]) -> Robust:
        """Return everything that the samples say."""
        found = Hindsight(self.world, space(self.answer.table, self.world.draws), start=self.best.design)
        known = self._hindsight(found)
        regret = regret_of(self.scenario, outcomes, known) if known else None
        sure = self._confident(found, outcomes, known)
        rivals = [self.best.design, *self._rivals(found, regret, sure)]
        by_design = [outcomes, *self._of_rivals(rivals[1:])]
        breach = self.best.cost_usd_per_month if self.wanted.breach_usd is None else self.wanted.breach_usd
        inputs, everything = self._inputs(rivals, by_design, breach)
        bounds = self.scenario.bounds
        count = len(outcomes)
        return Robust(
            self.best,
            self.world.draws,
            outcomes,
            Chance(sum(not one.trouble for one in outcomes), count),
            Chance(sum(one.holds(bounds) for one in outcomes), count),
            tuple((b, Chance(sum(one.holds([b]) for one in outcomes), count)) for b in bounds),
            tuple(spreads(self.best, outcomes)),
            regret,
            inputs,
            tuple(rivals),
            breach,
            everything,
            sure,
            min(self.wanted.hindsight, self.wanted.samples) - len(known),
        )

    def _hindsight(self, found: Hindsight) -> dict[int, Best]:
        """Return the best design of the first samples, as far as time allows."""
        count, done = min(self.wanted.hindsight, self.wanted.samples), dict[int, Best]()
        step = 4 * self.wanted.jobs
        while len(done) < count and not self.deadline.passed:
            now = range(len(done), min(len(done) + step, count))
            self.progress(len(done), count, "the best design of a sample")
            done |= zip(now, mapped(found, now, self.wanted.jobs), strict=True)
        return done

    def _confident(self, found: Hindsight, outcomes: Sequence[Outcome], known: dict[int, Best]) -> Confident | None:
        share = self.wanted.confidence
        if share is None:
            return None
        self.progress(0, 1, f"the best design that holds in {share:.0%} of the samples")
        jobs = self.wanted.jobs
        asked = Question(found, self.answer.table, self.best.design, outcomes, share, jobs, self.deadline, dict(known))
        return confident(asked)

    def _rivals(self, found: Hindsight, regret: Regret | None, sure: Confident | None) -> Iterator[Design]:
        """Yield the designs beside the scenario's own that are best most often, and the one that is sure to hold."""
        seen = {tuple(c.id for c in self.best.design.values())}
        some = [sure.design.design] if sure and sure.design else []
        some += [design_of(ids, found.space) for ids, _ in (regret.rivals if regret else ())]
        for design in some:
            name = tuple(c.id for c in design.values())
            if name not in seen and len(seen) <= RIVALS:
                seen.add(name)
                yield design

    def _inputs(
        self, rivals: Sequence[Design], outcomes: Sequence[Sequence[Outcome]], breach: float
    ) -> tuple[tuple[Input, ...], float | None]:
        """Return the numbers with their worth, and the worth of them all."""
        import numpy as np

        bounds, seed = self.scenario.bounds, self.wanted.seed
        holds = np.array([one.holds(bounds) for one in outcomes[0]])
        drawn = self.world.draws
        by_group: dict[str, list[Knob]] = {}
        for knob, group in zip(drawn.knobs, drawn.groups, strict=True):
            if _matters(knob, rivals):
                by_group.setdefault(group, []).append(knob)
        belief = Losses(doubt(holds), seed, len(by_group))
        money = None
        if [term.metric for term in self.scenario.objective[0].terms] == [COST]:
            lost = [[_usd(self.scenario, one, breach) for one in some] for some in outcomes]
            money = Losses(np.array(lost).T, seed, len(by_group))
        found = [
            Input(group, tuple(knobs), belief.worth(levels), money.worth(levels) if money else None)
            for group, knobs in by_group.items()
            for levels in [drawn.levels(group)]
        ]
        found.sort(key=lambda one: (-one.usd_per_month.value if one.usd_per_month else 0, -one.doubt.value, one.group))
        return tuple(found), None if money is None else money.everything


def _matters(knob: Knob, rivals: Sequence[Design]) -> bool:
    return knob.figure is None or any(concerns(knob.figure, design) for design in rivals)


def _usd(scenario: Scenario, outcome: Outcome, breach: float) -> float:
    """Return what a design loses in a sample: its cost, and a breach where it breaks a requirement or cannot run."""
    cost = outcome.metrics.get(COST, 0.0)
    return cost + (0.0 if outcome.holds(scenario.bounds) else breach)
