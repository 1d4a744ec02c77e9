"""Text and YAML become exactly the arguments that Python would be given, or are refused in words."""

from __future__ import annotations

import collections.abc
import contextlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.calculator import kinds, registry
from advisor.calculator.calls import call_of
from advisor.calculator.given import Given
from advisor.calculator.units import UNITS, WORDS, number, unit_of
from advisor.calculator.values import argument
from advisor.errors import InputError
from advisor.models.latency import Distribution, Lognormal
from advisor.models.queues_closed import Station

quick = settings(derandomize=True, deadline=None, max_examples=80)


def read(value: Any, kind: Any, name: str = "x") -> Any:
    """Return what plain data is read as."""
    return argument(Given.of(name, value), kind, name)


def refusal(value: Any, kind: Any, name: str = "x") -> str:
    """Return what is said about data that does not fit."""
    with pytest.raises(InputError) as caught:
        read(value, kind, name)
    return str(caught.value)


# Units


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("timeout_s", "s"),
        ("ttft_ms", "ms"),
        ("mtbf_h", "h"),
        ("arrival_rate_per_s", "1/s"),
        ("requests_per_s_each", "requests/s"),
        ("bytes_per_s", "bytes/s"),
        ("usd_per_hour", "USD/h"),
        ("kv_bytes_per_token", "bytes/token"),
        ("downtime_min_per_month", "min/month"),
        ("broker_disk_gb", "GB"),
        ("source_gib", "GiB"),
        ("servers", ""),
        ("per_token", ""),
        ("servers_min", ""),
        ("s", ""),
        ("k", ""),
    ],
)
def test_a_name_says_its_unit(name: str, unit: str) -> None:
    """The ending of a name is its unit; what is no unit is none."""
    assert str(unit_of(name)) == unit


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("250ms", "timeout_s", Fraction(1, 4)),
        ("0.25 s", "timeout_ms", Fraction(250)),
        ("7d", "retention_s", Fraction(604_800)),
        ("2GiB", "memory_bytes", Fraction(2**31)),
        ("80GB", "memory_bytes", Fraction(80 * 10**9)),
        ("64KB", "size_kb", Fraction(64)),
        ("1.5TB/s", "bytes_per_s", Fraction(15 * 10**11)),
        ("10Gbit/s", "network_mb_per_s", Fraction(1250)),
        ("6_000/min", "rate_per_s", Fraction(100)),
        ("730/month", "rate_per_h", Fraction(1)),
        ("99.9%", "availability", Fraction(999, 1000)),
        ("1e6", "parameters", Fraction(10**6)),
        ("-3", "x", Fraction(-3)),
        (".5", "x", Fraction(1, 2)),
        ("3 requests/s", "requests_per_s", Fraction(3)),
    ],
)
def test_a_number_is_converted_exactly(text: str, name: str, value: Fraction) -> None:
    """A unit of the same kind is converted without rounding."""
    assert number(text, unit_of(name)).value == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("5GB", "timeout_s"),
        ("5s", "servers"),
        ("50%", "rate_per_s"),
        ("5 s", "rate_per_s"),
        ("5/GB", "rate_per_s"),
        ("5Gb", "disk_gb"),
        ("5m", "timeout_s"),
        ("5 USD", "timeout_s"),
        ("5ms/s", "timeout_s"),
        ("1/0", "x"),
        ("nan", "x"),
        ("inf", "x"),
        ("", "x"),
        ("1e999999999", "x"),
        ("0x10", "x"),
        ("1,5", "x"),
        ("9" * 70, "x"),
        ("1 2", "x"),
        ("__import__('os')", "x"),
    ],
)
def test_what_is_no_number_of_that_kind_is_refused(text: str, name: str) -> None:
    """A unit of another kind, an ambiguous one, or no number at all is never converted."""
    with pytest.raises(ValueError, match=r"is in|is not a number|is a plain number|exponent beyond"):
        number(text, unit_of(name))


def test_every_word_of_names_is_a_unit_with_a_size() -> None:
    """A name cannot end in a unit to which nothing can be converted."""
    assert set(WORDS.values()) <= set(UNITS)


@quick
@given(st.floats(1e-9, 1e9), st.sampled_from(["ns", "us", "ms", "s", "min", "h", "d", "week", "month", "year"]))
def test_units_of_time_survive_there_and_back(value: float, unit: str) -> None:
    """A number in another unit, converted into seconds, is the number times the unit's size, correctly rounded."""
    seconds = read(f"{value!r}{unit}", float, "timeout_s")
    assert seconds == float(Fraction(repr(value)) * UNITS[unit][1])


