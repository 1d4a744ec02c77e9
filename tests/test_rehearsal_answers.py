"""Answers as people type them: what is understood, in which unit, and what is asked again with an example."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.rehearsal.answers import AnswerError, example, parse
from advisor.rehearsal.question import (
    UNKNOWN,
    Answer,
    Choice,
    Form,
    Number,
    Order,
    Question,
    Several,
    Truth,
    score,
)

NAMES = ("feature store", "llm", "llm gateway", "vector store")
TRUTHS: dict[type, Truth] = {Number: 1.0, Choice: "llm", Several: frozenset({"llm"}), Order: NAMES}


def asked(form: Form) -> Question:
    """Return a question of a form."""
    return Question("k", "cost", "estimate", "What?", form, TRUTHS[type(form)], ("why",), "advisor propose s.yml", "")


@pytest.mark.parametrize(
    ("text", "unit", "low", "high"),
    [
        ("40k tok/s", "tokens/s", 40_000, 40_000),
        ("40k-60k tok/s", "tokens/s", 40_000, 60_000),
        ("$12k-30k", "USD/month", 12_000, 30_000),
        ("12-30k", "USD/month", 12_000, 30_000),
        ("$12k - $30k", "USD/month", 12_000, 30_000),
        ("12 000 USD", "USD/month", 12_000, 12_000),
        ("1.2m USD/year", "USD/month", 100_000, 100_000),
        ("$100/day", "USD/month", 3_041.6667, 3_041.6667),
        ("1.2-1.8 s", "ms", 1_200, 1_800),
        ("1.2s-1.8s", "ms", 1_200, 1_800),
        ("900 ms to 1.8 s", "ms", 900, 1_800),
        ("~5 min", "s", 300, 300),
        ("250 rps", "requests/s", 250, 250),
        ("15k req/min", "requests/s", 250, 250),
        ("2 million requests/month", "million requests/month", 2, 2),
        ("3.5 million", "million requests/month", 3.5, 3.5),
        ("3M-4M", "million requests/month", 3, 4),
        ("3.5", "million requests/month", 3.5, 3.5),
        ("3-6x", "x", 3, 6),
        ("4 times", "x", 4, 4),
        ("15 %", "%", 15, 15),
        ("15-30%", "%", 15, 30),
        ("16 GiB", "GB", 17.179869184, 17.179869184),
        ("0.5 TB", "GB", 500, 500),
        ("99.95%", "min/month", 21.9, 21.9),
        ("99.9-99.95%", "min/month", 21.9, 43.8),
        ("2 h/month", "min/month", 120, 120),
        ("90 min", "min/month", 90, 90),
        ("4 GPUs", "", 4, 4),
        ("3-5", "", 3, 5),
        ("1,5", "", 1.5, 1.5),
    ],
)
def test_numbers_are_read_in_the_unit_of_the_question(text: str, unit: str, low: float, high: float) -> None:
    """Abbreviations, ranges, currencies and units of the same kind are understood and converted."""
    found = parse(text, asked(Number(unit, "amount")))
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)


@pytest.mark.parametrize(
    ("text", "unit", "says"),
    [
        ("40k tok/s", "requests/s", "asks for requests/s"),
        ("12 GB", "USD/month", "asks for USD/month"),
        ("€400", "USD/month", "is in EUR"),
        ("$400", "ms", "is in USD"),
        ("5 s", "GB", "asks for GB"),
        ("10 Gbit", "GB", "asks for GB"),
        ("0", "USD/month", "not above 0"),
        ("-5", "USD/month", "not above 0"),
        ("30-20", "USD/month", "wrong way round"),
        ("30 s - 20 s", "s", "wrong way round"),
        ("a lot", "USD/month", "not understood"),
        ("12:30", "s", "not understood"),
        ("1.2.3", "s", "not understood"),
        ("nan", "s", "not understood"),
        ("inf", "s", "not understood"),
        ("1e400", "s", "not understood"),
        ("100 %", "min/month", "not above 0"),
        ("", "s", "empty"),
        ("   ", "s", "empty"),
        ("9" * 300, "s", "longer than"),
        ("7 bananas", "", "a number without a unit"),
    ],
)
def test_what_is_no_such_number_is_asked_again(text: str, unit: str, says: str) -> None:
    """Another unit is named, nonsense is called that, and either way an example follows."""
    question = asked(Number(unit, "amount"))
    with pytest.raises(AnswerError) as error:
        parse(text, question)
    assert says in str(error.value)
    assert example(question) in str(error.value)


@pytest.mark.parametrize(
    ("text", "chosen", "confidence"),
    [
        ("b 70%", "llm", 0.7),
        ("B, 70 %", "llm", 0.7),
        ("llm", "llm", None),
        ("LLM 100%", "llm", 1.0),
        ("(d) 55%", "vector store", 0.55),
        ("vector 0%", "vector store", 0.0),
        ("llm gateway at 62.5 %", "llm gateway", 0.625),
    ],
)
def test_choices_are_letters_names_or_beginnings(text: str, chosen: str, confidence: float | None) -> None:
    """One option and, if stated, a confidence."""
    assert parse(text, asked(Choice(NAMES))) == Answer(chosen=(chosen,), confidence=confidence)


@pytest.mark.parametrize(
    ("text", "says"),
    [("e", "none of the options"), ("llm 120%", "more than 100"), ("70%", "names no option"), ("lmm", "mean 'llm'?")],
)
def test_what_is_no_option_is_asked_again(text: str, says: str) -> None:
    """A letter beyond the options, a confidence above 1, no option, a misspelt one."""
    with pytest.raises(AnswerError, match=says.replace("?", r"\?")):
        parse(text, asked(Choice(NAMES)))


def test_sets_and_orders() -> None:
    """Letters or names, apart by commas or spaces; an empty set is an answer; an order needs all."""
    several, order = asked(Several(NAMES)), asked(Order(NAMES))
    assert parse("a,c", several).chosen == ("feature store", "llm gateway")
    assert parse("a c", several).chosen == ("feature store", "llm gateway")
    assert parse("llm and vector store", several).chosen == ("llm", "vector store")
    assert parse("none", several) == Answer(chosen=())
    assert not parse("none", several).empty
    assert parse("b > a > d > c", order).chosen == ("llm", "feature store", "vector store", "llm gateway")
    wrong = ((several, "a,a", "twice"), (order, "a,b", "leaves out"), (order, "a,b,c,x", "none of"))
    for question, text, says in wrong:
        with pytest.raises(AnswerError, match=says):
            parse(text, question)


@given(st.text(max_size=60), st.sampled_from([Number("ms", "time"), Choice(NAMES), Several(NAMES), Order(NAMES)]))
@settings(derandomize=True, deadline=None, max_examples=400)
def test_hostile_text_is_an_answer_or_is_asked_again(text: str, form: Form) -> None:
    """Whatever is typed: an answer that can be scored, or an error with an example."""
    question = asked(form)
    try:
        found = parse(text, question)
    except AnswerError as error:
        refused = str(error)
    else:
        assert score(question, found).points <= 1
        return
    assert "understood is, for example" in refused


@given(st.floats(1, 1e6), st.sampled_from(["USD/month", "ms", "GB", "%", "x", "requests/s", ""]))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_the_examples_are_understood(value: float, unit: str) -> None:
    """The example that an error shows is itself an answer, and a number in the question's unit is itself."""
    question = asked(Number(unit, "amount"))
    for part in example(question).split(", "):
        assert parse(part.removeprefix("or "), question).low
    assert parse(f"{value:.6f} {unit}", question).low == pytest.approx(value, abs=1e-6)


