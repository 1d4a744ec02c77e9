"""Answers as people type them: ``40k tok/s``, ``$12k-30k``, ``99.95%``, ``b 70%``, ``a,c``; wrong units are named."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from difflib import get_close_matches
from string import ascii_lowercase

from advisor.audit import numbers, units
from advisor.audit.units import Unit
from advisor.errors import AdvisorError
from advisor.models.cost import HOURS_PER_MONTH
from advisor.rehearsal.question import Answer, Choice, Number, Question, Several, options

LONGEST = 200
SECONDS = {**units.SECONDS, "month": HOURS_PER_MONTH * 3600.0, "year": 12 * HOURS_PER_MONTH * 3600.0}
MINUTES_PER_MONTH = HOURS_PER_MONTH * 60
DOWNTIME = "min/month"  # also answered by an availability in percent
_SHORT = {"tok": "token", "toks": "token", "tk": "token", "req": "request", "reqs": "request", "query": "request"}
_RATES = re.compile(r"\b([rqt])ps\b", re.IGNORECASE)
_TWO = re.compile(r"(.*?[\da-zA-Z%])\s*(?:-|–|—|\bto\b|\.\.+)\s*([~$€£]?\s*\.?\d.*)")
_CONFIDENCE = re.compile(r"[\s,;:@(]+(?:(?:at|with|confidence)\s+)?(\d{1,3}(?:[.,]\d+)?)\s*%\)?\s*$", re.IGNORECASE)
_MAGNITUDE = r"(?:[kKMB]|thousand|million|mio|mn|billion|bn)"
_SCALED = re.compile(rf"(?:[^A-Za-z]*{_MAGNITUDE})+[^A-Za-z]*|[^A-Za-z]+{_MAGNITUDE} to [^A-Za-z]+{_MAGNITUDE}")
_EMPTY = {"none", "nothing", "-", "no", "empty", "{}"}


class AnswerError(AdvisorError):
    """An answer that is not understood; says what was found, and gives an example of what is understood."""

    exit_code = 2


def parse(text: str, question: Question) -> Answer:
    """Return what a typed answer says.

    Raises:
        AnswerError: it is not understood, its unit is another one, or it is no possible answer; with an example.

    >>> cost = Question("k", "cost", "estimate", "?", Number("USD/month", "cost a month"), 1.0, (), "advisor", "")
    >>> parse("$12k-30k", cost).low, parse("1.2k USD/day", cost).high
    (12000.0, 36500.0)
    >>> pick = Question("k", "cost", "estimate", "?", Choice(("llm", "cache")), "llm", (), "advisor", "")
    >>> parse("b 70%", pick)
    Answer(low=None, high=None, chosen=('cache',), confidence=0.7, said=True)
    """
    shown = " ".join(text.split())
    if not shown or len(shown) > LONGEST:
        raise _error("is empty" if not shown else f"is longer than {LONGEST} characters", question)
    if isinstance(question.form, Number):
        low, high = _interval(shown, question.form, question)
        return Answer(low=low, high=high)
    if isinstance(question.form, Choice):
        return _choice(shown, question)
    if isinstance(question.form, Several):
        return Answer(chosen=() if shown.lower() in _EMPTY else _named(shown, question))
    chosen = _named(re.sub(r"\s*(?:>|<|→|->|\bthen\b)\s*", ",", shown), question)
    if len(chosen) < len(question.form.options):
        missing = [one for one in question.form.options if one not in chosen]
        raise _error(f"leaves out {', '.join(missing)}", question)
    return Answer(chosen=chosen)


def example(question: Question) -> str:
    """Return an example of an answer to a question, which says nothing about the truth.

    >>> example(Question("k", "cost", "estimate", "?", Number("ms", "p95"), 1.0, (), "advisor", ""))
    '200-400 ms, or 250 ms'
    """
    form = question.form
    if isinstance(form, Number):
        return _NUMBERS.get(form.unit, f"200-400 {form.unit}, or 250 {form.unit}".strip())
    letters = ascii_lowercase[: len(form.options)]
    if isinstance(form, Choice):
        return "b 70%, for the second with a confidence of 70 %"
    if isinstance(form, Several):
        return f"a,{letters[-1]}; or none"
    return ",".join(reversed(letters))


_NUMBERS = {
    "USD/month": "$12k-30k, or 20 000 USD/month",
    "%": "15-30 %, or 20 %",
    "x": "3-6x, or 4x",
    DOWNTIME: "20-60 min/month, 0.5-1 h/month, or 99.9-99.95 %",
    "": "3-5, or 4",
}


def _error(what: str, question: Question) -> AnswerError:
    known = f"{example(question)}; or skip for I don't know, ? for a hint"
    return AnswerError(f"the answer {what}; understood is, for example: {known}")


# --- numbers ----------------------------------------------------------------------------------------------------------


def _interval(text: str, form: Number, question: Question) -> tuple[float, float]:
    ends = [_in_unit(one, form, question) for one in _ends(text, form, question)]
    scale = units.parse(form.unit).scale
    if scale != 1 and _SCALED.fullmatch(text):  # "3.5 million" of a question that counts in millions
        ends = [end / scale for end in ends]
    low, high = min(ends), max(ends)
    if not 0 < low <= high < math.inf:
        raise _error(f"'{text}' is not above 0", question)
    return low, high


def _ends(text: str, form: Number, question: Question) -> list[tuple[float, str, str]]:
    """Return value, unit and currency of each end as typed; what only the second end says holds for the first too."""
    whole = numbers.read(_RATES.sub(_spelt, text))
    if isinstance(whole, numbers.Number) and whole.is_range:
        return [(end, whole.rest, whole.currency) for end in (whole.interval.low, whole.interval.high)]
    two = _TWO.fullmatch(text)
    parts = [two[1], two[2]] if two and not re.search(r"\de$", two[1]) else [text]
    found = [numbers.read(_RATES.sub(_spelt, part)) for part in parts]
    good = [one for one in found if isinstance(one, numbers.Number) and not re.search(r"\d\W*\d", one.rest)]
    if len(good) < len(parts):
        raise _error(f"'{text}' is not understood", question)
    rest, money = good[-1].rest, good[-1].currency or good[0].currency
    if len(good) == 2 and good[0].value > good[1].value and good[0].rest == good[1].rest:
        raise _error(f"'{text}' has its ends the wrong way round", question)
    return [(one.value, one.rest or rest, one.currency or money) for one in good]


def _spelt(match: re.Match[str]) -> str:
    return {"r": "requests/s", "q": "requests/s", "t": "tokens/s"}[match[1].lower()]


def _in_unit(end: tuple[float, str, str], form: Number, question: Question) -> float:
    """Return a value in the question's unit; without a unit it is taken to be in it."""
    value, rest, currency = end
    rest = re.sub(r"^(?:GPUs?|nodes?|units?|replicas?|machines?|instances?)$", "", rest, flags=re.IGNORECASE)
    if currency and (not form.unit.startswith("USD") or currency != "USD"):
        raise _error(f"is in {currency}, the question asks for {form.unit or 'a number of things'}", question)
    if rest == "%" and form.unit == DOWNTIME:
        return (1 - value / 100) * MINUTES_PER_MONTH
    if rest.strip() in ("", form.unit) or (form.unit == "x" and rest.lower() in ("x", "times", "×", "fold")):
        return value
    factor = _factor(units.parse(rest), units.parse(form.unit))
    if factor is None:
        raise _error(f"is in '{rest}', the question asks for {form.unit or 'a number without a unit'}", question)
    return value * factor


