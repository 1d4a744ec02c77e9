"""The cheapest design that holds in a share of the samples: a problem with a chance constraint, by its samples.

The value of a design at a confidence p is the least C such that in p of the samples it meets every requirement and its
goal is at most C. The best design has the least such value.

*Bound.* A design of value C fails, or is dearer than C, in at most K - 1 samples, K = samples - needed + 1. So among
any K samples there is one in which it holds and costs at most C, and there the best design with hindsight costs no
more: C is at least the least of the K hindsight optima (Luedtke and Ahmed, 2008, A sample approximation approach for
optimization with probabilistic constraints: the quantile bound). Any K samples give a bound; the hardest give the
best one, and which these are is found by solving those that are hard on every design met so far. If none of the K has
a design, no design has the confidence, which is then proved.

*Designs.* The hindsight optima themselves, optima for several samples at once, and optima of the scenario with its
bounds tightened step by step by what the samples take away from them. Each is tested on the samples. Where value and
bound meet, the design is proved the best of the space; otherwise the gap says how far it can be from it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from advisor.analysis.answers import UNLIMITED, Deadline
from advisor.analysis.hindsight import Best, Hindsight, design_of
from advisor.analysis.in_samples import Design, InSamples, Outcome, alone, goal_of, loss_of, metrics_of
from advisor.analysis.intervals import needed, sample_quantile
from advisor.analysis.parallel import mapped
from advisor.analysis.stacked import stacked
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.optimizer.run import optimise
from advisor.optimizer.search import Search
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import QUALITY, Bound

TIGHTER = (0.25, 0.5, 1.0, 1.5)  # multiples of what the samples take away from a bound
BATCH = 4  # samples that a process solves between two looks at the clock
ROUNDS = 12  # of solving what looks hardest
TOGETHER = (2, 4, 8, 16)  # samples that a design is made for at once
MOST_TRIED = 24  # hindsight optima that are tested in the end
FIRST_LOOK = 2  # times as many samples as may fail: what fails too often there is not tested on all
MET = 1e-9  # value and bound that differ by less, relative, meet


@dataclass(frozen=True)
class Confident:
    """The best design at a confidence.

    Attributes:
        confidence: share of the samples in which it must hold; ``needed`` is how many samples that is.
        design: what it does with all numbers at their value; None when none was found.
        held: in how many samples it meets everything.
        value: the goal that it does not exceed in the needed samples, with everything met; infinite without a design.
        bound: what no design of the space can beat; infinite when it is proved that none has the confidence.
        tested: how many designs were tested on the samples. solved: samples whose best design was proved for the bound.
    """

    confidence: float
    needed: int
    design: Evaluation | None
    held: int
    value: float
    bound: float
    tested: int
    solved: int

    @property
    def gap(self) -> float | None:
        """How far the design may be from the best, relative to its value; None without a design or a bound."""
        if self.design is None or math.isinf(self.bound):
            return None
        return max(0.0, self.value - self.bound) / max(abs(self.value), 1e-12)

    @property
    def proved(self) -> bool:
        """Whether it is proved the best of the space, or that there is none."""
        return self.bound == math.inf or (self.gap is not None and self.gap <= MET)


@dataclass
class Question:
    """What is asked.

    Attributes:
        found: finds the best design of a sample. origin: the scenario's own table.
        outcomes: of ``start``, the scenario's optimum, in every sample.
        known: best designs of samples that were worked out before; what is worked out here is added.
    """

    found: Hindsight
    origin: Table
    start: Design
    outcomes: Sequence[Outcome]
    confidence: float
    jobs: int = 1
    deadline: Deadline = UNLIMITED
    known: dict[int, Best] = field(default_factory=dict)

    @property
    def scenario(self) -> Scenario:
        """The scenario as it is."""
        return self.origin.scenario

    @property
    def needed(self) -> int:
        """In how many samples a design must hold."""
        return needed(self.confidence, len(self.outcomes))


def confident(asked: Question) -> Confident:
    """Return the best design at a confidence."""
    trial = Trial(asked)
    trial.offer(asked.start, asked.outcomes)
    for design in _tightened(asked):
        trial.test(design)
    bound = _bound(asked, trial)
    for design in itertools.chain(_for_several(asked, trial), _best_known(asked)):
        if asked.deadline.passed or bound == math.inf or trial.value <= bound + MET * abs(bound):
            break
        if trial.may_win(design):
            trial.test(design)
    found = None if trial.best is None else judge(trial.best, asked.scenario)
    solved, tested = len(asked.known), len(trial.losses)
    return Confident(asked.confidence, asked.needed, found, trial.held, trial.value, bound, tested, solved)


def _bound(asked: Question, trial: Trial) -> float:
    """Return what no design can beat: the least hindsight optimum of the samples hardest on all tested designs.

    A sample that is not solved is taken to be as hard as it is on the tested design that loses least there. The designs
    that are best in the easiest and in the hardest of the solved samples are tested next: they show which samples only
    looked hard. When the hardest samples are all solved, no other choice of samples gives a better bound.
    """
    count = len(asked.outcomes) - asked.needed + 1
    bound = -math.inf
    for _ in range(ROUNDS):
        best = _solved(asked, trial.hardest()[:count])
        bound = max([bound, *([min(one.bound for one in best)] if best else [])])
        designs = sorted((one for one in best if one.ids), key=lambda one: (one.value, one.ids))
        for one in designs[:1] + designs[-1:]:
            trial.test(design_of(one.ids or (), asked.found.space))
        settled = all(sample in asked.known for sample in trial.hardest()[:count])
        if settled or not best or trial.value <= bound + MET * abs(bound) or asked.deadline.passed:
            break
    return bound


def _for_several(asked: Question, trial: Trial) -> Iterator[Design]:
    """Yield designs made for several of the hardest samples that must not fail, at once."""
    may_fail = len(asked.outcomes) - asked.needed
    for count in TOGETHER:
        samples = trial.hardest()[may_fail : may_fail + count]
        if asked.deadline.passed:
            return
        found = optimise(Search(stacked(asked.found, samples)), time_limit_s=asked.deadline.left)
        if found.best is not None:
            yield {role: _in_space(asked, role, alone(c).id) for role, c in found.best.design.items()}


def _in_space(asked: Question, role: str, name: str) -> Candidate:
    return next(c for c in asked.found.space[role] if c.id == name)


def _best_known(asked: Question) -> list[Design]:
    """Return the hindsight optima, each once, those of the hardest samples first: what holds there holds in many."""
    ranked = sorted((one for one in asked.known.values() if one.ids), key=lambda one: (-one.value, one.ids))
    return [design_of(ids or (), asked.found.space) for ids in dict.fromkeys(one.ids for one in ranked)][:MOST_TRIED]


def hardest_first(scenario: Scenario, outcomes: Sequence[Outcome]) -> list[int]:
    """Return the samples in the order of how hard they are on a design: by what is missed, then by its goal."""

    def hardship(sample: int) -> tuple[float, float, int]:
        outcome = outcomes[sample]
        if outcome.trouble:
            return -math.inf, 0.0, sample
        missed = math.fsum(min(0.0, bound.slack(outcome.metrics[bound.metric])) for bound in scenario.bounds)
        return missed, -goal_of(scenario, outcome), sample

    return sorted(range(len(outcomes)), key=hardship)


def _solved(asked: Question, samples: Sequence[int]) -> list[Best]:
    """Return the best designs of all of some samples; nothing when time did not suffice for all."""
    left = [sample for sample in samples if sample not in asked.known]
    step = BATCH * max(asked.jobs, 1)
    while left and not asked.deadline.passed:
        now, left = left[:step], left[step:]
        asked.known.update(zip(now, mapped(asked.found, now, asked.jobs), strict=True))
    return [] if left else [asked.known[sample] for sample in samples]


class Trial:
    """Tests designs on the samples and keeps the best."""

    def __init__(self, asked: Question) -> None:
        self.asked = asked
        self.best: Design | None = None
        self.value, self.held = math.inf, 0
        self.losses: dict[tuple[str, ...], list[float]] = {}
        self._order = hardest_first(asked.scenario, asked.outcomes)

    def offer(self, design: Design, outcomes: Sequence[Outcome]) -> None:
        """Take a design whose outcomes in all samples are known."""
        losses = [loss_of(self.asked.scenario, one) for one in outcomes]
        self.losses[_name(design)] = losses
        value = sample_quantile(losses, self.asked.confidence)
        if value < self.value:
            self.best, self.value, self.held = design, value, sum(math.isfinite(loss) for loss in losses)

    def test(self, design: Design) -> None:
        """Test a design on all samples, unless it was."""
        if _name(design) not in self.losses:
            sampler = InSamples(design, self.asked.found.world, metrics_of(self.asked.scenario))
            self.offer(design, mapped(sampler, range(len(self.asked.outcomes)), self.asked.jobs))

    def may_win(self, design: Design) -> bool:
        """Return whether a design fails in few enough of the hardest samples to be worth testing on all."""
        may_fail = len(self._order) - self.asked.needed
        sampler = InSamples(design, self.asked.found.world, metrics_of(self.asked.scenario))
        failed = 0
        for sample in self.hardest()[: FIRST_LOOK * (may_fail + 1)]:
            failed += not loss_of(self.asked.scenario, sampler(sample)) < self.value
            if failed > may_fail:
                return False
        return True

    def ceiling(self, sample: int) -> float:
        """Return what the best design of a sample costs at most: as proved, or as the tested designs do."""
        if sample in self.asked.known:
            return self.asked.known[sample].value
        return min(losses[sample] for losses in self.losses.values())

    def hardest(self) -> list[int]:
        """Return the samples, those in which the best design costs most first."""
        return sorted(self._order, key=lambda sample: -self.ceiling(sample))


def _name(design: Design) -> tuple[str, ...]:
    return tuple(alone(c).id for c in design.values())


def _tightened(asked: Question) -> Iterator[Design]:
    """Yield optima of the scenario whose bounds are tighter by multiples of what the samples take away from them."""
    table = replace(asked.origin, candidates=asked.found.space)
    plain = judge(asked.start, asked.scenario)
    search = Search(table)
    for multiple in TIGHTER:
        if asked.deadline.passed:
            return
        bounds = {bound: _tighter(bound, multiple, plain, asked) for bound in asked.scenario.bounds}
        wanted = [bounds[r] if isinstance(r, Bound) else r for r in asked.scenario.requirements]
        found = optimise(search.under(wanted), time_limit_s=asked.deadline.left)
        if found.best is not None:
            yield found.best.design


def _tighter(bound: Bound, multiple: float, plain: Evaluation, asked: Question) -> Bound:
    """Return a bound moved by a multiple of the distance from a design's value to the one it keeps with confidence."""
    seen = [one.metrics[bound.metric] for one in asked.outcomes if not one.trouble]
    if not seen:
        return bound
    sign = 1.0 if bound.upper else -1.0
    kept = sign * sample_quantile([sign * value for value in seen], asked.confidence)
    away = max(0.0, sign * (kept - plain.metric(bound.metric)))
    moved = bound.limit - sign * multiple * away
    most = 1.0 if bound.metric.endswith(".availability") or bound.metric == QUALITY else math.inf
    return replace(bound, limit=moved) if 0 < moved < most else bound
