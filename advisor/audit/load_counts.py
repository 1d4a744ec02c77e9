"""Counts and percentiles of one row of a load test: what must add up, divide, or rise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from advisor.audit.findings import Explanation, Finding, Verdict
from advisor.audit.interval import Interval, exactly
from advisor.audit.load_little import least_mean
from advisor.audit.load_runs import Given, Run, near, percentiles, seconds_shown

ENOUGH_PER_USER = 10.0  # below this many requests a user, starting and draining rule the averages


def check_counts(run: Run, given: Given) -> Iterator[Finding]:
    """Judge requests against concurrency, duration, successes and errors."""
    yield from _enough(run)
    yield from _rate(run, given)
    yield from _sum(run)
    yield from _error_share(run)
    yield from _offered(run, given)
    yield from _ramp(run, given)


def _enough(run: Run) -> Iterator[Finding]:
    users, requests = run.get("concurrency"), run.get("requests", "success")
    if users is None or requests is None or users.value <= 0:
        return
    each = requests.value / users.value
    formula = f"{requests.text} / {users.text} = {each:.3g} requests a user"
    if each < 1:
        text = f"at most {requests.text} can be in flight"
        ask = "state how many requests were sent"
        expected = f"at least {users.text}"
        yield run.finding(Verdict.DIFFERS, "requests", requests, requests.text, expected, formula, (), ask, text)
    elif each < ENOUGH_PER_USER:
        rounds = math.ceil(each)
        full = each / rounds
        remark = f"of {rounds} rounds one starts together and one drains"
        remark += f"; unequal rounds leave {full:.0%} of the users busy on average" if full < 1 else ""
        remark += f"; about {1 / each:.0%} of the time is start or drain"
        expected = f"at least {ENOUGH_PER_USER:.0f} a user for a steady state"
        ask = "state averages over the time in which all users ran, or run longer"
        yield run.finding(
            Verdict.CANNOT, "requests", requests, f"{each:.3g} a user", expected, formula, (), ask, remark
        )
    else:
        yield run.finding(Verdict.AGREES, "requests", requests, f"{each:.4g} a user", "at least 10", formula)


def _rate(run: Run, given: Given) -> Iterator[Finding]:
    requests, duration, rate = run.get("requests", "success"), run.get("duration"), run.get("throughput")
    if requests is None or duration is None or rate is None or duration.reach.low <= 0:
        return
    value = requests.reach * duration.reach.inverse()
    formula = f"{requests.text} / {duration.text} = {value.middle:.4g} requests/s"
    fits = near(value, rate.reach, given.tolerance)
    slips: list[Explanation] = []
    if not fits and rate.value > 0:
        success, errors = run.get("success"), run.get("errors")
        good = success.value if success else requests.value - errors.value if errors else None
        if good and near(Interval(good, good) * duration.reach.inverse(), rate.reach, given.tolerance):
            slips.append(Explanation("errors_left_out", "throughput counts only requests that succeeded"))
        for slip, factor, text in (
            ("minute", 60.0, "minutes and seconds mistaken (a factor of 60)"),
            ("ms_s", 1000.0, "ms and s mistaken (a factor of 1 000)"),
        ):
            if any(near(value.scaled(f), rate.reach, given.tolerance) for f in (factor, 1 / factor)):
                slips.append(Explanation(slip, text))
    verdict = Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS
    expected = f"{value.middle:.4g}"
    yield run.finding(verdict, "request_rate", rate, rate.text, expected, formula, tuple(slips))


def _sum(run: Run) -> Iterator[Finding]:
    requests, success, errors = run.get("requests"), run.get("success"), run.get("errors")
    if requests is not None and errors is not None and errors.value > requests.value:
        ask = f"state whether '{requests.header}' counts the requests that failed, and what '{errors.header}' counts"
        yield run.finding(Verdict.CANNOT, "errors", errors, errors.text, f"at most {requests.text}", question=ask)
    if requests is None or success is None or errors is None:
        return
    value = success.value + errors.value
    verdict = Verdict.AGREES if requests.reach.meets(success.reach + errors.reach) else Verdict.DIFFERS
    formula = f"{success.text} + {errors.text} = {value:,.15g}"
    yield run.finding(verdict, "success_and_errors", requests, requests.text, f"{value:,.15g}", formula)


def _error_share(run: Run) -> Iterator[Finding]:
    requests, errors, share = run.get("requests"), run.get("errors"), run.get("error_share")
    if requests is not None and errors is not None and share is not None and requests.value > 0:
        value = errors.reach * requests.reach.inverse()
        fits = value.meets(share.reach)
        slips = [
            Explanation("percent", "a share printed as percent, or percent as a share (a factor of 100)")
            for factor in (100.0, 0.01)
            if not fits and value.scaled(factor).meets(share.reach)
        ]
        verdict = Verdict.AGREES if fits else Verdict.EXPLAINED if slips else Verdict.DIFFERS
        formula = f"{errors.text} / {requests.text} = {value.middle:.4%}"
        yield run.finding(verdict, "error_share", share, share.text, f"{value.middle:.4%}", formula, tuple(slips))
    yield from _success_share(run)
    for role in ("error_share", "success_share"):
        figure = run.get(role)
        if figure is not None and not -1e-9 <= figure.value <= 1 + 1e-9:
            yield run.finding(Verdict.DIFFERS, "share", figure, figure.text, "a share from 0 to 100 %")


def _success_share(run: Run) -> Iterator[Finding]:
    """Judge the share that succeeded against successes, else failures, and requests."""
    requests, share = run.get("requests"), run.get("success_share")
    success, errors = run.get("success"), run.get("errors")
    counted = success or errors
    if requests is None or share is None or counted is None or requests.value <= 0:
        return
    part = counted.reach * requests.reach.inverse()
    value = part if success is not None else exactly(1.0) + part.scaled(-1)
    words = f"{counted.text} / {requests.text}"
    formula = f"{words if success is not None else f'1 − {words}'} = {value.middle:.4%}"
    verdict = Verdict.AGREES if value.meets(share.reach) else Verdict.DIFFERS
    yield run.finding(verdict, "success_share", share, share.text, f"{value.middle:.4%}", formula)


def _offered(run: Run, given: Given) -> Iterator[Finding]:
    """Judge an open loop: what goes out cannot exceed what comes in, and what is not kept up with queues."""
    offered, rate = run.get("offered"), run.get("throughput")
    if offered is None or rate is None:
        return
    formula = f"throughput {rate.text} / arrivals {offered.text} = {rate.value / max(offered.value, 1e-300):.3g}"
    if rate.reach.low > offered.reach.high * (1 + given.tolerance):
        ask = "state the arrival rate that was reached, and what throughput counts"
        remark = "more requests answered than sent"
        yield run.finding(
            Verdict.DIFFERS, "arrivals", rate, rate.text, f"at most {offered.text}", formula, (), ask, remark
        )
        return
    mean = run.get("latency_mean", "latency")
    remark = f"open loop: about {rate.value * mean.value:.3g} in flight (X R)" if mean is not None else ""
    if rate.reach.high < offered.reach.low * (1 - given.tolerance):
        remark += "; arrivals were not kept up with, so latency grows with the length of the test"
    yield run.finding(
        Verdict.AGREES, "arrivals", rate, rate.text, f"at most {offered.text}", formula, remark=remark.strip("; ")
    )


def _ramp(run: Run, given: Given) -> Iterator[Finding]:
    ramp, duration = run.get("ramp_up"), run.get("duration")
    if ramp is None or duration is None or duration.value <= 0:
        return
    share = ramp.value / duration.value
    formula = f"{ramp.text} / {duration.text} = {share:.0%} of the test is ramp-up"
    if share / 2 <= given.tolerance:
        yield run.finding(Verdict.AGREES, "ramp_up", ramp, ramp.text, "short against the test", formula)
        return
    ask = "state whether the averages leave the ramp-up out"
    remark = f"with it, on average {1 - share / 2:.0%} of the users run"
    yield run.finding(
        Verdict.CANNOT, "ramp_up", ramp, ramp.text, "a ramp-up outside the averages", formula, (), ask, remark
    )


def check_percentiles(run: Run, given: Given) -> Iterator[Finding]:
    """Judge that percentiles rise, and that the mean lies where they and the extremes allow it."""
    for metric in ("latency", "ttft", "tpot"):
        levels = [(name, figure) for name, _, figure in percentiles(run, metric)]
        least, most = run.get(f"{metric}_min"), run.get(f"{metric}_max")
        row = [*([("min", least)] if least else []), *levels, *([("max", most)] if most else [])]
        falling = [(a, b) for a, b in pairwise(row) if b[1].reach.high < a[1].reach.low]
        for (first, lower), (second, upper) in falling:
            expected = f"at least {first} {lower.text}"
            text = f"{second} = {upper.text} < {first} = {lower.text}"
            yield run.finding(Verdict.DIFFERS, "percentiles", upper, upper.text, expected, text)
        if len(row) > 1 and not falling:
            text = " ≤ ".join(f"{name} {figure.text}" for name, figure in row)
            yield run.finding(Verdict.AGREES, "percentiles", row[-1][1], row[-1][1].text, "rising", text)
    yield from _mean_between(run)


def _mean_between(run: Run) -> Iterator[Finding]:
    mean = run.get("latency_mean")
    if mean is None:
        return
    most, low = run.get("latency_max"), least_mean(run)
    least = run.get("latency_min")
    if most is not None and mean.reach.low > most.reach.high:
        yield run.finding(Verdict.DIFFERS, "mean", mean, mean.text, f"at most the maximum {most.text}")
    elif least is not None and mean.reach.high < least.reach.low:
        yield run.finding(Verdict.DIFFERS, "mean", mean, mean.text, f"at least the minimum {least.text}")
    elif low is not None and mean.reach.high < low * (1 - 1e-9):
        listed = ", ".join(f"{name} {figure.text}" for name, _, figure in percentiles(run))
        expected = f"at least {seconds_shown(low)}"
        text = (
            f"each request takes at least the percentile below it: {listed} give a mean of {seconds_shown(low)} or more"
        )
        yield run.finding(Verdict.DIFFERS, "mean", mean, mean.text, expected, text)
