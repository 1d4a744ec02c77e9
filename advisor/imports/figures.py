"""From what a tool measured to figures of an option: latency at a load, capacity, prices.

A test shows that so much was carried, not that no more can be: its rate becomes a capacity only when the user says
that it drove the option as far as it goes, and when few enough requests failed, fast enough. Latencies of such a test
have the queueing inside (``loaded: true``); others are taken as times of service.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.load import Catalog
from advisor.catalog.model import Option
from advisor.catalog.own_figures import words
from advisor.catalog.own_folder import NewFigure
from advisor.errors import InputError, Problem, bad_input, listing, nearest
from advisor.imports.measurement import REQUESTS, RESPONSE, TPOT, TTFT, Measurement, Times
from advisor.imports.meters import charged

MOST_FAILED = 0.01
BEYOND = {"p95": 0.05, "p99": 0.01}  # share of times that lie above a percentile
FEW_BEYOND = 10  # so many times above a percentile make it stable; fewer are said, less than one is no percentile
FEW_REQUESTS = 100  # in a run that is said to drive an option as far as it goes
DIGITS = 6
SERVING = {TTFT: "ttft_ms", TPOT: "tpot_ms"}
MS = "_ms"


@dataclass(frozen=True)
class Wanted:
    """What the user says about a run that its file cannot tell.

    Attributes:
        latency: figure that the response time is one of: "search_ms".
        at_capacity: the run drove the option as far as it goes.
        dimension: what its requests are in the catalog's words: "reads_per_s".
        units: units of the option that carried the load together.
        within_ms: p95 below which the rate counts as carried.
        most_failed: share of failed requests up to which it does.
        meters: meter -> name of the cost component that is its price.
    """

    latency: str | None = None
    at_capacity: bool = False
    dimension: str | None = None
    units: int = 1
    within_ms: float | None = None
    most_failed: float = MOST_FAILED
    meters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """What a measurement becomes.

    Attributes:
        figures: for ``figures.yml``.
        was: place -> what stands there now, in a few words.
        left: what was understood and is not used, and why.
        warnings: what makes the figures doubtful.
    """

    figures: tuple[NewFigure, ...]
    was: Mapping[str, str]
    left: tuple[str, ...]
    warnings: tuple[str, ...]


def taken(measured: Measurement, option: Option, catalog: Catalog, wanted: Wanted) -> Taken:
    """Return the figures of an option that a measurement becomes.

    Raises:
        InputError: nothing of it fits the option, or a choice has to be made, or a rate is no capacity.
    """
    left: list[str] = []
    if measured.prices:
        found = list(_prices(measured, option, catalog, wanted, left))
    else:
        _check_capacity(measured, wanted)
        found = [
            *_latencies(measured, option, wanted, left),
            *(_capacities(measured, option, catalog, wanted, left) if wanted.at_capacity else ()),
        ]
    if not found:
        raise bad_input(f"nothing in it becomes a figure of {option.id}: {'; '.join(left) or 'no times, no prices'}")
    if not wanted.at_capacity and measured.rates:
        rate = next(iter(measured.rates.values()))
        left.append(f"the rate of {rate:.4g}/s: a capacity only if the test went as far as it can (--at-capacity)")
    was = {one.place: _was(option, one.place) for one in found}
    return Taken(tuple(found), was, tuple(left), tuple(_warnings(measured, wanted)))


def _latencies(measured: Measurement, option: Option, wanted: Wanted, left: list[str]) -> Iterator[NewFigure]:
    for name, times in measured.times.items():
        key = SERVING.get(name) or _key(measured, option, wanted, left)
        if key is None:
            continue
        if key not in option.latency:
            left.append(f"the {name}: the option states no {key}")
            continue
        if numbers := _numbers(times):
            numbers = {**numbers, "loaded": True} if wanted.at_capacity else numbers
            yield NewFigure(option.id, f"latency.{key}", numbers, "measured", _conditions(measured, wanted, times))


def _key(measured: Measurement, option: Option, wanted: Wanted, left: list[str]) -> str | None:
    """Return the figure that a response time is one of: named by the user, or the only one."""
    known = option.latency
    if wanted.latency is not None:
        key = wanted.latency if wanted.latency.endswith(MS) else wanted.latency + MS
        if key not in known:
            hint = nearest(key, known)
            raise bad_input(f"--latency: {option.id} states no {key}; it states: {listing(known)}{hint}")
        return key
    if TTFT in measured.times or TPOT in measured.times:
        left.append(f"the {RESPONSE}: the option states a first token and a time per token")
        return None
    if len(known) != 1:
        choices = listing(known) or "none"
        raise bad_input(f"--latency: which figure of {option.id} is the response time? It states: {choices}")
    return next(iter(known))


def _numbers(times: Times) -> dict[str, Any]:
    """Return the numbers that a latency figure takes: percentiles that the sample bears; beside a single one the cv.

    A lognormal goes through two numbers, so a mean that is known as well would say the same in another way.
    """
    known = {key: float(f"{value:.{DIGITS}g}") for key, value in times.known.items()}
    known = {key: value for key, value in known.items() if not _too_few(times, key)}
    percentiles = sum(key in known for key in ("p50", "p95", "p99"))
    less = ("mean", "cv") if percentiles > 1 else ("mean",) if percentiles and "cv" in known else ()
    return {key: value for key, value in known.items() if key not in less}


def _too_few(times: Times, key: str) -> bool:
    return key in BEYOND and times.sample is not None and times.sample * BEYOND[key] < 1


def _check_capacity(measured: Measurement, wanted: Wanted) -> None:
    """Raise why the rate of a run is no capacity, if it is said to be one."""
    if not wanted.at_capacity:
        return
    found: list[str] = []
    share = measured.failed_share
    if share is not None and share > wanted.most_failed:
        found.append(f"{share:.1%} of the requests failed, more than {wanted.most_failed:.1%} (--most-failed)")
    if not measured.rates:
        found.append(f"{measured.tool} states no rate in this file")
    if wanted.within_ms is not None:
        times = next(iter(measured.times.values()), Times())
        if times.p95 is None:
            found.append("no p95 is stated, so --within cannot be checked")
        elif times.p95 > wanted.within_ms:
            found.append(f"p95 is {times.p95:.4g} ms, above the {wanted.within_ms:g} ms of --within")
    if found:
        raise InputError(Problem("", 0, "--at-capacity", f"the rate is no capacity: {one}") for one in found)


def _capacities(
    measured: Measurement, option: Option, catalog: Catalog, wanted: Wanted, left: list[str]
) -> Iterator[NewFigure]:
    for name, rate in measured.rates.items():
        key = _dimension(option, catalog, wanted) if name == REQUESTS else name
        if key not in option.capacity:
            left.append(f"{name}: the option states no capacity in it")
        elif option.capacity[key].value is None and name == REQUESTS and len(measured.rates) > 1:
            left.append(f"{name}: the option has no limit on it; what was measured is a limit on tokens")
        else:
            numbers = {"value": float(f"{rate / wanted.units:.{DIGITS}g}")}
            yield NewFigure(option.id, f"capacity.{key}", numbers, "measured", _conditions(measured, wanted))


def _dimension(option: Option, catalog: Catalog, wanted: Wanted) -> str:
    """Return the dimension in which an option's requests are counted: named by the user, or the only one."""
    counted = [key for key in option.capacity if catalog.records.dimensions[key].requests]
    if wanted.dimension is not None:
        if wanted.dimension not in option.capacity:
            hint = nearest(wanted.dimension, option.capacity)
            raise bad_input(
                f"--dimension: {option.id} states no capacity in '{wanted.dimension}'; "
                f"it states: {listing(option.capacity)}{hint}"
            )
        return wanted.dimension
    if REQUESTS in counted:
        return REQUESTS
    if len(counted) != 1:
        choices = listing(option.capacity)
        raise bad_input(f"--dimension: which of its capacities is the rate? {option.id} states: {choices}")
    return counted[0]


