"""Little's law in each row of a load test: N = X (R + Z).

N users, X requests/s, R mean response time, Z think time. Holds for every closed loop in steady state, whatever the
distributions (J. D. C. Little, 1961). Percentiles give only inequalities, which are judged as such.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly
from advisor.audit.load_runs import Given, Measured, Run, near, percentiles, seconds_shown

MANY = 10.0  # a mean that needs the slowest requests to take this many times the last percentile is not believed


@dataclass(frozen=True)
class Law:
    """What Little's law needs of one row."""

    users: Measured
    rate: Measured
    think: Interval
    rate_words: str

    def product(self, response: Interval) -> Interval:
        """Return X (R + Z)."""
        return self.rate.reach * (response + self.think)

    @property
    def mean(self) -> Interval:
        """The mean response time that the law asks for, N / X - Z."""
        inverse = self.rate.reach.inverse() * self.users.reach
        return Interval(inverse.low - self.think.high, inverse.high - self.think.low)


def check_little(run: Run, given: Given) -> Iterator[Finding]:
    """Judge Little's law in one row, as an equality with a mean, as inequalities with percentiles."""
    users, rate = run.get("concurrency"), request_rate(run)
    if users is None or rate is None or users.reach.low <= 0 or rate[0].reach.low <= 0:
        return
    think = run.get("think_time")
    law = Law(users, rate[0], think.reach if think else exactly(0.0), rate[1])
    mean = mean_response(run)
    if mean is not None:
        yield _equality(run, law, mean[0], mean[1], given)
    elif percentiles(run):
        yield _inequalities(run, law, given)


def request_rate(run: Run) -> tuple[Measured, str] | None:
    """Return requests/s and how it is known: stated, from tokens, or from requests and duration."""
    rate = run.get("throughput")
    if rate is not None:
        return rate, rate.text
    tokens, length = run.get("output_rate"), run.get("output_tokens")
    if tokens is not None and length is not None and length.reach.low > 0:
        words = f"{tokens.text} tok/s / {length.text}"
        return Measured(tokens.reach * length.reach.inverse(), words, tokens.header), words
    requests, duration = run.get("requests"), run.get("duration")
    if requests is not None and duration is not None and duration.reach.low > 0:
        words = f"{requests.text} / {duration.text}"
        return Measured(requests.reach * duration.reach.inverse(), words, requests.header), words
    return None


def mean_response(run: Run) -> tuple[Measured, str] | None:
    """Return the mean response time and how it is known: stated, or TTFT + (output tokens - 1) x TPOT."""
    mean = run.get("latency_mean", "latency")
    if mean is not None:
        return mean, mean.text
    first, each, length = run.get("ttft_mean"), run.get("tpot_mean"), run.get("output_tokens")
    if first is None or each is None or length is None:
        return None
    reach = first.reach + each.reach * (length.reach + exactly(-1))
    words = f"{first.text} + ({length.text} − 1) × {each.text}"
    return Measured(reach, words, f"{first.header}, {each.header}"), words


def _equality(run: Run, law: Law, mean: Measured, words: str, given: Given) -> Finding:
    found = law.product(mean.reach)
    ratio = found.middle / law.users.value
    formula = _formula(law, words, mean, found, ratio)
    expected = f"{law.users.text} users"
    shown = f"{found.middle:.4g} in flight"
    if near(found, law.users.reach, given.tolerance):
        remark = _only_percentile(mean)
        return run.finding(Verdict.AGREES, "littles_law", law.users, shown, expected, formula, remark=remark)
    certain = tuple(_slips(run, law, mean, ratio, given))
    open_ended = () if certain else tuple(_open_ended(law, mean, ratio))
    verdict = Verdict.EXPLAINED if certain else Verdict.CANNOT if ratio < 1 else Verdict.DIFFERS
    question = "" if certain else _question(law, ratio)
    return run.finding(verdict, "littles_law", law.users, shown, expected, formula, certain or open_ended, question)


def _formula(law: Law, words: str, mean: Measured, found: Interval, ratio: float) -> str:
    think = f" + {seconds_shown(law.think.middle)} think time" if law.think.middle else ""
    response = words if "×" in words else seconds_shown(mean.value)
    return (
        f"X (R + Z) = {law.rate_words} × ({response}{think}) = {found.middle:.4g}; "
        f"N = {law.users.text}; ratio {ratio:.3g}"
    )


def _only_percentile(mean: Measured) -> str:
    return "'latency' taken as the mean, which is not stated" if _unstated(mean) else ""


