"""What a rehearsal says in every format: truths, answers, points, and the parts of a session."""

from __future__ import annotations

from advisor.rehearsal import words
from advisor.rehearsal.course import Asking, Designing, Item
from advisor.rehearsal.question import Answer, Choice, Number, Question, options
from advisor.rehearsal.registry import KINDS
from advisor.rehearsal.sitting import Mark
from advisor.render import numbers
from advisor.render.numbers import NARROW

PART_TITLES = {
    "open": "Open",
    "clarify": "Clarify",
    "estimate": "Estimate",
    "design": "Design",
    "adapt": "Adapt",
    "defend": "Defend",
}
COMPETENCES = {
    "requirements": "requirements",
    "estimation": "estimation",
    "trade_offs": "trade-offs",
    "reliability": "reliability",
    "cost": "cost",
    "adaptability": "adaptability",
}
OWN_KINDS = {
    "ask_first": "which unknown to ask about first",
    "still_feasible": "is there still a design",
    "conflict": "what would have to give",
    "design": "the design",
    "revise": "the design, revised",
}
CAVEAT = "Correct under this catalog and model: truths are computed from its figures, not from what is so everywhere."
SELF_CHECK = (
    "I said what I was going to do before I did it, and summed up at the end of each part.",
    "I asked before I assumed, and said aloud what I assumed.",
    "I gave numbers with units, and said how sure I was.",
    "I named at least one alternative for each decision, and what it would have cost.",
    "I drew or listed the flows before I named products.",
    "When a requirement moved, I said first what it breaks, then what I change.",
    "I said what I would measure first in production, and at which value I would act.",
    "I left time for questions, and stopped when the time was up.",
)


def kind_title(name: str) -> str:
    """Return what a kind is called.

    >>> kind_title("revise")
    'the design, revised'
    """
    return OWN_KINDS.get(name) or (KINDS[name].title if name in KINDS else name.replace("_", " "))


def truth(question: Question) -> str:
    """Return the truth of a question as text."""
    if isinstance(question.form, Number):
        return amount(float(question.truth), question.form.unit)  # type: ignore[arg-type]
    if isinstance(question.truth, frozenset):
        named = [one for one in options(question.form) if one in question.truth]
        return "; ".join(named) or "none of them"
    if isinstance(question.truth, tuple):
        return " > ".join(question.truth)
    also = [one for one in options(question.form) if one in question.also]
    return str(question.truth) + (f" (as right: {', '.join(also)})" if also else "")


def amount(value: float, unit: str) -> str:
    """Return a number with its unit.

    >>> amount(17079.3, "USD/month").replace(NARROW, " "), amount(3.0, "")
    ('17 080 USD/month', '3')
    """
    return f"{_number(value)}{NARROW if unit else ''}{unit}"


def _number(value: float) -> str:
    return words.short(value).replace(" ", NARROW)


def answer(question: Question, said: Answer | None) -> str:
    """Return what was said as text."""
    if said is None or not said.said:
        return "I don't know"
    if isinstance(question.form, Number):
        low, high = said.low or 0.0, said.high or 0.0
        if low == high:
            return amount(low, question.form.unit)
        return f"{_number(low)}–{amount(high, question.form.unit)}"
    named = (" > " if isinstance(question.truth, tuple) else "; ").join(said.chosen) or "none of them"
    if isinstance(question.form, Choice):
        sure = "no confidence stated" if said.confidence is None else f"{numbers.percent(said.confidence)} sure"
        return f"{named} ({sure})"
    return named


NO_SCORE = "No item was answered, so there is no score."


def points(value: float) -> str:
    """Return points with their sign.

    >>> points(0.956), points(-0.42), points(0)
    ('+0.96', '−0.42', '0.00')
    """
    text = f"{abs(value):.2f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def heading(item: Item, mark: Mark | None = None) -> str:
    """Return what an item is about, short."""
    if isinstance(item, Designing):
        return f"Revise after: {item.name}" if item.number else "Design"
    if isinstance(item, Asking):
        return f"Ask, round {item.number} of {item.rounds}"
    return kind_title(item.question.kind)
