"""The interviewer's sheet: everything that the one who asks needs to know, and the other must not see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from advisor.rehearsal import words
from advisor.rehearsal.course import Asked, Asking, Designing, Item, Setup, asking_question
from advisor.rehearsal.question import lettered
from advisor.rehearsal.running import in_debrief
from advisor.rehearsal.sitting import Stage
from advisor.rehearsal.strands import BACK
from advisor.render import numbers, rehearsal_words
from advisor.render.markdown import code, escape, fence, table
from advisor.render.rehearsal_debrief import block
from advisor.scenario.load import Scenario

LAST = "Questions about the scenario as it was at first"
DESIGN, REVISION = 5.0, 3.0  # how many questions' time a design takes, and its revision
RUBRIC = (
    ("requirements", "asks what moves the design first", "asks at random", "assumes without saying so"),
    ("estimation", "right within a factor of 1.3, with the arithmetic", "right within 3", "no number, or no unit"),
    ("trade-offs", "names the price of each choice in its unit", "names pros and cons", "names products"),
    ("reliability", "knows what the loss of each unit and zone does", "adds replicas everywhere", "counts on luck"),
    ("cost", "knows the largest driver and what moves it", "knows the total", "does not ask"),
    ("adaptability", "says what breaks first, changes only that", "starts over", "defends the design"),
)


def sheet(items: Sequence[Item], stages: Sequence[Stage], scenario: Scenario, setup: Setup) -> str:
    """Return the sheet as Markdown.

    Args:
        items: of the whole session. stages: of its designs, in order.
    """
    lines = [
        f"# Interviewer's sheet: {escape(scenario.title)}",
        "",
        f"Seed {setup.seed}, {setup.minutes} minutes, scenario {setup.digests[0]}, catalog {setup.digests[1]}. "
        f"Keep it to yourself. {rehearsal_words.CAVEAT} Commands run in the folder that `-o DIR` writes.",
        "",
        *_plan(items, setup.minutes),
        *_brief(items, scenario),
    ]
    left = list(stages)
    for number, item in enumerate(items, 1):
        if isinstance(item, Asking):
            lines += _asking(item, number)
        elif isinstance(item, Designing):
            lines += _designing(item, left.pop(0), number, setup)
        else:
            lines += _asked(item, number, setup)
    return "\n".join([*lines, *_rubric()]) + "\n"


def _plan(items: Sequence[Item], minutes: int) -> Iterator[str]:
    """Yield what to do until when: the minutes go to the items by what each takes, in whole minutes."""
    whole, spent, rows = sum(map(_takes, items)), 0.0, []
    for title, found in groupby(enumerate(items, 1), key=_part(items)):
        numbered = list(found)
        spent += sum(_takes(item) for _, item in numbered)
        first, last = numbered[0][0], numbered[-1][0]
        rows.append([title, f"{first}-{last}" if last > first else f"{first}", f"{minutes * spent / whole:.0f}"])
    yield "## Plan"
    yield ""
    yield table(["part", ">items", ">until minute"], rows)
    yield ""
    yield "Short of time: leave out the last items of a part. The changes build on the design and on each other."
    yield ""


def _part(items: Sequence[Item]) -> Callable[[tuple[int, Item]], str]:
    """Return what names the part of an item, with its number: what is asked after the changes is one part."""
    back = next((n for n, one in enumerate(items, 1) if isinstance(one, Asked) and one.news == BACK), len(items) + 1)
    return lambda numbered: LAST if numbered[0] >= back else rehearsal_words.PART_TITLES[numbered[1].part]


def _takes(item: Item) -> float:
    """Return what an item takes, one for a question."""
    return (REVISION if item.number else DESIGN) if isinstance(item, Designing) else 1.0


def _brief(items: Sequence[Item], scenario: Scenario) -> Iterator[str]:
    facts = next((item.facts for item in items if isinstance(item, Asking)), ())
    hidden = {fact.answer for fact in facts} | {fact.name for fact in facts}
    yield "## Read this out"
    yield ""
    if scenario.description:
        yield from (escape(scenario.description), "")
    for name, parameter in scenario.blueprint.parameters.items():
        if name in scenario.given and words.parameter(parameter) not in hidden:
            value = words.amount(scenario.workload[name], parameter.unit)
            yield f"- {escape(parameter.title)}: {escape(value)}"
    for requirement in scenario.requirements:
        if words.requirement(requirement) not in hidden:
            yield f"- {escape(words.requirement(requirement))}"
    yield ""
    if facts:
        yield "## Say only when asked"
        yield ""
        rows = [
            [escape(f.name), escape(f.answer), numbers.percent(f.value) if f.clear else "unclear", escape(f.note)]
            for f in facts
        ]
        yield table(["about", "answer", ">worth", "why"], rows)
        yield ""


def _asking(item: Asking, number: int) -> Iterator[str]:
    question = asking_question(item, frozenset())
    yield f"## {number}. {escape(rehearsal_words.heading(item))}"
    yield ""
    yield "Answer one question of theirs from the table above."
    if question is not None and item.number == 1:
        yield f"Worth asking about first: **{escape(rehearsal_words.truth(question))}**."
    yield ""


def _asked(item: Asked, number: int, setup: Setup) -> Iterator[str]:
    question = item.question
    yield f"## {number}. {rehearsal_words.PART_TITLES[item.part]}: {escape(rehearsal_words.heading(item))}"
    yield ""
    if item.news:
        yield from (f"**{escape(item.news)}**", "")
    yield from block(question.text)
    for letter, option in lettered(question.form):
        yield f"- {letter}) {escape(option)}"
    yield ""
    yield f"Truth: **{escape(rehearsal_words.truth(question))}**. Hint: {escape(question.hint)}"
    yield ""
    yield fence("\n".join(question.derivation))
    yield ""
    yield code(in_debrief(question.command, setup))
    yield ""
    yield from (line for told in item.told for line in (escape(told), ""))


def _designing(item: Designing, stage: Stage, number: int, setup: Setup) -> Iterator[str]:
    best = stage.optimum
    yield f"## {number}. {escape(rehearsal_words.heading(item))}"
    yield ""
    if item.news:
        yield from (f"**{escape(item.news)}** Let them keep their design and revise it.", "")
    else:
        yield (
            "Let them name a component and a size for each role that they think is needed. Note what they forget. "
            "Perfect is within 1 % of the best one's cost, each tenth more halves it, one that breaks a requirement "
            "is worth nothing."
        )
        yield ""
        if item.given:
            yield "Tell them what is given; the other roles are theirs:"
            yield ""
            given = ((role, words.candidate(best.design[role])) for role in item.given)
            yield from (f"- {escape(role)}: {escape(chosen)}" for role, chosen in given)
            yield ""
    yield f"The best design costs {words.money(best.cost_usd_per_month)}:"
    yield ""
    made = best.design.items()
    rows = [[escape(role), escape(words.candidate(c)), words.short(c.cost_usd_per_month)] for role, c in made]
    yield table(["role", "component and size", ">USD/month"], rows)
    yield ""
    yield table(["", "requirement", "it has"], [_check(check) for check in best.checks])
    yield ""
    yield code(in_debrief(item.command, setup))
    yield ""


def _check(check: object) -> list[str]:
    from advisor.evaluation.result import Check
    from advisor.scenario.requirements import Bound

    assert isinstance(check, Check)
    bound = isinstance(check.requirement, Bound) and check.value is not None
    value = words.metric(check.requirement.metric, check.value) if bound else "holds"  # type: ignore[union-attr,arg-type]
    return ["✓" if check.holds else "✗", escape(words.requirement(check.requirement)), escape(value)]


def _rubric() -> Iterator[str]:
    yield "## Rubric"
    yield ""
    yield table(["competence", "strong", "fair", "weak"], [[*row] for row in RUBRIC])
    yield ""
    yield "Apart from the score, for communication and structure:"
    yield ""
    yield from (f"- ☐ {line}" for line in rehearsal_words.SELF_CHECK)