def _unstated(mean: Measured) -> bool:
    from advisor.audit.vocabulary import statistic

    return statistic(mean.header) == "" and "×" not in mean.text


def _question(law: Law, ratio: float) -> str:
    if ratio < 1:
        return "state the think time, and how many requests were in flight on average"
    return "state what throughput counts, whether failed requests are in it, and over which interval each was averaged"


def _slips(run: Run, law: Law, mean: Measured, ratio: float, given: Given) -> Iterator[Explanation]:
    """Yield slips that give the ratio itself."""
    tolerance = given.tolerance

    def is_(value: float) -> bool:
        return abs(ratio - value) <= tolerance * value

    if is_(1000) or is_(0.001):
        yield Explanation("ms_s", f"ms and s mistaken in '{mean.header}' (a factor of 1 000)")
    if is_(60) or is_(1 / 60):
        yield Explanation("minute", "requests per minute and per second mistaken (a factor of 60)")
    length = run.get("output_tokens")
    if length is not None and length.value > 1 and is_(length.value):
        yield Explanation("tokens", f"throughput counts output tokens, not requests ({length.text} a request)")
    batch = run.get("batch")
    if batch is not None and batch.value > 1 and is_(batch.value):
        yield Explanation("batch", f"throughput counts items, {batch.text} a request ('{batch.header}')")
    if ratio < 1:
        yield from _below(run, law, ratio, given)


def _below(run: Run, law: Law, ratio: float, given: Given) -> Iterator[Explanation]:
    """Yield what lets fewer requests be in flight than there are users."""
    requests, errors = run.get("requests"), run.get("errors")
    if requests is not None and requests.value >= law.users.value:
        full = requests.value / (math.ceil(requests.value / law.users.value) * law.users.value)
        if full < 1 and abs(ratio - full) <= given.tolerance:
            words = (
                f"{requests.text} requests by {law.users.text} users leave the last round {full:.0%} full on average"
            )
            yield Explanation("last_round", f"{words}: throughput is averaged over the drain")
    ramp, duration = run.get("ramp_up"), run.get("duration")
    if ramp is not None and duration is not None and 0 < ramp.value <= duration.value:
        reached = 1 - ramp.value / duration.value / 2
        if abs(ratio - reached) <= given.tolerance:
            words = f"{seconds_shown(ramp.value)} of {seconds_shown(duration.value)} are ramp-up"
            yield Explanation("ramp_up", f"{words}: on average {reached:.0%} of the users run")
    yield from _failures(run, ratio, given)
    if (
        errors is not None
        and errors.value
        and abs(law.users.value * (1 - ratio) - errors.value) <= (given.tolerance * law.users.value)
    ):
        yield Explanation("failed_connections", f"as many connections failed ({errors.text}) as are missing")


def _failures(run: Run, ratio: float, given: Given) -> Iterator[Explanation]:
    share, success = run.get("error_share"), run.get("success_share")
    good = 1 - share.value if share is not None else success.value if success is not None else 1.0
    if 0 < good < 1 - given.tolerance and abs(ratio / good - 1) <= given.tolerance:
        yield Explanation("errors_left_out", f"throughput counts only the {good:.1%} that succeeded")


def _open_ended(law: Law, mean: Measured, ratio: float) -> Iterator[Explanation]:
    """Yield what would explain any ratio with a figure of its own, so that the figure can be checked."""
    if ratio < 1:
        think = law.mean.middle - mean.value
        yield Explanation(
            "think_time", f"users pause {seconds_shown(think)} between requests (Z = N / X − R)", weak=True
        )
        reached = law.product(mean.reach).middle
        yield Explanation("not_reached", f"only {reached:.3g} requests were in flight on average (X R)", weak=True)
    if _unstated(mean) and law.mean.middle > 0:
        text = f"'{mean.header}' is a median or percentile; the mean would have to be {seconds_shown(law.mean.middle)}"
        yield Explanation("not_the_mean", text, weak=True)


