"""Numbers as people write them, with the precision that they wrote them with.

``$1,234.56``, ``1.234,56``, ``1 234``, ``1'234``, ``1.2M``, ``12k``, ``45%``, ``(123)``, ``~$0.09/GB``, ``60-180``.
What is not a number stays unknown and is never 0; "free" and "included" are 0.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from advisor.audit.interval import Interval, exactly, product, times

LARGEST = 1e30  # no amount, count or time of a table is beyond; products of several still fit a float
MAX_TEXT = 200
MAX_EXPONENT = 40
MAX_FACTORS = 4
REMEMBERED = 8192  # cells: each is looked at by several checks

Decimal = Literal[".", ","]

_CURRENCIES = {
    **{sign: "USD" for sign in ("US$", "USD", "$", "dollars", "dollar")},
    **{"€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "¥": "JPY", "JPY": "JPY", "CNY": "CNY", "RMB": "CNY"},
    **{"₹": "INR", "INR": "INR", "CHF": "CHF", "CA$": "CAD", "CAD": "CAD", "A$": "AUD", "AUD": "AUD", "THB": "THB"},
    **{"¢": "US cent", "cents": "US cent", "cent": "US cent"},
}
_MAGNITUDES = {
    **{"k": 1e3, "K": 1e3, "thousand": 1e3, "M": 1e6, "MM": 1e6, "million": 1e6, "mio": 1e6, "mn": 1e6},
    **{"B": 1e9, "bn": 1e9, "billion": 1e9, "T": 1e12, "trillion": 1e12},
}
_NOTHING = {"free", "included", "no charge", "free tier", "incl.", "incl"}
_APPROXIMATE = re.compile(
    r"^(?:~|≈|∼|about|approx\.?|approximately|ca\.?|circa|est\.?|roughly|around)\s*", re.IGNORECASE
)
_BOUND = re.compile(r"^(?:<|>|≤|≥|up to\b|from\b|at least\b|at most\b|under\b|over\b|min\b|max\b)", re.IGNORECASE)
_MARKUP = re.compile(r"\*\*|__|~~|`|</?[A-Za-z][^>]{0,40}>|\[\^?\w{1,3}\]|[†‡¹²³⁴]|\\(?=[$~*|])")
_TYPO = re.compile(r"[-+$€£\s]*\d[\d.,]*[A-Za-wyz]{1,2}[.,]?\d[\d.,]*")  # a letter O or l among the digits
_EXPONENT = re.compile(r"\d[eE][-+]?\d{1,3}$")
_TIMES = re.compile(r"\s*[×*]\s*|\s+x\s+")
_SEVERAL = re.compile(r"[→±=\[]|->")
_SPACES = "\u00a0\u202f\u2009"
_DIGITS = r"(?:\d{1,3}(?:[ '’_]\d{3})+(?:[.,]\d+)?|\d[\d.,]*\d|\d|[.,]\d+)(?:[eE][-+]?\d{1,3})?"
_SUFFIX = "|".join(sorted(_MAGNITUDES, key=len, reverse=True))
_SIGN = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))
_CURRENCY = re.compile(rf"(?:{_SIGN})(?![A-Za-z])")


def _amount(name: str) -> str:
    """Return the pattern of a number with its currency and abbreviation, in the groups ``name`` and ``name_x``."""
    return rf"(?:{_SIGN})?\s*(?P<{name}>{_DIGITS})(?:\s?(?P<{name}_x>{_SUFFIX})(?![A-Za-z]))?\s*(?:{_SIGN})?"


_NUMBER = re.compile(rf"(?:(?P<minus>[-−])|\+)?\s*{_amount('a')}(?P<rest>.*)", re.DOTALL)
_RANGE = re.compile(rf"{_amount('a')}\s*(?:-|–|—|to\b)\s*{_amount('b')}(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True)
class Number:
    """A number of a cell.

    Attributes:
        text: the cell as it stands, without markup.
        value: what is printed; of a range, its middle.
        interval: every value that would be printed like this; of a range, from one end to the other.
        whole: True for a plain integer without abbreviation, which as a count is exact.
        rest: what follows the number: a unit, or "" when nothing does.
        currency: ISO code, "US cent", or "".
        ambiguous: True when one separator and three digits after it could be thousands or decimals.
        approximate: True when it says so: "~", "about".
    """

    text: str
    value: float
    interval: Interval
    whole: bool = False
    rest: str = ""
    currency: str = ""
    ambiguous: bool = False
    approximate: bool = False

    @property
    def exact(self) -> Interval:
        """The printed value taken as it is."""
        return self.interval if self.is_range else exactly(self.value)

    @property
    def is_range(self) -> bool:
        """Whether two ends are printed."""
        return bool(_RANGE.fullmatch(stripped(self.text)))

    @property
    def unit(self) -> float:
        """One unit of the last printed digit."""
        return 2 * self.interval.half


@dataclass(frozen=True)
class Unknown:
    """A cell without a number: empty, "n/a", "-", a word, or a bound such as "< 5"."""

    text: str


Cell = Number | Unknown


def malformed(text: str) -> bool:
    """Return whether a cell holds nothing but digits and marks and still is no number.

    >>> malformed("1.2.3"), malformed("12O.50"), malformed("varies"), malformed("n/a"), malformed("1,234.5")
    (True, True, False, False, False)
    """
    body = stripped(text)
    if _TYPO.fullmatch(body) and not _EXPONENT.search(body):
        return True
    only_marks = bool(re.fullmatch(r"[-+\s\d.,:'’_$€£%]+", body)) and any(c.isdigit() for c in body)
    return only_marks and not _BOUND.match(body) and isinstance(read(text), Unknown)


@lru_cache(maxsize=REMEMBERED)
def plain(text: str) -> str:
    """Return a cell without Markdown and HTML marks and entities, footnotes and odd spaces.

    >>> plain(" **~$16.65**[^1] ")
    '~$16.65'
    """
    text = html.unescape(_MARKUP.sub("", text))
    for space in _SPACES:
        text = text.replace(space, " ")
    text = text.strip()
    return re.sub(r"(?<=[\d)%])\*+$", "", text).strip()


def stripped(text: str) -> str:
    """Return a number's text without the words that call it approximate."""
    return _APPROXIMATE.sub("", plain(text))


