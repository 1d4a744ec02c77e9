"""Two points in the time of an answer that a language model writes: its first token and its last.

Both are points of one flow. A reader waits for the first; the next step of a program waits for the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.models.arguments import not_negative
from advisor.models.combine import distributions, repeat_random, series
from advisor.models.distribution import Distribution
from advisor.models.work import affine

Items = Distribution | Mapping[int, float] | float


class Generation(NamedTuple):
    """Time to the first token of the answer, and time to its last. Both count from the same start."""

    first: Distribution
    complete: Distribution


def generation(
    ttft: Distribution, tpot: Distribution | float, output_tokens: Items, reasoning_tokens: Items = 0
) -> Generation:
    """Return the two points of one call of a model.

        first    = ttft + reasoning_tokens * tpot
        complete = ttft + reasoning_tokens * tpot + output_tokens * tpot

    ``ttft`` ends with the first token of any kind; tokens that are thought but not shown come before the answer. The
    time per output token is that of this stream, not throughput over all streams. It is one draw for the whole call
    where both numbers of tokens are fixed; where one is random, reasoning and answer each have a draw of their own. The
    first token is counted in ``ttft`` and in ``output_tokens``, so the whole is late by one tpot.

    Args:
        ttft: time to first token (ms), queueing and prompt included.
        tpot: time per output token of one stream (ms).
        output_tokens: tokens of the answer; a number, count -> probability, or a distribution (lognormal with a random
            tpot).
        reasoning_tokens: tokens before the first of the answer.

    Raises:
        ValueError: negative numbers, or a product of distributions that is not available.

    >>> from advisor.models.primitives import Constant
    >>> first, complete = generation(Constant(400), 20, output_tokens=300, reasoning_tokens=1000)
    >>> first.mean(), complete.mean()
    (20400.0, 26400.0)
    """
    distributions(stages=(ttft,))
    first = affine(ttft, tpot, reasoning_tokens) if reasoning_tokens != 0 else ttft
    if isinstance(output_tokens, float | int) and isinstance(reasoning_tokens, float | int):
        not_negative(output_tokens=output_tokens, reasoning_tokens=reasoning_tokens)
        return Generation(first, affine(ttft, tpot, reasoning_tokens + output_tokens))
    return Generation(first, affine(first, tpot, output_tokens))


def turns(steps: Sequence[Generation | Distribution]) -> Generation:
    """Return the two points of a flow that calls a model several times, tools and retrieval between the calls.

        first    = all that is before the last call, complete, + first of the last call
        complete = everything, complete

    A tool call is an answer that a program reads, so it must be complete before the next step can start; only the last
    call is read by somebody as it is written.

    Args:
        steps: in order; a :class:`Generation` is a call of the model, a distribution is anything else.

    Raises:
        ValueError: no call of a model.

    >>> from advisor.models.primitives import Constant
    >>> call = Generation(Constant(500), Constant(1500))
    >>> asked = turns([Constant(50), call, Constant(200), call])
    >>> asked.first.mean(), asked.complete.mean()                # 50 + 1500 + 200 + 500, and 1000 more
    (2250.0, 3250.0)
    """
    calls = [i for i, step in enumerate(steps) if isinstance(step, Generation)]
    if not calls:
        raise ValueError("steps: at least one must be a Generation, found none")
    whole = [step.complete if isinstance(step, Generation) else step for step in steps]
    last = steps[calls[-1]]
    assert isinstance(last, Generation)
    return Generation(series(*whole[: calls[-1]], last.first), series(*whole))


def tool_loop(call: Generation, tool: Distribution, counts: Mapping[int, float]) -> Generation:
    """Return the two points of a loop in which a model calls tools a random number of times, then answers.

        n tool turns: first = n (complete + tool) + first,  complete = n (complete + tool) + complete

    Args:
        call: one call of the model; all calls are alike and independent.
        tool: time of one tool.
        counts: number of tool turns -> probability; ``geometric_counts(again, least=0)`` for a loop that goes on by
            chance.

    Raises:
        ValueError: counts that are not whole numbers from 0 up, probabilities that do not add up to 1.

    >>> from advisor.models.primitives import Constant
    >>> agent = tool_loop(Generation(Constant(500), Constant(1500)), Constant(300), {0: 0.5, 1: 0.25, 2: 0.25})
    >>> agent.first.mean(), agent.complete.quantile(0.9)         # 500 + 0.75 * 1800, and two turns
    (1850.0, 5100.0)
    """
    before = repeat_random(series(call.complete, tool), counts)
    return Generation(series(before, call.first), series(before, call.complete))