def test_scores_follow_the_form() -> None:
    """A perfect answer earns 1, a hint leaves three quarters of it, silence 0, and a loss stays a loss."""
    choice = asked(Choice(NAMES))
    right, wrong = Answer(chosen=("llm",), confidence=1.0), Answer(chosen=("feature store",), confidence=1.0)
    assert score(choice, right).points == 1
    assert score(choice, right, hinted=True).points == 0.75
    assert score(choice, wrong, hinted=True).points == score(choice, wrong).points < 0
    assert score(choice, UNKNOWN).points == 0
    also = Question("k", "cost", "adapt", "?", Choice(NAMES), "llm", (), "advisor", "", frozenset({"feature store"}))
    assert score(also, wrong).points == 1
    assert score(asked(Number("x", "n")), Answer(1.0, 1.0)).points == 1
    assert score(asked(Several(NAMES)), Answer(chosen=("llm",))).points == 1
    assert score(asked(Several(NAMES)), Answer(chosen=())).points == 0
    assert score(asked(Order(NAMES)), Answer(chosen=tuple(reversed(NAMES)))).points == -1
    for question, answer in ((choice, Answer(1.0, 2.0)), (asked(Number("x", "n")), right)):
        with pytest.raises(ValueError, match="answered by"):
            score(question, answer)