@lru_cache(maxsize=REMEMBERED)
def read(text: str, decimal: Decimal = ".") -> Cell:
    """Read one cell; ``decimal`` decides only what could be read both ways.

    >>> [read(t).value for t in ("$1,234.56", "1.234,56", "1 234", "1'234", "1.2M", "12k", "1e6", "(123)", "free")]
    [1234.56, 1234.56, 1234.0, 1234.0, 1200000.0, 12000.0, 1000000.0, -123.0, 0.0]
    >>> read("$0.67").interval, read("$0.09/GB").rest, read("45%").rest
    (Interval(low=0.665, high=0.675), '/GB', '%')
    >>> read("1,234").ambiguous, read("1,234", ",").value, read("n/a"), read("-")
    (True, 1.234, Unknown(text='n/a'), Unknown(text='-'))
    """
    shown = plain(text)
    if shown.lower().rstrip("*") in _NOTHING:
        return Number(shown, 0.0, exactly(0.0), whole=True)
    body = _APPROXIMATE.sub("", shown)
    approximate = body != shown
    negative = bool(re.fullmatch(r"\(.*\d.*\)", body)) and not re.search(r"[A-Za-z]{2}", body)
    body = body[1:-1].strip() if negative else body
    if len(body) > MAX_TEXT or _BOUND.match(body) or (_TYPO.fullmatch(body) and not _EXPONENT.search(body)):
        return Unknown(shown)
    found = _product(shown, body, decimal) or _range(shown, body, decimal) or _single(shown, body, decimal, approximate)
    if isinstance(found, Number) and negative:
        return replace(found, value=-found.value, interval=found.interval.scaled(-1))
    return found


def _range(shown: str, body: str, decimal: Decimal) -> Cell | None:
    match = _RANGE.fullmatch(body)
    if not match:
        return None
    ends = []
    for name, other in (("a", "b"), ("b", "a")):
        magnitude = _MAGNITUDES.get(match[f"{name}_x"] or match[f"{other}_x"] or "", 1.0)
        value = _digits(match[name], decimal)
        if value is None or abs(value[0] * magnitude) > LARGEST:
            return Unknown(shown)
        ends.append(value[0] * magnitude)
    if ends[0] > ends[1]:
        return Unknown(shown)  # a date, a version, a part number
    reach = Interval(ends[0], ends[1])
    return Number(shown, reach.middle, reach, rest=match["rest"].strip(), currency=currency(body))


def _product(shown: str, body: str, decimal: Decimal) -> Cell | None:
    """Read "3 nodes × 730 h" as their product, in the unit of the last factor."""
    parts = _TIMES.split(body)
    if not 2 <= len(parts) <= MAX_FACTORS:
        return None
    factors = [_single(part, part, decimal, approximate=False) for part in parts]
    numbers = [factor for factor in factors if isinstance(factor, Number)]
    if len(numbers) < len(factors):
        return None
    reach = product(number.interval for number in numbers)
    value = times(number.value for number in numbers)
    if abs(value) > LARGEST:
        return Unknown(shown)
    whole = all(number.whole for number in numbers)
    return Number(shown, value, reach, whole, numbers[-1].rest, currency(body), any(n.ambiguous for n in numbers))