def _conditions(measured: Measurement, wanted: Wanted, times: Times | None = None) -> str:
    """Return what the figure holds for: the run, its load, and what the tool cannot see."""
    said = [measured.tool + (f", {measured.what}" if measured.what else "")]
    length = f" in {measured.duration_s:.4g} s" if measured.duration_s else ""
    said.append(f"{measured.requests} requests{length}" if measured.requests else "")
    said += [f"{rate:.4g} {name.replace('_per_s', '').replace('_', ' ')}/s" for name, rate in measured.rates.items()]
    said.append(f"{measured.failed_share:.2%} failed" if measured.failed_share is not None else "")
    said.append(measured.load)
    said.append(f"{wanted.units} units together" if wanted.units > 1 else "")
    said.append("closed loop: requests waited for responses" if measured.open_loop is False else "")
    said += measured.remarks
    for key, (low, high) in (times.between if times else {}).items():
        inside = f"between {low:.4g} and {high:.4g} ms"
        said.append(f"{key} {inside}" if high < math.inf else f"{key} above {low:.4g} ms, how far is not known")
    text = "; ".join(part for part in said if part)
    return text if len(text) <= 600 else text[:597] + "..."


def _warnings(measured: Measurement, wanted: Wanted) -> Iterator[str]:
    share = measured.failed_share
    if share is not None and share > wanted.most_failed:
        yield f"{share:.1%} of the requests failed: the times are those of a system in trouble"
    if measured.open_loop is False:
        yield (
            "the load is a closed loop: while the system stalls no request arrives, so waits that users would see are "
            "missing (coordinated omission); prefer a test at a fixed arrival rate for percentiles"
        )
    elif measured.open_loop is None and measured.times and measured.tool != "Prometheus":
        yield "the file does not say whether arrivals waited for responses; if they did, high percentiles are too low"
    if wanted.at_capacity and measured.requests is not None and measured.requests < FEW_REQUESTS:
        yield f"{measured.requests} requests are few to find a capacity with: they may never have filled the option"
    for name, times in measured.times.items():
        if name == RESPONSE and len(measured.times) > 1 and wanted.latency is None:
            continue  # it is not used
        yield from _shaky(name, times)


