"""Binomial probabilities to full relative precision: how likely it is that at least so many of n units are up, or down.

A system of many or of very good units fails with a probability that no float near 1 can show. So tails are sums of
positive terms, each computed without overflow and without cancellation.

Source: Loader, Fast and Accurate Computation of Binomial Probabilities (2000), for the single term.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from advisor.models.arguments import probability, whole

MOST_UNITS = 10_000_000  # of one kind: a tail is a sum of about ten times the root of that many terms
MOST_STATES = 20_000_000  # additions for parts that are not alike: about two seconds
_FEW = 50  # up to here binomial coefficients are exact floats
_NEGLIGIBLE = 1e-18  # a term this small against the first of a sum that falls geometrically ends it


def complement(a: float) -> float:
    """Return 1 - a, of the decimal number that the float stands for: an unavailability from an availability, or back.

        complement(0.999999) = 0.000001,  where the float subtraction gives 0.0000010000000000287557

    A float near 1 stands for every number within half a step of it; the shortest decimal among them is what was
    written. For numbers that were computed the answer is as uncertain as they are, no more and no less.

    Args:
        a: 0 to 1.

    Raises:
        ValueError: outside [0, 1].

    >>> complement(0.999999), complement(0.999999999999), complement(0.25)
    (1e-06, 1e-12, 0.75)
    """
    probability(a=a)
    return float(1 - Decimal(repr(float(a))))


def checked(parts: Iterable[float], noun: str) -> tuple[float, ...]:
    """Return the parts, each a number from 0 to 1; the error says which one is not.

    >>> checked([0.9, 99.9], "availability")
    Traceback (most recent call last):
    ValueError: availability of part 2 must lie in [0, 1], found 99.9
    """
    found = tuple(parts)
    for place, part in enumerate(found, 1):
        if not 0 <= part <= 1:
            raise ValueError(f"{noun} of part {place} must lie in [0, 1], found {part}")
    return found


def check_k_of_n(k: int, n: int, most: int = MOST_UNITS) -> None:
    """Refuse counts that are not whole numbers with 0 <= k <= n <= ``most``.

    >>> check_k_of_n(3, 2)
    Traceback (most recent call last):
    ValueError: k must lie in 0..n, found k = 3, n = 2
    """
    whole(n=n, least=0, most=most)
    if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k <= n:
        raise ValueError(f"k must lie in 0..n, found k = {k}, n = {n}")


def unlike_tails(k: int, parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the probabilities that at least k of several independent parts are up, and that fewer are.

    Counts the parts that are down, one part after another, up to the n - k that may be; what is beyond is gathered
    apart.

    Args:
        k: parts needed, 0 <= k <= n.
        parts: (up, down) of each of the n parts; n (n - k + 1) at most twenty million.

    Raises:
        ValueError: k out of range, or too many parts.

    >>> unlike_tails(1, [(0.5, 0.5), (0.75, 0.25)])
    (0.875, 0.125)
    """
    check_k_of_n(k, len(parts))
    spares = len(parts) - k
    if len(parts) * (spares + 1) > MOST_STATES:
        raise ValueError(f"n (n - k + 1) must be at most {MOST_STATES}, found n = {len(parts)}, k = {k}")
    down, beyond = [1.0] + [0.0] * spares, 0.0
    for a, u in parts:
        beyond += down[-1] * u
        for count in range(spares, 0, -1):
            down[count] = down[count] * a + down[count - 1] * u
        down[0] *= a
    return (1 - beyond if beyond < 0.5 else math.fsum(down)), beyond


def tail(m: int, n: int, p: float, q: float) -> float:
    """Return the probability of at least m successes in n trials, with p and q = 1 - p each to full precision.

    Sums outwards from m while the terms fall geometrically; on the other side of the mean that is the complement's
    tail, which is then at most about a half, so that nothing cancels. Relative error about 1e-12 for n up to ten
    million.

    >>> tail(2, 2, 0.5, 0.5), tail(0, 2, 0.5, 0.5), tail(1, 2, 0.5, 0.5)
    (0.25, 1.0, 0.75)
    """
    if m <= 0 or m > n or p == 0 or q == 0:
        return 1.0 if m <= 0 or (m <= n and q == 0) else 0.0
    if m <= n * p:
        return 1.0 - tail(n - m + 1, n, q, p)
    terms = [term(m, n, p, q)]
    for i in range(m, n):
        terms.append(terms[-1] * (n - i) / (i + 1) * (p / q))
        if terms[-1] <= terms[0] * _NEGLIGIBLE:
            break
    return min(1.0, math.fsum(terms))


def term(x: int, n: int, p: float, q: float) -> float:
    """Return binomial(n, x) p^x q^(n-x) by Loader's saddle point form: no overflow, no lost digits, whatever n.

        sqrt(n / (2 pi x (n-x)))  exp(S(n) - S(x) - S(n-x) - D(x, n p) - D(n-x, n q))

    S is the error of Stirling's formula, D(x, m) = x log(x / m) + m - x.

    >>> term(1, 2, 0.5, 0.5), round(term(5000, 10_000, 0.5, 0.5), 9)
    (0.5, 0.007978646)
    """
    if x in (0, n):
        return _power(p, q, n) if x else _power(q, p, n)
    if p == 0 or q == 0:
        return 0.0
    if n <= _FEW:
        return math.comb(n, x) * p**x * q ** (n - x)
    exponent = _stirling_error(n) - _stirling_error(x) - _stirling_error(n - x)
    exponent -= _deviance(x, n * p) + _deviance(n - x, n * q)
    return math.sqrt(n / (2 * math.pi * x * (n - x))) * math.exp(exponent)


def _power(p: float, q: float, n: int) -> float:
    """Return p^n; near 1 the digits are in q = 1 - p."""
    return math.exp(n * math.log1p(-q)) if p > 0.5 and n > 100 else p**n


def _stirling_error(n: int) -> float:
    """Return log(n!) - log(sqrt(2 pi n) (n / e)^n)."""
    if n <= 15:
        return math.log(math.factorial(n)) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
    s = 1 / n**2
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / n


def _deviance(x: int, mean: float) -> float:
    """Return x log(x / mean) + mean - x, by its series where the two are close and the difference would cancel."""
    if abs(x - mean) >= 0.1 * (x + mean):
        return x * (math.log(x) - math.log(mean)) + mean - x
    v = (x - mean) / (x + mean)
    total, power, j = (x - mean) * v, 2 * x * v, 1
    while True:
        power *= v * v
        j += 2
        if total == (total := total + power / j):
            return total