# Values


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2", int, 2),
        ("1e6", int, 10**6),
        ("1e23", int, 10**23),
        ("10_000", int, 10_000),
        (2.0, int, 2),
        ("2", float, 2.0),
        (2, float, 2.0),
        ("sq8", str, "sq8"),
        ("true", bool, True),
        (False, bool, False),
        ("none", float | None, None),
        (None, float | None, None),
        ("3", float | None, 3.0),
        ("queue", Literal["queue", "delay"], "queue"),
        (["1", 2], Sequence[float], (1.0, 2.0)),
        ([[300, 1], [None, "0.9"]], Sequence[tuple[float | None, float]], ((300.0, 1.0), (None, 0.9))),
        ({"a": 1}, Mapping[str, float], {"a": 1.0}),
        ({"0.5": 100}, Mapping[float, float], {0.5: 100.0}),
        ({"name": "cpu", "demand_s": "20ms"}, Station, Station("cpu", 0.02)),
        ([{"name": "cpu", "demand_s": 1}], Sequence[Station], (Station("cpu", 1.0),)),
        ({"p50_ms": 100, "p99_ms": 250}, Distribution, Lognormal.fit(p50=100, p99=250)),
        ({"p50_ms": 100, "p99_ms": 250}, Lognormal, Lognormal.fit(p50=100, p99=250)),
    ],
)
def test_values_are_read_by_their_kind(text: Any, kind: Any, value: Any) -> None:
    """Each kind takes what people write for it, and gives exactly that value and type."""
    found = read(text, kind)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("2.5", int, "x: found '2.5'; must be a whole number"),
        ("two", float, "x: found 'two'; must be a number"),
        (True, float, "x: found True; must be a number"),
        (True, int, "x: found True; must be a whole number"),
        ([1], float, "x: found [1]; must be a number"),
        ("maybe", bool, "x: found 'maybe'; must be true or false"),
        (5, str, "x: found 5; must be text"),
        ("quue", Literal["queue", "delay"], "x: found 'quue'; must be one of delay, queue; did you mean 'queue'?"),
        ("1", Sequence[float], "x: found '1'; must be a list of numbers, such as [..., ...]"),
        ([1, "b", "c"], Sequence[float], "x[1]: found 'b'; must be a number\nx[2]: found 'c'; must be a number"),
        ([1], tuple[float, float], "x: found [1]; must be a list of 2: [number, number]"),
        ({"name": "cpu", "kind": "delay"}, Station, "x: misses demand_s"),
        (
            {"name": "cpu", "demand_s": 1, "knd": 1},
            Station,
            "x.knd: is not known here; known: demand_s, kind, name; did you mean 'kind'?",
        ),
        ({"p50_ms": 0}, Distribution, ""),
        ({"constant_ms": 5}, Lognormal, "x: must be a lognormal distribution, found a constant"),
        ("1e309", float, "x: found '1e309'; beyond the largest number that can be held, 1.8e308"),
    ],
)
def test_values_that_do_not_fit_are_refused_in_words(text: Any, kind: Any, message: str) -> None:
    """What is wrong is said with its place, what was found and what is allowed; several problems at once."""
    found = refusal(text, kind)
    assert found == message or (not message and found.startswith("x: "))


scalars = st.one_of(st.integers(-(10**12), 10**12), st.floats(-1e12, 1e12), st.text("abc_", min_size=1), st.booleans())


@quick
@given(st.lists(st.floats(-1e300, 1e300), max_size=8))
def test_lists_of_numbers_survive_as_text(values: list[float]) -> None:
    """Numbers joined by commas, and the same as YAML, come back as the very same floats."""
    function = registry.find("availability.series")
    found = call_of(function, ["parts=" + ",".join(map(repr, values))])
    assert list(found.arguments["parts"]) == values
    again = call_of(function, [f"parts={json.dumps(values)}"])
    assert list(again.arguments["parts"]) == values


@quick
@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text("abk"), inner), max_leaves=6))
def test_any_data_is_read_or_refused_for_any_kind(data: Any) -> None:
    """Whatever stands in a file, reading it as any kind gives a value or a problem, never another exception."""
    simple = (int, float, str, bool, float | None)
    for kind in (*simple, Station, Distribution, Sequence[float], Mapping[str, int], tuple[int, str]):
        with contextlib.suppress(InputError):
            read(data, kind)


def test_everything_wrong_with_a_call_is_said_at_once() -> None:
    """Unknown, repeated, ill-typed, missing and nameless arguments: one problem each, with what is valid."""
    with pytest.raises(InputError) as caught:
        call_of(registry.find("queues_open.mmc"), ["servers=2", "servers=3", "service_time_ms=5", "7"])
    assert str(caught.value).splitlines() == [
        "servers: is given twice",
        "'service_time_ms' is not an argument of mmc; its arguments: arrival_rate_per_s, service_time_s, servers; "
        "did you mean 'service_time_s'?",
        "found '7'; write NAME=VALUE; names: arrival_rate_per_s, service_time_s, servers",
        "arrival_rate_per_s: is missing; number in 1/s: lambda > 0.",
        "service_time_s: is missing; number in s: mean service time s > 0.",
    ]


def test_defaults_and_conversions_are_kept() -> None:
    """What was not given is listed with its value, what was converted with how it was written."""
    found = call_of(registry.find("queueing.mgc_wait"), ["arrival_rate_per_s=30/min", "service_time_s=1", "servers=1"])
    assert found.defaults == ("scv_arrival", "scv_service")
    assert found.shown["scv_arrival"] == 1.0
    assert [(c.path, c.written, c.value, c.unit) for c in found.conversions] == [
        ("arrival_rate_per_s", "30/min", 0.5, "1/s")
    ]


def test_a_kind_that_no_text_can_fill_is_not_writable() -> None:
    """Functions and arrays cannot be written; lists of them neither; everything on the list of kinds can."""
    assert not kinds.writable(collections.abc.Callable[[int], bool])
    assert not kinds.writable(Sequence[collections.abc.Callable[[int], bool]])
    assert not kinds.writable(bytes)
    assert kinds.writable(Mapping[str, Sequence[Station | None]])
