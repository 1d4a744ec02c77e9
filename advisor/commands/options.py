"""Options and arguments that several commands share, so that they are named and explained the same everywhere.

Each is a decorator. The parameters that a command function receives:

=====================  ============================  =======================================================
decorator              parameter                     value
=====================  ============================  =======================================================
``scenario_argument``  ``scenario``                  path as typed; ``-`` is standard input
``output_option``      ``output``                    folder for files, or None
``json_option``        ``as_json``                   True when JSON is asked for
``as_of_option``       ``as_of``                     date whose prices count, or None for the catalog's newest
``catalog_option``     ``catalog_folder``            folder of another catalog, or None for the one shipped
``time_limit_option``  ``time_limit_s``              seconds for the optimisation, 0 for no limit
``date_option``        ``date``                      date to write into documents and to count ages from
``blueprint_option``   ``blueprint``                 id of a blueprint
``jobs_option``        ``jobs``                      processes to work in; as many as there are processors
=====================  ============================  =======================================================

Only this layer reads the clock (``date_option``) and standard input (:func:`load_inputs`).
"""

from __future__ import annotations

import datetime
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog
    from advisor.scenario.load import Scenario

    _DateType = click.ParamType[datetime.date]
    _SecondsType = click.ParamType[float]
else:
    _DateType = _SecondsType = click.ParamType  # generic for the type checker only; older click is not subscriptable

_Decorated = TypeVar("_Decorated", bound="Callable[..., Any] | click.Command")

DEFAULT_TIME_LIMIT_S = 60.0
MAX_TIME_LIMIT_S = 86_400.0
MOST_JOBS = 64
STANDARD_INPUT = "-"
DEFAULT_BLUEPRINT = "rag_assistant"


class IsoDate(_DateType):
    """A day of the calendar written as ``2026-11-22``.

    >>> IsoDate().convert("2026-11-22", None, None)
    datetime.date(2026, 11, 22)
    """

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime.date:
        """Return the date, or fail with what is expected."""
        if isinstance(value, datetime.date):
            return value
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is not a date; write it as 2026-11-22", param, ctx)


class Seconds(_SecondsType):
    """A number of seconds from 0 to a day."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds, or fail with what is allowed; NaN is not a number of seconds."""
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds <= MAX_TIME_LIMIT_S:
            self.fail(f"'{value}' is not a number from 0 to {MAX_TIME_LIMIT_S:g}", param, ctx)
        return seconds


def _today() -> datetime.date:
    return datetime.date.today()


_FOLDER = click.Path(path_type=Path)

scenario_argument = click.argument("scenario", metavar="SCENARIO", type=click.Path(allow_dash=True))
output_option = click.option(
    "-o", "--output", metavar="DIR", type=_FOLDER, help="Write the files into this folder; it is made when missing."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON (with a published schema) instead of tables."
)
as_of_option = click.option(
    "--as-of",
    metavar="DATE",
    type=IsoDate(),
    help="Use the prices of this day, and only what was sold then (default: the newest in the catalog).",
)
catalog_option = click.option(
    "--catalog",
    "catalog_folder",
    metavar="DIR",
    type=_FOLDER,
    help="Use the catalog in this folder (default: the one that comes with advisor).",
)
time_limit_option = click.option(
    "--time-limit",
    "time_limit_s",
    metavar="SECONDS",
    type=Seconds(),
    default=DEFAULT_TIME_LIMIT_S,
    show_default=True,
    help="Stop optimising after this many seconds and say what is not proved; 0: no limit.",
)
date_option = click.option(
    "--date",
    metavar="DATE",
    type=IsoDate(),
    default=_today,
    show_default="today",
    help="Date that documents carry and that ages are counted from.",
)
blueprint_option = click.option(
    "--blueprint",
    metavar="BLUEPRINT",
    default=DEFAULT_BLUEPRINT,
    show_default=True,
    help="The architecture's topology: roles, flows and workload parameters.",
)


def cores() -> int:
    """Return how many processors this process may use, at most as many as ``--jobs`` may be."""
    every = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return min(len(every), MOST_JOBS)


jobs_option = click.option(
    "--jobs",
    metavar="NUMBER",
    type=click.IntRange(1, MOST_JOBS),
    default=cores,
    show_default="the processors there are",
    help="Work in so many processes; the result is the same for any number.",
)


def load_inputs(scenario: str, catalog_folder: Path | None) -> tuple[Scenario, Catalog]:
    """Return the scenario that ``scenario_argument`` named and the catalog that ``catalog_option`` named.

    Raises:
        InputError: with every problem of the catalog, or else of the scenario.
    """
    import logging

    from advisor.catalog.load import load_catalog
    from advisor.scenario.load import load_scenario, scenario_from_text

    log = logging.getLogger(__name__)
    catalog = load_catalog(catalog_folder)
    log.info("catalog %s: %d options, newest price check %s", catalog.digest, len(catalog.options), catalog.date)
    if scenario == STANDARD_INPUT:
        loaded = scenario_from_text(_standard_input(), catalog, "standard input")
    else:
        loaded = load_scenario(scenario, catalog)
    counts = len(loaded.requirements), len(loaded.assumptions)
    log.info("scenario %s: %d requirements, %d assumptions", loaded.digest, *counts)
    return loaded, loaded.catalog or catalog


def _standard_input() -> str:
    from advisor.errors import bad_input
    from advisor.yamlfile import MAX_BYTES

    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise bad_input(f"is larger than {MAX_BYTES:,} bytes, the most that is read", file="standard input")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_input(f"is not UTF-8 text (byte {error.start})", file="standard input") from None
