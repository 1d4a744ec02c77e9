"""The calculator finds every model function, and what a docstring shows is what a command line gives."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import math
import pkgutil
import re
import shlex
import typing
from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest

import advisor.models
from advisor.calculator import kinds, registry
from advisor.calculator.calls import call_of
from advisor.calculator.docstrings import parse
from advisor.calculator.examples import calls, command_lines
from advisor.calculator.registry import Function
from advisor.calculator.results import ALONE, fields_of, plain
from advisor.calculator.symbols import substituted, symbols
from advisor.calculator.units import Unit
from advisor.errors import InputError
from advisor.models.latency import Lognormal
from advisor.models.queues_closed import Station

FUNCTIONS = registry.callable_functions()


# Which functions there are


def public_functions() -> dict[int, str]:
    """Return id -> name of every public function that a module of the models defines, found without the registry."""
    found = {}
    for module in pkgutil.iter_modules(advisor.models.__path__):
        loaded = import_module(f"advisor.models.{module.name}")
        for name, value in vars(loaded).items():
            ours = str(getattr(value, "__module__", "")).startswith("advisor.models.")
            if ours and inspect.isfunction(inspect.unwrap(value)) and not name.startswith("_"):
                found[id(value)] = f"{value.__module__}.{name}"
    return found


def test_every_public_function_of_the_models_is_there() -> None:
    """Each is callable from the command line, or the registry has a reason why not; none is forgotten."""
    known = {id(function.call) for function in registry.every().values()}
    assert [name for key, name in public_functions().items() if key not in known] == []


def test_what_cannot_be_called_has_a_reason_that_holds() -> None:
    """A function is refused because it is listed, checks only, or takes what no text can say: not by accident."""
    derived = {name: f.refusal for name, f in registry.every().items() if f.refusal}
    listed = set(registry.NOT_CALLABLE.values())
    kinds_of_reason = ("takes or returns arrays", registry.CHECKS_ONLY, "takes arguments of any name", "the argument ")
    assert [n for n, why in derived.items() if why not in listed and not why.startswith(kinds_of_reason)] == []


def test_the_stable_names_are_callable() -> None:
    """The names that the library promises can be called by them."""
    stable = (
        "queueing.erlang_b queueing.erlang_c queueing.mgc_wait availability.series availability.parallel "
        "availability.k_of_n latency.series latency.parallel latency.mixture latency.repeat "
        "compositions.latency_path compositions.availability_structure"
    )
    assert [name for name in stable.split() if name not in FUNCTIONS] == []


def test_a_function_passed_on_by_another_module_is_found_under_both_names() -> None:
    """``queues_limited.erlang_b`` is ``queueing.erlang_b``, which that module imports."""
    queueing = registry.find("queueing.erlang_b")
    users = [f"{m}.erlang_b" for m in registry.model_modules() if m != "queueing" and _has(m, "erlang_b")]
    assert users
    assert {registry.find(name).call for name in users} == {queueing.call}


def _has(module: str, name: str) -> bool:
    return hasattr(import_module(f"advisor.models.{module}"), name)


def test_arguments_tell_functions_of_one_name_apart() -> None:
    """``k_of_n`` with an availability is not ``k_of_n`` with an unavailability; without arguments it is asked back."""
    assert registry.find("k_of_n", ["k", "n", "a"]).qualified == "availability.k_of_n"
    assert registry.find("k_of_n", ["k", "n", "u"]).qualified == "unavailability.k_of_n"
    with pytest.raises(InputError, match=r"several functions; write one of availability\.series, .*latency\.series"):
        registry.find("series")


@pytest.mark.parametrize(("asked", "meant"), [("erlnag_c", "erlang_c"), ("queueing.erlang_d", "queueing.erlang_c")])
def test_an_unknown_name_names_the_nearest(asked: str, meant: str) -> None:
    """A misspelt function asks for the closest one."""
    with pytest.raises(InputError) as caught:
        registry.find(asked)
    assert f"did you mean '{meant}'?" in str(caught.value) or meant[:-1] in str(caught.value)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_computes(name: str) -> None:
    """Each has a first sentence that begins with Return, and each of its arguments a kind."""
    function = FUNCTIONS[name]
    assert function.doc.summary.startswith("Return ")
    assert all(kinds.writable(parameter.kind) for parameter in function.parameters)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_symbols_are_letters_of_the_formula_and_of_the_argument(name: str) -> None:
    """What is substituted into a formula stands in it, and belongs to one argument."""
    function = FUNCTIONS[name]
    found = symbols(function)
    assert len(set(found.values())) == len(found)
    texts = {parameter.name: f"{parameter.name} {parameter.text}" for parameter in function.parameters}
    for symbol, argument_name in found.items():
        assert symbol in " ".join(function.doc.formula)
        assert symbol in texts[argument_name]


def test_substitution_of_a_known_formula() -> None:
    """M/M/c: lambda, s and c stand for rate, service time and servers."""
    shown = {"arrival_rate_per_s": 1.5, "service_time_s": 1.0, "servers": 2}
    assert substituted(registry.find("queues_open.mmc"), shown) == {"lambda": 1.5, "s": 1.0, "c": 2}


# Docstrings


def test_a_docstring_is_taken_apart() -> None:
    """Summary, formula, notes, source, sections and examples each go where they belong, whatever stands between."""
    doc = parse(
        """Return x. Source: A (1).

            x = 1
              + 2

        A note on ``x``. Sources: B (2);
        C (3).

        Args:
            a: first
                goes on.
            b_s: second: with a colon.

        Raises:
            ValueError: never.

        >>> 1
        1

        After.
        """
    )
    assert (doc.summary, doc.formula, doc.notes) == ("Return x.", ("x = 1", "  + 2"), ("A note on x.", "After."))
    assert doc.source == "A (1). B (2); C (3)."
    assert doc.sections["Args"] == {"a": "first goes on.", "b_s": "second: with a colon."}
    assert doc.sections["Raises"] == {"ValueError": "never."}
    assert doc.examples == (">>> 1", "1")


def test_no_docstring_is_no_error() -> None:
    """A function without a docstring has empty parts."""
    assert parse(None) == parse("")


# Results


def test_results_are_plain_finite_data() -> None:
    """Numbers, dataclasses with their properties, and distributions become named figures; no NaN gets through."""
    function = registry.find("queueing.erlang_b")
    assert [(f.name, f.value) for f in fields_of(function, 0.25)] == [(ALONE, 0.25)]
    with pytest.raises(InputError, match="no finite value"):
        fields_of(function, math.nan)
    wait = fields_of(registry.find("queueing.mgc_wait"), Lognormal.fit(p50=1, p99=2))
    assert [f.name for f in wait] == ["mean", "p50", "p90", "p95", "p99", "p99.9"]
    assert {f.unit for f in wait} == {"s"}
    assert plain(Fraction(1, 4)) == 0.25


# Examples


def example_calls() -> list[tuple[Function, ast.Call]]:
    """Return every call of every function in its own docstring."""
    return [(function, call) for function in FUNCTIONS.values() for call in calls(function)]


PLAIN = [(f, line) for f in FUNCTIONS.values() for line in command_lines(f)]


def test_most_examples_can_be_written_as_command_lines() -> None:
    """The reader of examples sees them: most functions have one with plain arguments."""
    assert len({function.qualified for function, _ in PLAIN}) > len(FUNCTIONS) / 2


EXAMPLES = example_calls()


@pytest.mark.parametrize("example", range(len(EXAMPLES)))
def test_examples_give_the_same_by_text(example: int) -> None:
    """Each call in a docstring, its arguments written as text, gives exactly what Python gives for it."""
    function, call = EXAMPLES[example]
    try:
        arguments = _bound(function, call)
        texts = [f"{name}={_text(value)}" for name, value in arguments.arguments.items()]
    except NotPlainError:
        pytest.skip("its arguments are not plain")
    try:
        expected: Any = function.call(*arguments.args, **arguments.kwargs)
    except ValueError as refused:
        with pytest.raises(InputError, match=re.escape(str(refused))):
            call_of(function, texts).result()
        return
    assert plain(call_of(function, texts).result()) == plain(expected)


class NotPlainError(Exception):
    """An argument of an example that no text can say."""


def _bound(function: Function, call: ast.Call) -> inspect.BoundArguments:
    names = vars(import_module(function.call.__module__))
    keywords = {word.arg: _value(word.value, names) for word in call.keywords if word.arg}
    return inspect.signature(function.call).bind(*(_value(node, names) for node in call.args), **keywords)


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    """Return the value of an argument in an example: literals, constants of its module and arithmetic with them."""
    containers = (ast.List, ast.Tuple, ast.Dict, ast.Load)
    allowed = (ast.Constant, ast.Name, ast.BinOp, ast.operator, ast.UnaryOp, ast.USub, *containers)
    used = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    if not all(isinstance(inner, allowed) for inner in ast.walk(node)) or not used <= names.keys():
        raise NotPlainError
    return eval(compile(ast.Expression(node), "<example>", "eval"), dict(names))  # our own docstrings


def _text(value: Any) -> str:
    if isinstance(value, bool | int | float | str) or value is None:
        return str(value).lower() if isinstance(value, bool) or value is None else str(value)
    try:
        return json.dumps(value)
    except TypeError:
        raise NotPlainError from None


@pytest.mark.parametrize(("function", "line"), PLAIN, ids=[line for _, line in PLAIN])
def test_shown_command_lines_are_read(function: Function, line: str) -> None:
    """The command lines on a function's page name it, and what they say is understood."""
    words = shlex.split(line)
    found = registry.find(words[2], [word.partition("=")[0] for word in words[3:]])
    assert found.call is function.call
    assert call_of(found, words[3:]).arguments


def test_dataclasses_are_named_for_people() -> None:
    """A small mapping is called by its keys, a large one by its name; both are listed on the page."""
    small = kinds.describe(Station)
    assert small == "mapping with name, demand_s, kind"
    large = dataclasses.make_dataclass("Large", [(name, int) for name in "abcde"])
    assert kinds.describe(large) == "mapping (Large)"
    assert kinds.mappings_in(typing.Sequence[Station]) == [Station]


def test_unit_is_plain_text() -> None:
    """A unit is written as people write it."""
    assert [str(Unit("GB")), str(Unit("", "s")), str(Unit())] == ["GB", "1/s", ""]
