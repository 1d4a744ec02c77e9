"""A rehearsal on the terminal, as text with rich markup: everything that others typed is made harmless."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from advisor.candidates.candidate import Candidate
from advisor.rehearsal import words
from advisor.rehearsal.answers import example
from advisor.rehearsal.course import DRILL, Asking, Designing, Fact, Pick, Setup
from advisor.rehearsal.debrief import Debrief
from advisor.rehearsal.design_phase import Verdict
from advisor.rehearsal.question import Choice, Number, Order, Question, Several, lettered
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.running import on_terminal
from advisor.rehearsal.session import Learnt
from advisor.rehearsal.sitting import Mark, Stage
from advisor.render import numbers, rehearsal_words
from advisor.render.neat import neat
from advisor.scenario.load import Scenario

MOST_LINES = 12  # of a derivation, on the terminal
SHOWN = "Its truth was shown: you may try again, the first answer counts."
NO_QUESTION = (
    "Neither this scenario nor another one gives a question of this kind under this catalog: none makes sense, or a "
    "tenth more or less traffic would change every answer. Another kind or another seed may."
)
KEYS = (
    "Answers: a number or an interval that holds the truth in 4 of 5 cases; an option with your confidence (b 70%); "
    "options with commas (a,c). A confident miss costs points, skip (I don't know) costs nothing.",
    "Keys: ? hint (costs points) · skip · undo · redo · pause (saves, Ctrl-C too) · help",
)


def length(setup: Setup) -> str:
    """Return how long a session is.

    >>> length(Setup("s.yml", "", "", "", ("", ""), 7, 35)), length(Setup("s.yml", "", "", "", ("", ""), 7, 35, "cost"))
    ('35 minutes', 'drill cost, 10 questions')
    """
    return f"drill {setup.drill}, {DRILL} questions" if setup.drill else f"{setup.minutes} minutes"


def practised(drill: str) -> Iterator[str]:
    """Yield what a drill asks, and of what: something to read while its first question is prepared."""
    kind = KINDS[drill]
    yield f"[bold]Drill[/]: {neat(kind.title)} ({rehearsal_words.COMPETENCES.get(kind.competence, kind.competence)})"
    yield "  Asked of this scenario and of it at other volumes; when it gives no more, of others, and each says which."
    if kind.light:
        yield "  Most are asked without spare units. Before you answer: which requirement, which role decides here?"


def fewer(count: int) -> Iterator[str]:
    """Yield that a drill has fewer questions than usual, and why."""
    if count < DRILL:
        yield f"This drill has {count} of {DRILL}: nothing else in this catalog gives another question of this kind."


def brief(scenario: Scenario, facts: Sequence[Fact]) -> Iterator[str]:
    """Yield the brief: the scenario without what may be asked about."""
    yield f"[bold]{neat(scenario.title)}[/] · {neat(scenario.blueprint.title)}"
    if scenario.description:
        yield neat(scenario.description)
    yield ""
    yield "[bold]Workload[/]"
    open_ = {fact.name: fact for fact in facts}
    for name, parameter in scenario.blueprint.parameters.items():
        if name in scenario.given:
            value = words.amount(scenario.workload[name], parameter.unit)
            hidden = open_.get(words.parameter(parameter))
            yield f"  {neat(parameter.title)}: {neat(hidden.brief if hidden else value)}"
    yield "[bold]Requirements[/]"
    told = {fact.answer for fact in facts}
    for requirement in scenario.requirements:
        text = words.requirement(requirement)
        if text not in told:
            yield f"  {neat(text)}"
    if any(fact.brief == "not said" for fact in facts):
        yield "  Others may apply that the brief does not say."


def learnt(found: Learnt) -> Iterator[str]:
    """Yield what was said when asked about, and what nobody asked about, told when the asking is over."""
    if found.asked:
        yield f"You know by asking: {neat('; '.join(found.asked))}"
    if found.left:
        yield from settled(found.left)


def settled(told: Iterable[str]) -> Iterator[str]:
    """Yield what the brief left open and nobody asked about, or could."""
    yield "[bold]What the brief left open[/], now settled:"
    yield from (f"  {neat(text)}" for text in told)


def head(number: int, part: str, seconds_left: float | None) -> str:
    """Return the line above an item: where it stands and how much time is left.

    >>> head(3, "estimate", 754)
    '[bold]3 · Estimate[/] · 13 min left'
    """
    if seconds_left is None:
        left = ""
    elif seconds_left <= 0:
        left = " · time is up, finish when you like"
    else:
        left = f" · {max(1, round(seconds_left / 60))} min left"
    return f"[bold]{number} · {rehearsal_words.PART_TITLES[part]}[/]{left}"


def question(asked: Question, news: str = "") -> Iterator[str]:
    """Yield a question with its options and an example of an answer."""
    if news:
        yield f"[bold]{neat(news)}[/]"
    yield from (neat(line) for line in asked.text.splitlines())
    for letter, option in lettered(asked.form):
        yield f"  {letter}) {neat(option)}"
    yield f"[dim]{_how(asked)}[/]"


def _how(asked: Question) -> str:
    form = asked.form
    if isinstance(form, Number):
        unit = f" in {form.unit}" if form.unit else ""
        return neat(f"An interval{unit} that holds the truth with 80 %; for example {example(asked)}")
    how = {
        Choice: "One option and your confidence",
        Several: "All that apply, with commas",
        Order: "All of them in order, with commas",
    }[type(form)]
    return neat(f"{how}; for example {example(asked)}")


def feedback(mark: Mark, setup: Setup) -> Iterator[str]:
    """Yield what an answer to an item of a session earned and why."""
    asked = mark.question
    if asked is None:
        assert mark.verdict is not None
        yield from verdict(mark.verdict, mark.points.points)
        return
    said = rehearsal_words.answer(asked, mark.reply.answer)
    colour = "green" if mark.points.points > 0.5 else ("red" if mark.points.points < 0 else "yellow")
    yield f"you: {neat(said)}   [{colour}]{rehearsal_words.points(mark.points.points)}[/]"
    yield f"truth: [bold]{neat(rehearsal_words.truth(asked))}[/]"
    why = [line for text in asked.derivation for line in text.splitlines()]
    shown = why if len(why) <= MOST_LINES else why[: MOST_LINES - 1]
    yield from (f"  [dim]{neat(line)}[/]" for line in shown)
    if len(shown) < len(why):
        yield f"  [dim]… and {len(why) - len(shown)} more lines, which the debrief has[/]"
    yield f"  [dim]{neat(on_terminal(asked.command, setup))}[/]"


def asked_about(item: Asking, names: Sequence[str]) -> Iterator[str]:
    """Yield the interviewer's answer; nothing where nothing was asked about."""
    yield from (f"The interviewer: [bold]{neat(fact.said)}[/]" for fact in item.facts if fact.name in names)