def _inequalities(run: Run, law: Law, given: Given) -> Finding:
    """Judge what percentiles allow to be judged: the mean that the law asks for lies between bounds, or not."""
    levels = percentiles(run)
    low = _least_mean(run, levels)
    if law.mean.high <= 0:
        return _pausing(run, law)
    name, level, last = levels[-1]
    mean = law.mean
    most = run.get("latency_max")
    needed = (mean.low * (1 - given.tolerance) - _filled(levels)) / (1 - level)
    listed = ", ".join(f"{n} {figure.text}" for n, _, figure in levels)
    formula = f"N / X − Z = {law.users.text} / {law.rate_words} = {seconds_shown(mean.middle)} mean; {listed}"
    found = f"a mean of {seconds_shown(mean.middle)}"
    if mean.high * (1 + given.tolerance) < low:
        expected = f"at least {seconds_shown(low)}, from the percentiles"
        ask = "state the mean latency, and what throughput counts"
        slips = tuple(_percentile_slips(run, law, given))
        verdict = Verdict.EXPLAINED if slips else Verdict.DIFFERS
        return run.finding(verdict, "littles_law", law.users, found, expected, formula, slips, "" if slips else ask)
    ceiling = most.reach.high if most is not None else MANY * last.reach.high
    if needed > ceiling:
        return _too_slow(run, law, given, needed, (name, last), formula)
    remark = "only an inequality can be judged; state the mean latency"
    expected = f"at least {seconds_shown(low)}"
    return run.finding(Verdict.AGREES, "littles_law", law.users, found, expected, formula, remark=remark)


def _pausing(run: Run, law: Law) -> Finding:
    """Return that more users would have to pause than there are: X Z > N leaves no time for a response."""
    pausing = law.rate.value * law.think.middle
    formula = f"X Z = {law.rate_words} × {seconds_shown(law.think.middle)} = {pausing:.4g}; N = {law.users.text}"
    found, expected = f"{pausing:.4g} users who pause", f"at most {law.users.text}"
    return run.finding(Verdict.DIFFERS, "littles_law", law.users, found, expected, formula, (), _question(law, 2.0))


def _percentile_slips(run: Run, law: Law, given: Given) -> Iterator[Explanation]:
    """Yield factors under which the implied mean would lie between the median and the last percentile."""
    levels = percentiles(run)
    first, last = levels[0][2].value, levels[-1][2].value
    for slip, factor, text in (
        ("ms_s", 1000.0, "ms and s mistaken (a factor of 1 000)"),
        ("minute", 60.0, "requests per minute and per second mistaken (a factor of 60)"),
    ):
        for value in (law.mean.middle * factor, law.mean.middle / factor):
            if first * (1 - given.tolerance) <= value <= last * (1 + given.tolerance):
                yield Explanation(slip, text)


def _too_slow(run: Run, law: Law, given: Given, needed: float, last: tuple[str, Measured], formula: str) -> Finding:
    name, figure = last
    share = run.get("error_share")
    success = run.get("success_share")
    good = 1 - share.value if share is not None else success.value if success is not None else 1.0
    slips = list(_percentile_slips(run, law, given))
    implied = law.mean.middle * good
    if 0 < good < 1 and implied <= figure.reach.high:
        text = f"throughput counts only the {good:.1%} that succeeded; with all, the mean is {seconds_shown(implied)}"
        slips.append(Explanation("errors_left_out", text))
    reached = law.rate.value * figure.value
    weak = [
        Explanation("not_reached", f"fewer than about {reached:.3g} requests were in flight (X × {name})", weak=True),
        Explanation(
            "think_time",
            f"users pause about {seconds_shown(law.mean.middle - figure.value)} or more between requests",
            weak=True,
        ),
    ]
    beyond = f"{_above(name)} of requests would have to take {seconds_shown(needed)} on average"
    return run.finding(
        Verdict.EXPLAINED if slips else Verdict.CANNOT,
        "littles_law",
        law.users,
        f"a mean of {seconds_shown(law.mean.middle)}",
        f"about {name} {figure.text} or less, else {beyond}",
        formula,
        tuple(slips) or tuple(weak),
        "" if slips else _question(law, 0.5),
    )


def _above(name: str) -> str:
    return f"the slowest {100 - float(name[1:]):.4g} %"


def _least_mean(run: Run, levels: list[tuple[str, float, Measured]]) -> float:
    """Return the smallest mean that percentiles allow: each stretch takes at least the percentile below it."""
    least = run.get("latency_min")
    low = (least.reach.low if least is not None else 0.0) * levels[0][1]
    edges = [level for _, level, _ in levels] + [1.0]
    return low + sum(f.reach.low * (b - a) for (_, a, f), b in zip(levels, edges[1:], strict=True))


def _filled(levels: list[tuple[str, float, Measured]]) -> float:
    """Return the most that requests up to the last percentile add to the mean."""
    start, most = 0.0, 0.0
    for _, level, figure in levels:
        most += figure.reach.high * (level - start)
        start = level
    return most


def least_mean(run: Run) -> float | None:
    """Return the smallest mean (s) that the row's percentiles allow, None without percentiles."""
    levels = percentiles(run)
    return _least_mean(run, levels) if levels else None