def _factor(given: Unit, wanted: Unit) -> float | None:
    """Return how many of the wanted unit one of the given is, None when the two do not measure the same.

    >>> _factor(units.parse("s"), units.parse("ms")), _factor(units.parse("tok/min"), units.parse("tokens/s"))
    (1000.0, 0.016666666666666666)
    >>> _factor(units.parse("GB"), units.parse("ms")) is None
    True
    """
    if given.noun and _noun(given.noun) != _noun(wanted.noun):
        return None
    if bool(given.size) != bool(wanted.size) or units.is_bits(given.size) != units.is_bits(wanted.size):
        return None
    if wanted.per == ("month",) and not given.per:
        given = replace(given, per=wanted.per)  # of a month, as the question says
    if (len(given.times), len(given.per)) != (len(wanted.times), len(wanted.per)):
        return None
    return given.scale / wanted.scale * _bytes(given.size) / _bytes(wanted.size) * _time(given) / _time(wanted)


def _noun(text: str) -> str:
    return " ".join(_SHORT.get(word, word) for word in text.split())


def _bytes(size: str) -> float:
    if not size:
        return 1.0
    return float((1024 if units.is_binary(size) else 1000) ** units.step(size))


def _time(unit: Unit) -> float:
    return math.prod(SECONDS[one] for one in unit.times) / math.prod(SECONDS[one] for one in unit.per)


# --- options ----------------------------------------------------------------------------------------------------------


def _choice(text: str, question: Question) -> Answer:
    """Read an option and what comes after it as the confidence."""
    stated = _CONFIDENCE.search(f" {text}")
    confidence = float(stated[1].replace(",", ".")) / 100 if stated else None
    body = f" {text}"[: stated.start()].strip() if stated else text
    if confidence is not None and confidence > 1:
        raise _error(f"has a confidence of {100 * confidence:g} %, which is more than 100 %", question)
    if not body:
        raise _error("names no option", question)
    return Answer(chosen=(_option(body, question),), confidence=confidence)


def _named(text: str, question: Question) -> tuple[str, ...]:
    """Read options apart by commas, or by spaces when all of them are letters."""
    parts = [part.strip() for part in re.split(r"[,;]|\band\b", text) if part.strip()]
    words = text.split()
    if len(parts) == 1 and all(len(word) == 1 for word in words):
        parts = words
    found = [_option(part, question) for part in parts]
    twice = [one for one in dict.fromkeys(found) if found.count(one) > 1]
    if twice:
        raise _error(f"names {twice[0]} twice", question)
    return tuple(found)


def _option(text: str, question: Question) -> str:
    """Return the option that a letter, a name or a beginning of exactly one name means."""
    known = options(question.form)
    name = text.strip().strip("().'\"").lower()
    exact = [one for one in known if one.lower() == name]
    if exact:
        return exact[0]
    if len(name) == 1 and name in ascii_lowercase[: len(known)]:
        return known[ascii_lowercase.index(name)]
    fitting = [one for one in known if name and one.lower().startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    near = get_close_matches(name, [one.lower() for one in known], n=1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    raise _error(f"names '{text}', which is none of the options{hint}", question)