# --- designs ----------------------------------------------------------------------------------------------------------


def design_head(item: Designing, stage: Stage) -> Iterator[str]:
    """Yield what is to be designed."""
    roles = stage.scenario.blueprint.roles
    if item.number:
        yield f"Revise your design: {neat(item.news)}"
        yield "Type role: choice for each change, then done."
        return
    yield "Design it: a component and a size a role, as cheap as it can be with every requirement met."
    if item.given:
        yield "Given in this session:"
        yield from (f"  {role}: {neat(chosen(stage.optimum.design[role]))}" for role in item.given)
    optional = [role for role in item.roles if roles[role].optional]
    if optional:
        yield f"May be left out (none): {', '.join(optional)}"


def role_head(role: str, stage: Stage) -> Iterator[str]:
    """Yield a role with the components that there are for it."""
    use = stage.scenario.blueprint.roles[role]
    record = stage.table.catalog.role(role)
    names: dict[str, str] = {}
    for candidate in stage.table.candidates[role]:
        if candidate.option is not None and not candidate.parts and not candidate.shared:
            names.setdefault(candidate.component_id, candidate.name)
    yield f"[bold]{role}[/] {neat(record.purpose)}{' May be left out: none.' if use.optional else ''}"
    yield f"  [dim]{neat(', '.join(names))}[/]"


def how_to_choose(item: Designing, stage: Stage) -> str:
    """Return an example of a choice, of the first role that is open: the first component by name, not the best."""
    role = item.roles[0]
    known = sorted(c.component_id for c in stage.table.candidates[role] if not (c.is_none or c.parts))
    return neat(f"write role: choice, for example  {role}: {known[0]}  or  {role}: {known[0]} 3 units 2 zones")


def chosen(candidate: Candidate) -> str:
    """Return a candidate as it is understood."""
    return candidate.name if candidate.is_none else f"{candidate.name}, {candidate.size}"


def picks(made: Mapping[str, Pick]) -> Iterator[str]:
    """Yield a design as it was typed."""
    yield from (f"  {role}: {neat(pick.text)}" for role, pick in made.items())


def verdict(found: Verdict, earned: float | None = None) -> Iterator[str]:
    """Yield what a design does: cost, regret, what it breaks."""
    score = "" if earned is None else f"   {rehearsal_words.points(earned)}"
    if found.evaluation is None:
        yield f"[red]✗[/] cannot be run as it is{score}"
        yield from (f"  {neat(problem)}" for problem in found.problems)
        return
    cost = numbers.usd(found.evaluation.cost_usd_per_month)
    if found.feasible:
        more = found.more or 0.0
        beyond = "as good as the best" if more <= 0.01 else f"{numbers.percent(more)} worse than the best"
        yield f"[green]✓[/] {cost}/month, every requirement holds, {beyond}{score}"
    else:
        yield f"[red]✗[/] {cost}/month, {_count(len(found.broken))} not hold{score}"
        for check in found.evaluation.checks:
            if not check.holds:
                yield f"  {neat(words.requirement(check.requirement))}: {neat(_value(check))}"
        held = {check.requirement.path for check in found.evaluation.checks}
        yield from (f"  {path}: a unit is fuller at peak than planned" for path in found.broken if path not in held)


def _count(broken: int) -> str:
    return "1 requirement does" if broken == 1 else f"{broken} requirements do"


def _value(check: object) -> str:
    from advisor.evaluation.result import Check
    from advisor.scenario.requirements import Bound

    assert isinstance(check, Check)
    if isinstance(check.requirement, Bound) and check.value is not None:
        return f"it has {words.metric(check.requirement.metric, check.value)}"
    return f"broken by {check.detail}"


# --- the end ----------------------------------------------------------------------------------------------------------


def summary(found: Debrief) -> Iterator[str]:
    """Yield the score by competence and what to practise next."""
    if not found.complete:
        count = len(found.marks)
        yield f"Not finished: {count} {'item was' if count == 1 else 'items were'} answered."
    if found.points is None:
        yield rehearsal_words.NO_SCORE
    else:
        yield "[bold]Score by competence[/]  (1 perfect, 0 silence, below 0 confident misses)"
    for group in found.competences:
        title = rehearsal_words.COMPETENCES.get(group.name, group.name)
        items = f"{group.count} item{'s' if group.count != 1 else ''}"
        yield f"  {title:13}  {rehearsal_words.points(group.points):>6}  {items}"
    if found.practise:
        yield "[bold]Practise next[/]"
        yield from (f"  advisor rehearse --drill {kind}" for kind in found.practise)
    yield f"[dim]{rehearsal_words.CAVEAT}[/]"
