"""Which model functions there are: every public function of the modules in ``advisor.models``, found by looking.

A new module or function is there as soon as it exists. What cannot be called from a command line has a reason.
"""

from __future__ import annotations

import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

import advisor.models
from advisor.calculator import kinds
from advisor.calculator.docstrings import Docstring, parse
from advisor.calculator.units import Unit, unit_of
from advisor.errors import InputError, bad_input, listing, nearest

# Compositions from plain data: they stand beside the models, in this package.
COMPOSITIONS = ("advisor.calculator.compositions",)

# Functions and whole modules that serve other models and are none themselves, with what they do. What takes a kind of
# argument that no text can say needs no entry.
NOT_CALLABLE: Mapping[str, str] = MappingProxyType(
    {
        "arguments": "checks arguments of other functions",
        "binomial": "serves availability and unavailability, which check their arguments",
        "bisection": "searches for other functions",
        "failure_domains": "serves availability.units_in_zones and its like",
        "combine": "serves the distributions of latency",
        "decision_diagram": "serves availability_structure",
        "distribution": "serves the distributions of latency",
        "lattice": "serves the distributions of latency",
        "normal": "serves the distributions of latency",
        "order": "serves the distributions of latency",
        "poisson": "serves the queues with many servers",
        "quantities": "rounds for other functions",
        "reliability_formula": "serves availability_structure, which prints the formula",
        "reliability_structure": "describes what availability_structure reads from YAML",
        "queueing.p_wait_from_blocking": "serves erlang_c, which checks its arguments",
        "queueing.stable_load": "checks arguments of other functions; see offered_load",
        "queues_limited.any_load": "checks arguments of other functions; see offered_load",
        "queues_limited.busy_and_free": "serves mmc_k; see erlang_b",
        "queues_limited.departures_within": "serves mmc_k_service_level, which takes times in seconds",
        "queues_open.wait_tail": "serves service_level, which takes times in seconds",
        "queues_open.response_tail": "serves response_level, which takes times in seconds",
    }
)
CHECKS_ONLY = "checks its arguments and returns nothing"
SHOWN = 60


@dataclass(frozen=True)
class Parameter:
    """An argument of a function.

    Attributes:
        name: as in Python.
        kind: its type annotation.
        text: what the docstring says about it.
        required: whether it must be given.
        default: what it is when it is not given.
        many: whether it takes any number of values (``*parts``).
    """

    name: str
    kind: Any
    text: str
    required: bool
    default: Any
    many: bool

    @property
    def unit(self) -> Unit:
        """Return the unit that the name says."""
        return unit_of(self.name)


