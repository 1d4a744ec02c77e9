"""Token arithmetic of a load test of a language model, row by row.

E2E = TTFT + (output tokens - 1) x TPOT; output tokens/s = requests/s x output tokens; a user reads 1 / TPOT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly
from advisor.audit.load_runs import Given, Measured, Run, near, seconds_shown

VARYING = 0.3  # a relation between means over requests of different lengths holds only so roughly


def check_tokens(run: Run, given: Given) -> Iterator[Finding]:
    """Judge every relation between times, rates and numbers of tokens that a row states."""
    yield from _end_to_end(run, given)
    yield from _output_rate(run, given)
    yield from _total_rate(run, given)
    yield from _user_rate(run, given)
    yield from _stream_bound(run, given)
    yield from _user_bound(run, given)


def _verdict(fits: bool, slips: list[Explanation]) -> Verdict:
    return Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS


def _end_to_end(run: Run, given: Given) -> Iterator[Finding]:
    whole, length = run.get("latency_mean", "latency"), run.get("output_tokens")
    first, each = run.get("ttft_mean"), run.get("tpot_mean")
    if whole is None or first is None or each is None or length is None:
        return
    decode = each.reach * (length.reach + exactly(-1))
    value = first.reach + decode
    fits = near(value, whole.reach, given.tolerance)
    if not fits and length.average and near(value, whole.reach, VARYING):
        return  # TPOT is a mean over requests, not over tokens: with lengths that vary the relation is only rough
    slips: list[Explanation] = []
    if not fits:
        options = (
            ("ttft_left_out", decode, "TTFT left out"),
            ("ms_s", first.reach + decode.scaled(1000), "TPOT in s taken for ms"),
            ("ms_s", first.reach + decode.scaled(0.001), "TPOT in ms taken for s"),
            ("ms_s", first.reach.scaled(1000) + decode, "TTFT in s taken for ms"),
            ("ms_s", first.reach.scaled(0.001) + decode, "TTFT in ms taken for s"),
            ("ms_s", value.scaled(1000), "E2E in ms taken for s"),
            ("ms_s", value.scaled(0.001), "E2E in s taken for ms"),
        )
        slips = [Explanation(s, text) for s, v, text in options if near(v, whole.reach, given.tolerance)]
    formula = f"{first.text} + ({length.text} − 1) × {each.text} = {seconds_shown(value.middle)}"
    expected = seconds_shown(value.middle)
    yield run.finding(_verdict(fits, slips), "end_to_end", whole, whole.text, expected, formula, tuple(slips))


def _output_rate(run: Run, given: Given) -> Iterator[Finding]:
    tokens, rate, length = run.get("output_rate"), run.get("throughput"), run.get("output_tokens")
    if tokens is None or rate is None or length is None:
        return
    options = [("the input tokens counted as well", "total_tokens", _total(run, rate))]
    users = run.get("concurrency")
    if users is not None and users.value > 0:
        options.append(("the rate of one user", "per_user", rate.reach * length.reach * users.reach.inverse()))
    yield _compared(
        run, given, "output_rate", tokens, rate.reach * length.reach, f"{rate.text} × {length.text}", options
    )


def _total(run: Run, rate: Measured) -> Interval | None:
    before, after = run.get("input_tokens"), run.get("output_tokens")
    return rate.reach * (before.reach + after.reach) if before is not None and after is not None else None


def _total_rate(run: Run, given: Given) -> Iterator[Finding]:
    whole = run.get("total_rate")
    if whole is None:
        return
    rate, before, after = run.get("throughput"), run.get("input_rate"), run.get("output_rate")
    if before is not None and after is not None:
        formula = f"{before.text} + {after.text}"
        yield _compared(run, given, "total_rate", whole, before.reach + after.reach, formula, [])
        return
    value = _total(run, rate) if rate is not None else None
    if rate is not None and value is not None:
        inputs, outputs = run.figures["input_tokens"], run.figures["output_tokens"]
        formula = f"{rate.text} × ({inputs.text} + {outputs.text})"
        only = [("only the output tokens counted", "output_tokens", rate.reach * outputs.reach)]
        yield _compared(run, given, "total_rate", whole, value, formula, only)


def _compared(
    run: Run,
    given: Given,
    check: str,
    figure: Measured,
    value: Interval,
    formula: str,
    options: Sequence[tuple[str, str, Interval | None]],
) -> Finding:
    fits = near(value, figure.reach, given.tolerance)
    slips = [
        Explanation(slip, text)
        for text, slip, other in options
        if not fits and other is not None and near(other, figure.reach, given.tolerance)
    ]
    shown = f"{value.middle:.4g}"
    verdict = _verdict(fits, slips)
    return run.finding(verdict, check, figure, figure.text, shown, f"{formula} = {shown}", tuple(slips))


def _user_rate(run: Run, given: Given) -> Iterator[Finding]:
    """Judge tokens/s of one user: 1 / TPOT while streaming, or with the first token, or all users' rate shared."""
    rate, each = run.get("user_rate"), run.get("tpot_mean", "tpot_p50")
    if rate is None or each is None or each.reach.low <= 0:
        return
    streaming = each.reach.inverse()
    ways = [("1 / TPOT", streaming)]
    length, whole = run.get("output_tokens"), run.get("latency_mean", "latency")
    if length is not None and whole is not None and whole.reach.low > 0:
        ways.append(("output tokens / E2E", length.reach * whole.reach.inverse()))
    tokens, users = run.get("output_rate"), run.get("concurrency")
    if tokens is not None and users is not None and users.value > 0:
        ways.append(("output tokens/s / users", tokens.reach * users.reach.inverse()))
    fitting = [words for words, value in ways if near(value, rate.reach, given.tolerance)]
    formula = "; ".join(f"{words} = {value.middle:.4g}" for words, value in ways)
    remark = f"it is {fitting[0]}" if fitting else ""
    verdict = Verdict.AGREES if fitting else Verdict.DIFFERS
    yield run.finding(verdict, "user_rate", rate, rate.text, f"{streaming.middle:.4g}", formula, remark=remark)