def _shaky(name: str, times: Times) -> Iterator[str]:
    """Yield what is wrong with single percentiles: beyond what the tool tells, or of too few times."""
    for key, (low, high) in times.between.items():
        if high == math.inf:
            yield f"{name}: the {key} lies above the last bucket, {low:.4g} ms; it is left out"
    for key, beyond in BEYOND.items():
        value, sample = getattr(times, key), times.sample
        if value is None or sample is None:
            continue
        if _too_few(times, key):
            yield f"{name}: {sample} requests are too few for a {key}; it is left out"
        elif sample * beyond < FEW_BEYOND:
            yield f"{name}: only about {sample * beyond:.0f} of {sample} requests lie above {key}; it is unsteady"


def _prices(
    measured: Measurement, option: Option, catalog: Catalog, wanted: Wanted, left: list[str]
) -> Iterator[NewFigure]:
    if option.unit and option.unit.instance:
        raise bad_input(
            f"{option.id} runs on {option.unit.instance}, whose price stands once for all options: "
            f"put a file prices/{option.cloud}.yml with that instance type into the folder instead"
        )
    meters = list(dict.fromkeys(price.meter for price in option.prices))
    for meter in sorted(set(wanted.meters) - set(meters)):
        known = listing(meters) or "none"
        raise bad_input(f"--price: {option.id} has no price per {meter}; it has: {known}{nearest(meter, meters)}")
    for meter in meters:
        one, why = charged(meter, catalog.records.meters[meter], measured.prices, wanted.meters.get(meter))
        if one is None:
            left.append(f"{meter}: {why}")
            continue
        priced, usd = one
        said = f"Infracost, {priced.resource}: {priced.name}, per {priced.unit}"
        yield NewFigure(option.id, f"prices.{meter}", {"usd": usd}, "list_price", said[:600])


def _was(option: Option, place: str) -> str:
    group, _, key = place.partition(".")
    if group == "prices":
        return words([one for one in option.prices if one.meter == key][-1])
    return words(getattr(option, group)[key])
