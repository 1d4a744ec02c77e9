"""A session that is being sat: its items, its state, and the judge for the designs in it.

What is typed comes in, what it means goes out; nothing here reads a terminal or a clock.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.what_if import changed_table
from advisor.candidates.candidate import NONE, Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.load import Catalog
from advisor.errors import nearest
from advisor.evaluation.evaluate import judge as evaluate
from advisor.evaluation.result import Evaluation
from advisor.rehearsal import session
from advisor.rehearsal.ahead import Source
from advisor.rehearsal.answers import parse
from advisor.rehearsal.course import DESIGN, REVISE, Designing, Item, Pick, Reply, Setup
from advisor.rehearsal.design_phase import ChoiceError, Verdict, judge, leaves_out, missing, resolve
from advisor.rehearsal.prices import under
from advisor.rehearsal.question import HINT_SHARE, Question, score
from advisor.rehearsal.scoring import NOTHING, Points
from advisor.rehearsal.session import Learnt, State
from advisor.scenario.load import Scenario, scenario_from_text


@dataclass(frozen=True)
class Stage:
    """The scenario as it stands at a design, with the optimum."""

    table: Table
    optimum: Evaluation

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.table.scenario


@dataclass(frozen=True)
class Mark:
    """An item that is over, with what it earned.

    Attributes:
        question: None for a design. verdict: of a design; None for a question.
        kind: of the question, or ``design`` or ``revise``.
    """

    number: int
    item: Item
    question: Question | None
    reply: Reply
    verdict: Verdict | None
    points: Points

    @property
    def kind(self) -> str:
        """What is practised."""
        if self.question is not None:
            return self.question.kind
        return REVISE if isinstance(self.item, Designing) and self.item.number else DESIGN

    @property
    def competence(self) -> str:
        """Which competence it counts for."""
        if self.question is not None:
            return self.question.competence
        return "adaptability" if self.kind == REVISE else "trade_offs"


class Sitting:
    """One session.

    Args:
        scenario, catalog: of the setup, checked.
        source: of the items. state: where it stands.
    """

    def __init__(
        self, setup: Setup, scenario: Scenario, catalog: Catalog, source: Source, state: State | None = None
    ) -> None:
        self.setup, self.scenario, self.catalog, self.source = setup, scenario, catalog, source
        self.state = state or State()
        self._stages: dict[int, Stage] = {}
        self._tables: dict[str, Table] = {}
        self._verdicts: dict[tuple[int, tuple[tuple[str, int, str], ...]], Verdict] = {}

    # --- where it stands ----------------------------------------------------------------------------------------------

    @property
    def items(self) -> list[Item]:
        """The items that are over, in order."""
        found = (self.source.item(number) for number in range(self.state.position))
        return [item for item in found if item is not None]

    @property
    def current(self) -> Item | None:
        """The item that is to be answered now; None when the session is over. Rounds without a question are passed."""
        while (item := self.source.item(self.state.position)) is not None:
            if not self._is_passed(item):
                return item
            self.state = session.passed(self.state)
        return None

    def _is_passed(self, item: Item) -> bool:
        """Return whether the item that would be current is a round in which nothing is asked."""
        return not isinstance(item, Designing) and self.question is None

    @property
    def question(self) -> Question | None:
        """What is asked now; None while a design is made."""
        number = self.state.position
        item = self.source.item(number)
        return None if item is None else session.question(item, number, self.items, session.replies(self.state))

    @property
    def designing(self) -> Designing:
        """The design that is made now."""
        item = self.current
        assert isinstance(item, Designing), "no design is made now"
        return item

    # --- what can be done ---------------------------------------------------------------------------------------------

    def answer(self, text: str, seconds: float = 0.0) -> None:
        """Take an answer. Raises :class:`~advisor.rehearsal.answers.AnswerError`: it is not understood."""
        question = self.question
        assert question is not None, "no question is asked now"
        self.state = session.answer(self.state, parse(text, question), text, seconds)

    def skip(self, seconds: float = 0.0) -> None:
        """Take "I don't know"."""
        self.state = session.skip(self.state, seconds)

    def hint(self) -> str:
        """Return the hint for what is asked now, and remember that it was seen."""
        self.state = session.hint(self.state)
        question = self.question
        return question.hint if question else self._design_hint()

    def choose(self, role: str, text: str, seconds: float = 0.0) -> Candidate:
        """Take a choice for a role. Raises :class:`ChoiceError`: it cannot be made."""
        item = self.designing
        stage = self.stage(item)
        if role not in stage.table.candidates:
            roles = f"; there are: {', '.join(item.roles)}"
            raise ChoiceError(f"'{role}' is not a role{nearest(role, stage.table.candidates)}{roles}")
        if role not in item.roles:
            raise ChoiceError(f"{role} is given in this session: {', '.join(item.roles)} are to be designed")
        picks = {**session.choices(self.state), role: Pick(item.number, text)}
        first = self._designs()[0]
        caches = {r for r in stage.scenario.blueprint.cache_roles if self._is_used(r, picks, first)}
        found = resolve(text, role, stage.table, frozenset(caches))
        self.state = session.choose(self.state, role, text, seconds)
        return found

    def done(self, seconds: float = 0.0, forgotten: Sequence[str] = ()) -> None:
        """Call the design, or its revision, done."""
        self.state = session.done(self.state, forgotten, seconds)

    def undo(self) -> None:
        """Take the last step back, with the rounds behind it in which nothing was asked."""
        self.state = session.undo(self.state)
        while self.state.events and (item := self.source.item(self.state.position)) and self._is_passed(item):
            self.state = session.undo(self.state)

    def redo(self) -> None:
        """Take a step again that was taken back."""
        self.state = session.redo(self.state)

    # --- designs ------------------------------------------------------------------------------------------------------

    def missing(self) -> tuple[str, ...]:
        """Return the roles that the design made now says nothing about and that cannot be left out."""
        made = {**self._designs()[0].given, **session.choices(self.state)}
        return missing(made, self.stage(self.designing).table)

    def kept(self) -> Verdict:
        """Return what the design does, as it stands, under the scenario of the item that is made now."""
        return self.verdict(self.designing, session.choices(self.state))

    def verdict(self, item: Designing, picks: Mapping[str, Pick]) -> Verdict:
        """Return what a design does under the scenario of an item; what was chosen before a change stays as it was."""
        key = (item.number, tuple(sorted((role, pick.design, pick.text) for role, pick in picks.items())))
        if key not in self._verdicts:
            stage = self.stage(item)
            self._verdicts[key] = judge(self.design(picks), stage.optimum, stage.table)
        return self._verdicts[key]

    def design(self, picks: Mapping[str, Pick]) -> dict[str, Candidate]:
        """Return role -> candidate of a design, each as it was sized when it was chosen."""
        first, *later = self._designs()
        used = {role for role in self.scenario.blueprint.cache_roles if self._is_used(role, picks, first)}
        found = {role: self.stage(first).table.find(role, name) for role, name in first.given.items()}
        for role, pick in picks.items():
            found[role] = resolve(pick.text, role, self.stage([first, *later][pick.design]).table, frozenset(used))
        return found

    @staticmethod
    def _is_used(role: str, picks: Mapping[str, Pick], first: Designing) -> bool:
        text = picks[role].text if role in picks else first.given.get(role, NONE)
        return not leaves_out(text)

    def _designs(self) -> list[Designing]:
        """Return the designs up to now, the one that is made now included."""
        numbers = range(self.state.position + 1)
        return [item for n in numbers if isinstance(item := self.source.item(n), Designing)]

    def stage(self, item: Designing) -> Stage:
        """Return the scenario as it stands at a design, with the optimum, judged here."""
        if item.number not in self._stages:
            found = self._table(item)
            best = {role: found.find(role, name) for role, name in item.best.items()}
            self._stages[item.number] = Stage(found, evaluate(best, found.scenario))
        return self._stages[item.number]

    def _table(self, item: Designing) -> Table:
        catalog = under(self.catalog, item.figures)
        if not item.figures and item.text == self.scenario.text:
            scenario = self.scenario
        else:
            scenario = replace(scenario_from_text(item.text, catalog, self.setup.file), catalog=catalog)
        base = self._tables.get(item.figures)
        if base is None:
            as_of = datetime.date.fromisoformat(self.setup.as_of) if self.setup.as_of else None
            base = table(scenario, catalog, as_of)
        found = changed_table(base, scenario)
        self._tables[item.figures] = found
        return found

    def _design_hint(self) -> str:
        """Return which of the roles that are designed is the dearest in the optimum, and which it leaves out."""
        item = self.designing
        best = self.stage(item).optimum
        made = [c for role, c in best.design.items() if role in item.roles]
        dearest = max(made, key=lambda c: (c.cost_usd_per_month, c.role))
        left_out = [c.role for c in made if c.is_none]
        more = f" It leaves out {', '.join(left_out)}." if left_out else ""
        return f"In the best design {dearest.role} is the dearest of these roles.{more}"

    # --- marks --------------------------------------------------------------------------------------------------------

    def marks(self) -> list[Mark]:
        """Return every item that is over, with what it earned."""
        items, counted = self.items, session.counted(self.state)
        return [self._mark(number, items, counted) for number in range(len(items)) if self._is_marked(number, items)]

    def learnt(self) -> Learnt:
        """Return which unknowns were asked about, and which were not."""
        return session.learnt(self.items, session.counted(self.state))

    def last_mark(self) -> Mark | None:
        """Return the mark of the item that was answered last."""
        found = self.marks()
        return found[-1] if found and found[-1].number == self.state.position - 1 else None

    def _is_marked(self, number: int, items: Sequence[Item]) -> bool:
        item = items[number]
        return isinstance(item, Designing) or self._question(number, items) is not None

    def _question(self, number: int, items: Sequence[Item]) -> Question | None:
        return session.question(items[number], number, items, session.counted(self.state))

    def _mark(self, number: int, items: Sequence[Item], counted: Sequence[Reply]) -> Mark:
        item, reply = items[number], counted[number]
        if isinstance(item, Designing):
            verdict = self.verdict(item, reply.choices or {})
            points = verdict.points
            if reply.hinted and points.points > 0:
                points = replace(points, points=points.points * HINT_SHARE)
            return Mark(number, item, None, reply, verdict, points)
        question = self._question(number, items)
        assert question is not None
        points = score(question, reply.answer, hinted=reply.hinted) if reply.answer else NOTHING
        return Mark(number, item, question, reply, None, points)