def _stream_bound(run: Run, given: Given) -> Iterator[Finding]:
    """Judge the bound that holds without knowing the output length: N users get at most N / TPOT tokens/s."""
    tokens, users, each = run.get("output_rate"), run.get("concurrency"), run.get("tpot_mean")
    if tokens is None or users is None or each is None or run.get("output_tokens") is not None:
        return
    if each.reach.low <= 0 or users.value <= 0:
        return
    bound = users.reach * each.reach.inverse()
    holds = tokens.reach.low <= bound.high * (1 + given.tolerance)
    formula = f"N / TPOT = {users.text} / {each.text} = {bound.middle:.4g} tokens/s"
    ask = (
        "" if holds else "state what throughput counts: output tokens of one instance, of several, or input tokens too"
    )
    remark = "only an inequality can be judged; state the output tokens of a request" if holds else ""
    verdict = Verdict.AGREES if holds else Verdict.DIFFERS
    expected = f"at most {bound.middle:.4g}"
    yield run.finding(verdict, "stream_bound", tokens, tokens.text, expected, formula, (), ask, remark)


def _user_bound(run: Run, given: Given) -> Iterator[Finding]:
    """Judge the rate of one user where no time per token is stated: N users get at most N times it."""
    tokens, users, rate = run.get("output_rate"), run.get("concurrency"), run.get("user_rate")
    if tokens is None or users is None or rate is None or run.get("tpot_mean", "tpot_p50") is not None:
        return
    bound = users.reach * rate.reach
    holds = tokens.reach.low <= bound.high * (1 + given.tolerance)
    formula = f"N × tokens/s of a user = {users.text} × {rate.text} = {bound.middle:.4g} tokens/s"
    ask = "" if holds else "state what throughput counts, and over which time the rate of a user is averaged"
    verdict = Verdict.AGREES if holds else Verdict.DIFFERS
    expected = f"at most {bound.middle:.4g}"
    yield run.finding(verdict, "user_bound", tokens, tokens.text, expected, formula, (), ask)
