"""How long one request takes in a continuously batching LLM server, by the batch it runs in.

A batch of n requests is advanced together, one iteration at a time; an iteration costs a base and something for every
request in it. Parameters are fitted to a server, by benchmark or from traces; the published forms are read here.
Sources: Ramani and Tantawi, Queueing Model-Based SLO-Driven and Self-Tuned LLM Inference Service Scaling, IBM (2026),
as in github.com/llm-inferno/queue-analysis: decode form (README of 2024), joining iteration form (February 2026),
iteration form (June 2026). Phase form: the queue analyzer of the inferno autoscaler (2025).
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.models.arguments import not_negative, positive, whole


@dataclass(frozen=True)
class RequestTimes:
    """Times (ms) of one request in a batch of n, both rising by a fixed amount with every request in the batch.

        prefill(n) = prefill_base_ms + prefill_each_ms n;  decode(n) = decode_base_ms + decode_each_ms n
        request(n) = prefill(n) + decodes decode(n)

    Attributes:
        prefill_base_ms: prefill without the batch's part; may be below 0 if ``prefill_ms(1)`` is not.
        prefill_each_ms: what each request in the batch adds to it, >= 0.
        decode_base_ms: one decode step without the batch's part, likewise.
        decode_each_ms: what each request in the batch adds to it, >= 0.
        decodes: decode steps of a request, >= 0.
        first_decodes: decode steps until the first token is out: 0 if prefill brings it, else 1.
        joins: prefill's n is the batch that a request finds, itself counted apart; else it is the batch it runs in.
    """

    prefill_base_ms: float
    prefill_each_ms: float
    decode_base_ms: float
    decode_each_ms: float
    decodes: float
    first_decodes: int = 0
    joins: bool = False

    def prefill_ms(self, batch: float) -> float:
        """Return the prefill time (ms) in a batch of n."""
        return self.prefill_base_ms + self.prefill_each_ms * batch

    def decode_ms(self, batch: float) -> float:
        """Return the time (ms) of one decode step, a token of each request, in a batch of n."""
        return self.decode_base_ms + self.decode_each_ms * batch

    def request_ms(self, batch: float) -> float:
        """Return the time (ms) of a whole request in a batch of n, without waiting."""
        return self.prefill_ms(batch) + self.decodes * self.decode_ms(batch)


def iteration_times(
    alpha_ms: float,
    beta_ms: float,
    gamma_ms: float,
    input_tokens: float,
    output_tokens: float,
    *,
    chunks: int = 1,
) -> RequestTimes:
    """Return the times of a request from (alpha, beta, gamma), prefill and decode sharing each iteration.

        T(n) = alpha + n delta;  request(n) = (c + O) T(n)
        delta = (prefill work + decode work) / (c + O), the work that a request brings to an iteration on average
        prefill work = (beta + gamma (c + 1) / 2) I;  decode work = O (beta + gamma (I + (O + 1) / 2))
        prefill(n) = c (T(n) - delta) + prefill work;  decode(n) = T(n) - delta + decode work / O

    beta is compute, in ms for a token that is worked on; gamma is memory, in ms for a token of context that is read.
    A request meets the mean work of the n - 1 others and its own. The first token is out after prefill and one decode.

    Args:
        alpha_ms: base of an iteration > 0.
        beta_ms: per token computed >= 0.
        gamma_ms: per token of context read >= 0.
        input_tokens: mean prompt I >= 0.
        output_tokens: mean answer O > 0.
        chunks: iterations c that a prompt is spread over, at least 1; 1 without chunked prefill.

    Raises:
        ValueError: an argument out of range.

    >>> times = iteration_times(12, 0.05, 0.0005, 128, 512)
    >>> round(times.decode_ms(1), 3), round(times.decode_ms(49), 3), round(times.prefill_ms(1), 3)
    (12.242, 24.452, 18.464)
    """
    _check_tokens(alpha_ms, beta_ms, gamma_ms, input_tokens, output_tokens)
    whole(chunks=chunks)
    turns = chunks if input_tokens > 0 else 0
    prefill = (beta_ms + gamma_ms * (chunks + 1) / 2) * input_tokens
    decode = beta_ms + gamma_ms * (input_tokens + (output_tokens + 1) / 2)
    each = (prefill + output_tokens * decode) / (turns + output_tokens)
    return RequestTimes(
        prefill_base_ms=turns * (alpha_ms - each) + prefill,
        prefill_each_ms=turns * each,
        decode_base_ms=alpha_ms - each + decode,
        decode_each_ms=each,
        decodes=output_tokens,
        first_decodes=1,
    )


def joining_iteration_times(
    alpha_ms: float, beta_ms: float, gamma_ms: float, input_tokens: float, output_tokens: float
) -> RequestTimes:
    """Return the times of a request from (alpha, beta, gamma) as first published: the batch it joins, and itself.

        T(n) = alpha + n (beta (I + O) / (O + 1) + gamma (I + O / 2))
        prefill(n) = T(n) + (beta + gamma) I, none if I = 0;  decode(n) = T(n) + beta + gamma (I + O / 2);  O decodes

    Superseded by ``iteration_times``: this counts a request's own work once more, so its times are a little longer, and
    prefill is taken at the batch found, which lets the time per token fall with the load if answers are very short.

    Args:
        alpha_ms: base of an iteration > 0.
        beta_ms: per token computed >= 0.
        gamma_ms: per token of context read >= 0.
        input_tokens: mean prompt I >= 0.
        output_tokens: mean answer O > 0.

    Raises:
        ValueError: an argument out of range.

    >>> times = joining_iteration_times(12, 0.05, 0.0005, 128, 512)
    >>> round(times.decode_ms(1), 3), round(times.decode_ms(48), 3)
    (12.496, 24.452)
    """
    _check_tokens(alpha_ms, beta_ms, gamma_ms, input_tokens, output_tokens)
    read = gamma_ms * (input_tokens + output_tokens / 2)
    each = beta_ms * (input_tokens + output_tokens) / (output_tokens + 1) + read
    prefills = input_tokens > 0
    return RequestTimes(
        prefill_base_ms=alpha_ms + (beta_ms + gamma_ms) * input_tokens if prefills else 0.0,
        prefill_each_ms=each if prefills else 0.0,
        decode_base_ms=alpha_ms + beta_ms + read,
        decode_each_ms=each,
        decodes=output_tokens,
        first_decodes=1,
        joins=True,
    )


def phase_times(
    alpha_ms: float, beta_ms: float, gamma_ms: float, delta_ms: float, input_tokens: float, output_tokens: float
) -> RequestTimes:
    """Return the times of a request from a decode line and a prefill line of their own.

        decode(n) = alpha + beta n;  prefill(n) = gamma + delta I n, none if I = 0;  O - 1 decodes

    Prefill brings the first token.

    Args:
        alpha_ms: base of a decode step > 0.
        beta_ms: per request in the batch >= 0.
        gamma_ms: base of prefill >= 0.
        delta_ms: per input token and request in the batch >= 0.
        input_tokens: mean prompt I > 0.
        output_tokens: mean answer O >= 1.

    Raises:
        ValueError: an argument out of range.

    >>> times = phase_times(7.0, 0.05, 5.0, 0.001, 1000, 101)
    >>> times.prefill_ms(10), times.decode_ms(10), times.request_ms(10)
    (15.0, 7.5, 765.0)
    """
    positive(alpha_ms=alpha_ms, input_tokens=input_tokens, output_tokens=output_tokens)
    not_negative(beta_ms=beta_ms, gamma_ms=gamma_ms, delta_ms=delta_ms)
    if output_tokens < 1:
        raise ValueError(f"output_tokens must be at least 1, found {output_tokens:g}")
    return RequestTimes(gamma_ms, delta_ms * input_tokens, alpha_ms, beta_ms, output_tokens - 1)


def decode_times(alpha_ms: float, beta_ms: float, output_tokens: float) -> RequestTimes:
    """Return the times of a request from (alpha, beta) alone: every token takes one step, prefill is left out.

        tau(n) = alpha + beta n;  O steps

    Args:
        alpha_ms: base of a step > 0.
        beta_ms: per request in the batch >= 0.
        output_tokens: mean answer O > 0.

    Raises:
        ValueError: an argument out of range.

    >>> decode_times(19.0, 1.0, 1024).request_ms(1)
    20480.0
    """
    positive(alpha_ms=alpha_ms, output_tokens=output_tokens)
    not_negative(beta_ms=beta_ms)
    return RequestTimes(0.0, 0.0, alpha_ms, beta_ms, output_tokens, first_decodes=1)


def _check_tokens(alpha_ms: float, beta_ms: float, gamma_ms: float, input_tokens: float, output_tokens: float) -> None:
    positive(alpha_ms=alpha_ms, output_tokens=output_tokens)
    not_negative(beta_ms=beta_ms, gamma_ms=gamma_ms, input_tokens=input_tokens)