@dataclass(frozen=True)
class Function:
    """A model function: what it is called, where it stands, what it says about itself."""

    name: str
    module: str
    call: Callable[..., Any]

    @property
    def qualified(self) -> str:
        """Return the name with its module, such as ``queueing.erlang_c``."""
        return f"{self.module}.{self.name}"

    @cached_property
    def doc(self) -> Docstring:
        """Return the parts of the docstring."""
        return parse(self.call.__doc__)

    @cached_property
    def hints(self) -> dict[str, Any]:
        """Return the types of arguments and result. Raises ``NameError`` for types that only checkers know."""
        return typing.get_type_hints(self.call)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the arguments in order."""
        return tuple(self._parameter(p) for p in inspect.signature(self.call).parameters.values())

    def _parameter(self, found: inspect.Parameter) -> Parameter:
        many = found.kind is inspect.Parameter.VAR_POSITIONAL
        required = found.default is inspect.Parameter.empty
        kind = self.hints.get(found.name, Any)
        return Parameter(found.name, kind, self._text(found.name), required, found.default, many)

    def _text(self, argument: str) -> str:
        """Return what is said about an argument, here or in a function of the module that the docstring refers to."""
        for doc in (self.doc, *(parse(other.__doc__) for other in self._referred())):
            if argument in doc.sections.get("Args", {}):
                return doc.sections["Args"][argument]
        return ""

    def _referred(self) -> Iterator[Callable[..., Any]]:
        for name in self.doc.see:
            found = getattr(inspect.getmodule(self.call), name, None)
            if inspect.isfunction(found) and found is not self.call:
                yield found

    def takes(self, given: Collection[str]) -> bool:
        """Return whether it takes arguments of these names, and needs no others."""
        needed = {p.name for p in self.parameters if p.required}
        return needed <= set(given) <= {p.name for p in self.parameters}

    @property
    def source(self) -> str:
        """Return the source of the formula, or else those of the module, also where the text refers to these."""
        of_module = parse(getattr(inspect.getmodule(self.call), "__doc__", "")).source
        if "at the top" in self.doc.source:
            return f"{self.doc.source} {of_module}".strip()
        return self.doc.source or of_module

    @property
    def refusal(self) -> str:
        """Return why it cannot be called from a command line, "" when it can."""
        if listed := NOT_CALLABLE.get(self.qualified) or NOT_CALLABLE.get(self.module):
            return listed
        try:
            hints = self.hints
        except (NameError, TypeError):
            return "takes or returns arrays of numpy"
        if hints.get("return") is type(None):
            return CHECKS_ONLY
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in inspect.signature(self.call).parameters.values()):
            return "takes arguments of any name"
        unknown = [p.name for p in self.parameters if not kinds.writable(p.kind)]
        return f"the argument {unknown[0]} cannot be written as text" if unknown else ""


@lru_cache(maxsize=1)
def every() -> Mapping[str, Function]:
    """Return every public function by its qualified name, callable or not, in the order of modules and lines.

    >>> every()["queueing.erlang_c"].doc.summary[:40]
    'Return the probability that an arriving '
    """
    modules = [import_module(name) for name in (*COMPOSITIONS, *(f"advisor.models.{name}" for name in model_modules()))]
    fronts = [module for module in modules if hasattr(module, "__all__")]
    passed_on = {id(function.call) for module in fronts for function in _of(module)}
    found = [
        function
        for module in modules
        for function in _of(module)
        if module in fronts or id(function.call) not in passed_on
    ]
    return MappingProxyType({function.qualified: function for function in found})


def model_modules() -> list[str]:
    """Return the names of the modules in ``advisor.models``."""
    return [module.name for module in pkgutil.iter_modules(advisor.models.__path__)]


def _of(module: types.ModuleType) -> Iterator[Function]:
    """Yield the functions of a module; one that lists what it passes on from others is where these belong."""
    short = module.__name__.rpartition(".")[2]
    listed = getattr(module, "__all__", None)
    for name in listed or vars(module):
        value = getattr(module, name)
        plain = inspect.unwrap(value) if callable(value) else value
        own = inspect.isfunction(plain) and (listed is not None or plain.__module__ == module.__name__)
        if own and not name.startswith("_"):
            yield Function(name, short, value)


@lru_cache(maxsize=1)
def callable_functions() -> Mapping[str, Function]:
    """Return the functions that can be called from a command line, by their qualified name."""
    return MappingProxyType({name: function for name, function in every().items() if not function.refusal})


def subjects() -> Iterator[tuple[str, str, list[Function]]]:
    """Yield (module, what it is about, its functions) for every module that has functions to call."""
    grouped: dict[str, list[Function]] = {}
    for function in callable_functions().values():
        grouped.setdefault(function.module, []).append(function)
    for module, functions in grouped.items():
        place = "advisor.calculator" if functions[0].call.__module__ in COMPOSITIONS else "advisor.models"
        text = parse(import_module(f"{place}.{module}").__doc__).summary
        yield module, text, functions


def find(name: str, given: Collection[str] = ()) -> Function:
    """Return the function of this short or qualified name.

    Where several have the short name, the arguments decide if only one of them takes these.

    Args:
        name: such as ``erlang_c`` or ``queueing.erlang_c``.
        given: names of arguments.

    >>> find("erlang_c").qualified, find("k_of_n", ["k", "n", "a"]).qualified
    ('queueing.erlang_c', 'availability.k_of_n')
    >>> find("queueing.erlnag_c")
    Traceback (most recent call last):
    advisor.errors.InputError: 'queueing.erlnag_c' is not a model function; did you mean 'queueing.erlang_c'?

    Raises:
        InputError: no such function, several of them, or one that cannot be called from a command line.
    """
    asked = name.removeprefix("advisor.models.").removeprefix("advisor.calculator.")
    known = callable_functions()
    found = [f for f in known.values() if asked in (f.name, f.qualified)] or _moved(asked)
    if len(found) > 1 and given:
        found = [function for function in found if function.takes(given)] or found
    if len(found) == 1:
        return found[0]
    if found:
        names = listing(function.qualified for function in found)
        raise bad_input(f"'{name[:SHOWN]}' is the name of several functions; write one of {names}")
    raise _unknown(asked, known)


def _moved(asked: str) -> list[Function]:
    """Return the function that a module passes on from another one, by the name it has there."""
    module, _, name = asked.rpartition(".")
    if module not in model_modules():
        return []
    value = getattr(import_module(f"advisor.models.{module}"), name, None)
    return [function for function in callable_functions().values() if function.call is value]


def _unknown(asked: str, known: Mapping[str, Function]) -> InputError:
    for function in every().values():
        if asked in (function.name, function.qualified):
            return bad_input(f"'{asked}' cannot be called from a command line: {function.refusal}")
    names = [*known, *(function.name for function in known.values())]
    hint = nearest(asked, names) or "; `advisor model` lists them"
    return bad_input(f"'{asked[:SHOWN]}' is not a model function{hint}")
