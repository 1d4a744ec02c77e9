"""What a session comes to: scores, designs beside the optimum, what to practise next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.analysis.equality import running
from advisor.candidates.candidate import Candidate
from advisor.evaluation.result import Evaluation
from advisor.rehearsal.course import Designing
from advisor.rehearsal.design_phase import Verdict
from advisor.rehearsal.progress import Bin, Group, calibration
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.sitting import Mark, Sitting, Stage

MOST_KINDS = 5
GOOD = 0.7  # a kind with more points than this on average needs no practice


@dataclass(frozen=True)
class Step:
    """A design at one moment: the first, or revised after a change.

    Attributes:
        kept: what the design of before does under the change; None for the first.
        made: what the design does as it was called done.
        optimum: of the same scenario. chosen: role -> what was given or chosen, also where that cannot be run.
    """

    item: Designing
    stage: Stage
    kept: Verdict | None
    made: Verdict
    optimum: Evaluation
    chosen: Mapping[str, Candidate]

    @property
    def differs(self) -> tuple[tuple[str, Candidate | None, Candidate], ...]:
        """Role -> (theirs, the optimum's) where another component or size is used."""
        mine = self.made.evaluation.design if self.made.evaluation else self.chosen
        pairs = ((role, mine.get(role), best) for role, best in self.optimum.design.items())
        return tuple((role, own, best) for role, own, best in pairs if running(own) != running(best))


@dataclass(frozen=True)
class Debrief:
    """Everything that a session came to.

    Attributes:
        marks: every item that is over. complete: whether all are.
        competences: the weakest first. steps: the designs. calibration: of this session alone.
        practise: kinds to practise next, the weakest first.
        forgotten: roles that were missing when the design was first called done.
    """

    marks: tuple[Mark, ...]
    complete: bool
    competences: tuple[Group, ...]
    steps: tuple[Step, ...]
    calibration: tuple[Bin, ...]
    practise: tuple[str, ...]
    forgotten: tuple[str, ...]

    @property
    def points(self) -> float | None:
        """The mean over all items; None where none was answered."""
        return sum(mark.points.points for mark in self.marks) / len(self.marks) if self.marks else None


def debrief(sitting: Sitting) -> Debrief:
    """Return what a session came to so far."""
    complete = sitting.current is None
    marks = sitting.marks()
    stated = [(m.points.confidence, m.points.hit) for m in marks]
    return Debrief(
        tuple(marks),
        complete,
        by_competence(marks),
        tuple(_steps(sitting, marks)),
        calibration([(sure, hit) for sure, hit in stated if sure is not None and hit is not None]),
        next_kinds(marks),
        tuple(dict.fromkeys(role for mark in marks for role in mark.reply.forgotten)),
    )


def _steps(sitting: Sitting, marks: Sequence[Mark]) -> list[Step]:
    found: list[Step] = []
    before: Mark | None = None
    for mark in marks:
        if isinstance(mark.item, Designing) and mark.verdict is not None:
            stage = sitting.stage(mark.item)
            kept = sitting.verdict(mark.item, before.reply.choices or {}) if before else None
            chosen = sitting.design(mark.reply.choices or {})
            found.append(Step(mark.item, stage, kept, mark.verdict, stage.optimum, chosen))
            before = mark
    return found


def by_competence(marks: Sequence[Mark]) -> tuple[Group, ...]:
    """Return the points by competence, the weakest first."""
    return _groups([(mark.competence, mark.points.points) for mark in marks])


def next_kinds(marks: Sequence[Mark]) -> tuple[str, ...]:
    """Return the kinds to practise next, the weakest first: those that there are drills for."""
    groups = _groups([(mark.kind, mark.points.points) for mark in marks if mark.kind in KINDS])
    return tuple(group.name for group in groups if group.points < GOOD)[:MOST_KINDS]


def _groups(pairs: Sequence[tuple[str, float]]) -> tuple[Group, ...]:
    found: dict[str, list[float]] = defaultdict(list)
    for name, points in pairs:
        found[name].append(points)
    groups = [Group(name, len(points), sum(points) / len(points)) for name, points in found.items()]
    return tuple(sorted(groups, key=lambda group: (group.points, group.name)))
