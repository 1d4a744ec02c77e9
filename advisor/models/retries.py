"""Time-outs with retries, and hedged requests: what they do to latency, and what they cost in load.

Sources: Dean and Barroso, The Tail at Scale, CACM 56 (2013), for hedged and tied requests; van Moorsel and Wolter,
Analysis of Restart Mechanisms in Software Systems, IEEE TSE 32 (2006), for restarts after a time-out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.models.arguments import not_negative, positive, whole
from advisor.models.combine import distributions, k_of_n, mixture, series, shift
from advisor.models.distribution import Distribution
from advisor.models.primitives import Constant, Uniform
from advisor.models.truncation import Within

_MOST_ATTEMPTS = 100


@dataclass(frozen=True)
class Retry:
    """A stage under a time-out that is tried again.

    Attributes:
        success: time of the requests that get an answer, earlier attempts and pauses included.
        overall: time until an answer or until giving up.
        success_probability: share of the requests that get an answer.
        timeout_probability: share of the attempts that are abandoned.
        mean_attempts: attempts per request.
        extra_load: attempts per request beyond the first.
    """

    success: Distribution
    overall: Distribution
    success_probability: float
    timeout_probability: float
    mean_attempts: float
    extra_load: float


@dataclass(frozen=True)
class Hedge:
    """A request of which a second copy is sent when there is no answer after a while.

    Attributes:
        time: time until the faster copy has answered.
        extra_load: second copies per request.
    """

    time: Distribution
    extra_load: float


def retry(
    stage: Distribution,
    timeout: float,
    attempts: int,
    backoff: float | Distribution | Sequence[float | Distribution] = 0.0,
) -> Retry:
    """Return what a time-out with retries makes of a stage.

        q = P(X > timeout);  P(success) = 1 - q^n;  E[attempts] = (1 - q^n) / (1 - q)
        success in attempt j, with probability q^(j-1) (1 - q):  (j - 1) timeout + pauses + (X given X <= timeout)
        no success:  n timeout + pauses

    Attempts are independent: right for hiccups, far too kind where one cause makes every attempt slow. The client
    abandons an attempt at the time-out; the server may work on, so each attempt counts as a whole request of load. An
    answer at exactly the time-out counts as in time.

    Args:
        stage: time X of one attempt.
        timeout: > 0, in the unit of the stage.
        attempts: n, the first one included, from 1 to 100.
        backoff: pause before each further attempt; one for all, or ``attempts - 1`` of them.

    Raises:
        ValueError: an argument out of range, or a time-out that no attempt can meet.

    >>> from advisor.models.primitives import exponential
    >>> tried = retry(exponential(100.0), timeout=200.0, attempts=3, backoff=50.0)
    >>> round(tried.timeout_probability, 6), round(tried.success_probability, 6), round(tried.mean_attempts, 6)
    (0.135335, 0.997521, 1.153651)
    >>> round(tried.overall.quantile(0.9999), 6)          # giving up: 3 time-outs and 2 pauses
    700.0
    """
    positive(timeout=timeout)
    whole(most=_MOST_ATTEMPTS, attempts=attempts)
    pauses = _pauses(backoff, attempts)
    if stage.cdf(timeout) <= 0:
        raise ValueError(f"timeout must be above the shortest time of the stage ({stage.floor():g}), found {timeout:g}")
    in_time = Within(stage, timeout)
    late = 1 - in_time.share
    success = -math.expm1(attempts * math.log1p(-in_time.share)) if late > 0 else 1.0
    shares = [in_time.share * late**j / success for j in range(attempts)]
    ends = [series(Constant(j * timeout), *pauses[:j], in_time) for j in range(attempts)]
    answered = mixture(shares, ends) if attempts > 1 else ends[0]
    given_up = series(Constant(attempts * timeout), *pauses)
    return Retry(
        success=answered,
        overall=mixture([success, 1 - success], [answered, given_up]),
        success_probability=success,
        timeout_probability=late,
        mean_attempts=mean_attempts(late, attempts),
        extra_load=mean_attempts(late, attempts) - 1,
    )


def mean_attempts(timeout_probability: float, attempts: int) -> float:
    """Return the mean number of attempts, 1 + q + ... + q^(n-1).

    Raises:
        ValueError: q outside [0, 1], attempts not a whole number from 1 to 100.

    >>> mean_attempts(0.5, 3), mean_attempts(1.0, 3)
    (1.75, 3.0)
    """
    if not 0 <= timeout_probability <= 1:
        raise ValueError(f"timeout_probability must lie in [0, 1], found {timeout_probability}")
    whole(most=_MOST_ATTEMPTS, attempts=attempts)
    return math.fsum(timeout_probability**j for j in range(attempts))


def exponential_backoff(
    first: float, attempts: int, *, factor: float = 2.0, most: float = math.inf, jitter: bool = False
) -> list[Distribution]:
    """Return the pauses between attempts: first, first * factor, ... up to ``most``, or uniform from 0 to each of them.

    Raises:
        ValueError: first or most not above 0, a factor below 1, attempts not a whole number from 1 to 100.

    >>> [pause.mean() for pause in exponential_backoff(100.0, 5, most=500.0)]
    [100.0, 200.0, 400.0, 500.0]
    """
    positive(first=first)
    whole(most=_MOST_ATTEMPTS, attempts=attempts)
    if not (factor >= 1 and most > 0):
        raise ValueError(f"factor must be at least 1 and most above 0, found {factor} and {most}")
    pauses = [min(first * factor**i, most) for i in range(attempts - 1)]
    return [Uniform(pause) if jitter else Constant(pause) for pause in pauses]


def hedge(stage: Distribution, after: float = 0.0, copy: Distribution | None = None) -> Hedge:
    """Return what a second copy of a request, sent when there is no answer after a while, makes of its time.

        time = min(X, d + Y);  extra load = P(X > d), and 1 when the copy is sent at once (d = 0)

    X and Y are independent: the copy goes to another replica and shares no cause of slowness. The slower copy is
    cancelled when the faster has answered; the extra load counts copies sent, so it bounds the extra work from above.
    Tied requests, where the start of one copy cancels the other in its queue, cost less and are not this.

    Args:
        stage: time X of the first copy.
        after: d >= 0; the p95 of the stage costs 5 % more requests.
        copy: time Y of the second copy, as the first when not given.

    Raises:
        ValueError: a negative or unbounded delay.

    >>> from advisor.models.primitives import exponential
    >>> hedged = hedge(exponential(10.0), after=exponential(10.0).quantile(0.95))
    >>> round(hedged.extra_load, 6), round(hedged.time.quantile(0.99) / exponential(10.0).quantile(0.99), 3)
    (0.05, 0.825)
    """
    not_negative(after=after)
    distributions(stages=(stage,) if copy is None else (stage, copy))
    second = stage if copy is None else copy
    both = k_of_n(1, [stage, shift(second, after) if after else second])
    return Hedge(both, 1 - stage.cdf(after) if after else 1.0)


def _pauses(backoff: float | Distribution | Sequence[float | Distribution], attempts: int) -> list[Distribution]:
    """Return the pause before each further attempt."""
    many = isinstance(backoff, Sequence)
    each = list(backoff) if isinstance(backoff, Sequence) else [backoff] * (attempts - 1)
    if many and len(each) != attempts - 1:
        raise ValueError(f"backoff needs {attempts - 1} pauses for {attempts} attempts, found {len(each)}")
    return [pause if isinstance(pause, Distribution) else Constant(pause) for pause in each]