def _single(shown: str, body: str, decimal: Decimal, approximate: bool) -> Cell:
    match = _NUMBER.match(re.sub(rf"^({_SIGN})\s*[-−]\s*", r"-\1", body))
    if not match:
        return Unknown(shown)
    value = _digits(match["a"], decimal)
    magnitude = _MAGNITUDES.get(match["a_x"] or "", 1.0)
    if value is None or abs(value[0] * magnitude) > LARGEST:
        return Unknown(shown)
    number, unit, ambiguous, whole = value
    if approximate:
        unit = max(unit, _last_digit(number))
    rest = match["rest"].strip()
    if rest in ("m", "mio") and currency(body):
        magnitude, rest = 1e6, ""  # £1.2m is money, not minutes
    sign = -1.0 if match["minus"] else 1.0
    middle, half = sign * number * magnitude, unit * magnitude / 2
    exact = whole and not approximate and magnitude == 1.0
    if rest[:1].isdigit() or rest[:1] in (".", ",", ":", "-") or _SEVERAL.search(rest):
        return Unknown(shown)  # 12:30, 1.2.3, 2024-01, 5 → 7, 5 ± 1, 10 [9, 11]
    reach = Interval(middle - half, middle + half)
    return Number(shown, middle, reach, exact, rest, currency(body), ambiguous, approximate)


def currency(text: str) -> str:
    """Return the currency that a text names, "" for none.

    >>> currency("$5"), currency("Cost (EUR)"), currency("CA$ 3"), currency("5")
    ('USD', 'EUR', 'CAD', '')
    """
    match = _CURRENCY.search(text)
    return _CURRENCIES[match[0]] if match else ""


def _digits(text: str, decimal: Decimal) -> tuple[float, float, bool, bool] | None:
    """Return value, unit of the last digit, whether the grouping is ambiguous, whether it is a plain integer."""
    body, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > MAX_EXPONENT:
        return None
    power = 10.0 ** int(exponent) if exponent else 1.0
    body = re.sub(r"[ '’_]", "", body)
    point = decimal_mark(body)
    ambiguous = point is None
    mark = point or decimal
    grouping = "," if mark == "." else "."
    if mark != "none" and body.count(mark) == 1:
        left, right = body.split(mark)
    elif mark in body and mark != "none":
        return None
    else:
        left, right = body, ""
    if mark == "none":
        if not re.fullmatch(r"\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}", left):
            return None
    elif grouping in right or not re.fullmatch(rf"\d*|\d{{1,3}}(?:{re.escape(grouping)}\d{{3}})+", left):
        return None
    value = float(f"{re.sub('[.,]', '', left) or '0'}.{right or '0'}") * power
    return value, 10.0 ** -len(right) * power, ambiguous, not right and not exponent


def decimal_mark(body: str) -> Literal[".", ",", "none"] | None:
    """Return the decimal mark that digits show by themselves, "none" for an integer, None when it could be either.

    >>> [decimal_mark(t) for t in ("1,234.5", "1.234,5", "1,234,567", "0.234", "12.50", "1,234", "17")]
    ['.', ',', 'none', '.', '.', None, 'none']
    """
    marks = [c for c in body if c in ".,"]
    if not marks:
        return "none"
    if len(set(marks)) == 2:
        return "." if marks[-1] == "." else ","
    if len(marks) > 1:
        return "none"
    left, right = body.split(marks[0])
    if len(right) != 3 or not 1 <= len(left) <= 3 or left.startswith("0"):
        return "." if marks[0] == "." else ","
    return None


def _last_digit(value: float) -> float:
    """Return the unit of the last digit that is not 0: what "about 1,200" is precise to."""
    if value == 0:
        return 1.0
    digits, exponent = f"{abs(value):.12e}".split("e")
    return float(10.0 ** (int(exponent) - len(digits.rstrip("0").replace(".", "")) + 1))


def decimal_of(texts: Iterable[str]) -> Decimal | Literal["both"] | None:
    """Return the decimal mark that a column shows, "both" when it contradicts itself, None when nothing shows it.

    >>> decimal_of(["$1,234", "$12.50"]), decimal_of(["1.234", "0,50"]), decimal_of(["1,234", "500"])
    ('.', ',', '.')
    >>> decimal_of(["1,234"]) is None
    True
    """
    seen: Counter[str] = Counter()
    commas = integers = False
    for text in texts:
        body = stripped(text)
        for match in re.finditer(_DIGITS, body[:MAX_TEXT]):
            digits = re.sub(r"[ '’_]", "", match[0].lower().partition("e")[0])
            mark = decimal_mark(digits)
            if mark in (".", ","):
                seen[str(mark)] += 1
            elif mark == "none" and re.search(r"[.,]", digits):
                seen["," if "." in digits else "."] += 1
            integers |= mark == "none"
            commas |= mark is None and "," in digits
    if not seen and commas and integers:
        return "."  # "500" beside "1,000": whole numbers throughout, so the comma groups
    if len(seen) > 1:
        return "both"
    return "." if "." in seen else "," if seen else None
