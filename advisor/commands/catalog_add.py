"""``advisor catalog add``: a component of one's own, started from a few questions."""

from __future__ import annotations

import datetime
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from advisor.commands.options import catalog_option, date_option

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog
    from advisor.catalog.role import Role
    from advisor.render.component_starter import Answers

T = TypeVar("T")
REGIONS = ("us", "eu", "apac")
MODES, CLOUDS = ("saas", "managed", "self_hosted"), ("aws", "azure", "gcp", "vendor")


@click.command("add")
@click.argument("role_id", metavar="ROLE")
@click.option(
    "-o", "--output", metavar="DIR", type=click.Path(path_type=Path), required=True, help="The folder of your own."
)
@click.option("--name", metavar="TEXT", help="What people call it.")
@click.option("--id", "id_", metavar="ID", help="Its id (default: made from the name).")
@click.option("--vendor", metavar="TEXT", help="Who makes it.")
@click.option("--licence", metavar="SPDX", help="SPDX id of its licence, or proprietary.")
@click.option("--mode", type=click.Choice(MODES), help="Who runs it.")
@click.option("--cloud", type=click.Choice(CLOUDS), help="Where it runs; vendor: in its maker's cloud.")
@click.option("--instance", metavar="TYPE", help="Instance type of a node, if we run it: aws/m7i.xlarge.")
@click.option("--residency", type=click.Choice(REGIONS), multiple=True, help="A region in which data can be kept.")
@click.option("--capacity", metavar="NAME=VALUE", multiple=True, help="Per unit, in a dimension; none: no limit known.")
@click.option("--latency", metavar="NAME=MS", multiple=True, help="Median of a latency of the role.")
@click.option("--quality", metavar="METRIC=VALUE", multiple=True, help="Score in the role's benchmark.")
@click.option("--price", metavar="METER=USD", multiple=True, help="Price of a meter.")
@click.option("--availability", metavar="SHARE", type=click.FloatRange(0, 1, min_open=True), help="As a share: 0.999.")
@click.option("--hours", metavar="H", type=click.FloatRange(0), help="Hours of operations a month.")
@click.option("--source-title", metavar="TEXT", help="What these figures rest on: a test report, a contract.")
@click.option("--source-address", metavar="TEXT", help="Where that is to be found.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the options, and leave the rest open.")
@date_option
@catalog_option
def command(
    role_id: str, output: Path, yes: bool, date: datetime.date, catalog_folder: Path | None, **given: Any
) -> None:
    """Start the file of a component for a role, in a folder that a scenario names under catalogs:.

    Asks on a terminal for exactly what the role can be asked; elsewhere, or with --yes, options answer. What is not
    known becomes a comment that names it, and the catalog's rules will say that it is missing. Nothing is overwritten.

    \b
    Examples:
      advisor catalog add vector_store -o our_catalog
      advisor catalog add gateway -o our_catalog --yes --name "Our gateway" --mode self_hosted --cloud aws \\
        --instance aws/m7i.xlarge --capacity requests_per_s=900 --latency route_ms=4
    """
    from advisor.catalog.load import load_catalog
    from advisor.catalog.own_folder import with_component_added
    from advisor.errors import bad_input, listing, nearest
    from advisor.files import write_all
    from advisor.render.component_starter import component

    catalog = load_catalog(catalog_folder)
    roles = catalog.records.roles
    if role_id not in roles:
        raise bad_input(f"ROLE: '{role_id}' is not a role; roles: {listing(roles, 20)}{nearest(role_id, roles)}")
    role = roles[role_id]
    answers = _answers(catalog, role, given, date, ask=not yes and sys.stdin.isatty())
    started = component(catalog, role, answers)
    source, whole = _source(answers, given, date), not started.missing
    contents = with_component_added(catalog, output, role.filled_as, answers.id, started.text, source, whole)
    for name, text in contents.items():
        write_all((output / name).parent, {Path(name).name: text})
        click.echo(f"written: {output / name}", err=True)
    for one in started.missing:
        click.echo(f"missing: {one}", err=True)
    click.echo(f"next: advisor catalog check {output}", err=True)


def _answers(catalog: Catalog, role: Role, given: Mapping[str, Any], date: datetime.date, *, ask: bool) -> Answers:
    """Return what the options say, then what the user answers; what neither says stays unknown."""
    from advisor.errors import bad_input
    from advisor.render.component_starter import Answers, latencies, meters

    def text(option: str, question: str, default: str, choices: tuple[str, ...] = ()) -> str:
        kind = click.Choice(choices) if choices else str
        return given[option] or (click.prompt(question, default=default, type=kind, err=True) if ask else default)

    name = text("name", "Name", f"Our {role.title}")
    key = given["id_"] or re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.\-]{0,59}", key):
        raise bad_input(f"--id: found '{key}'; up to 60 lower-case letters, digits and _ . - are expected")
    vendor, licence = text("vendor", "Who makes it", "us"), text("licence", "Licence (SPDX id)", "proprietary")
    mode = text("mode", "Who runs it", "self_hosted", MODES)
    cloud = text("cloud", "Where it runs", "vendor" if mode == "saas" else "aws", CLOUDS)
    instance = _instance(catalog, given["instance"], mode, ask)
    named = _Named(given, ask)
    asked = {key: catalog.records.dimensions[key] for key in role.dimensions}
    dimensions = {key: f"{one.title} per unit, {one.unit}" for key, one in asked.items()}
    metric = {role.quality.metric: role.quality.title} if role.quality else {}
    capacity = named.read("capacity", dimensions, or_none=True)
    numbers = {
        option: named.read(option, what)
        for option, what in (("latency", latencies(role)), ("quality", metric), ("price", meters(catalog, role)))
    }
    return Answers(
        id=key,
        name=name,
        vendor=vendor,
        licence=licence,
        mode=mode,
        cloud=cloud,
        source=f"own_{key}",
        checked=date,
        instance=instance,
        residency=given["residency"] or _regions(ask),
        capacity=capacity,
        latency=_plain(numbers["latency"]),
        quality=_plain(numbers["quality"]),
        prices=_plain(numbers["price"]),
        availability=named.one("availability", "Availability, as a share (0.999)", most=1.0),
        hours=named.one("hours", "Hours of operations a month"),
    )


def _regions(ask: bool) -> tuple[str, ...]:
    """Return the regions that the user names, none when nothing is asked."""
    from advisor.errors import bad_input, listing

    def read(text: str) -> tuple[str, ...]:
        named = tuple(text.replace(",", " ").split())
        if wrong := set(named) - set(REGIONS):
            raise bad_input(f"--residency: found '{sorted(wrong)[0]}'; regions: {listing(REGIONS)}")
        return named

    return _asked("Regions in which data can be kept (us eu apac; empty: not known)", read) if ask else ()


def _asked(question: str, read: Callable[[str], T]) -> T:
    """Return what a user answers, read; an answer that cannot be read is said and asked for again."""
    from advisor.errors import InputError

    while True:
        answer = click.prompt(question, default="", err=True, show_default=False)
        try:
            return read(answer)
        except InputError as error:
            click.echo(str(error), err=True)


def _plain(numbers: Mapping[str, float | str]) -> dict[str, float]:
    return {key: value for key, value in numbers.items() if not isinstance(value, str)}


def _instance(catalog: Catalog, given: str | None, mode: str, ask: bool) -> str:
    from advisor.errors import bad_input, nearest

    known = catalog.records.instances

    def read(name: str) -> str:
        if name and name not in known:
            raise bad_input(f"--instance: '{name}' has no price in the catalog{nearest(name, known)}")
        return name

    if mode == "self_hosted" and given is None and ask:
        return _asked("Instance type of a node, as aws/m7i.4xlarge (empty: not known)", read)
    return read(given or "")


class _Named:
    """Numbers by name from options such as ``--capacity reads_per_s=300``, and from the terminal."""

    def __init__(self, given: Mapping[str, Any], ask: bool) -> None:
        self.given, self.ask = given, ask

    def read(self, option: str, known: Mapping[str, str], *, or_none: bool = False) -> dict[str, float | str]:
        """Return name -> number of an option, asked for where it was not given."""
        found = dict(_pairs(option, self.given[option], known, or_none))
        for name, what in known.items() if self.ask else ():
            if name not in found:
                none = "; none: no limit" if or_none else ""

                def read(answer: str, name: str = name) -> dict[str, float | str]:
                    return dict(_pairs(option, [f"{name}={answer}"] if answer else [], known, or_none))

                found |= _asked(f"{what} (empty: not known{none})", read)
        return found

    def one(self, option: str, question: str, most: float = math.inf) -> float | None:
        """Return a single number, None when it is not known."""
        if self.given[option] is not None or not self.ask:
            value: float | None = self.given[option]
            return value
        return _asked(f"{question} (empty: not known)", lambda text: _number(option, text, most) if text else None)


def _pairs(
    option: str, texts: Iterable[str], known: Mapping[str, str], or_none: bool
) -> Iterable[tuple[str, float | str]]:
    from advisor.errors import bad_input, listing, nearest
    from advisor.render.component_starter import NO_LIMIT

    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise bad_input(f"--{option}: found '{text}'; NAME=VALUE is expected")
        if name not in known:
            asked = (listing(known, 30) or "none") + nearest(name, known)
            raise bad_input(f"--{option}: '{name}' is not asked of this role; it is asked: {asked}")
        yield name, value if or_none and value == NO_LIMIT else _number(option, value)


def _number(option: str, text: str, most: float = math.inf) -> float:
    from advisor.errors import bad_input

    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf or value > most:
        allowed = "of at least 0" if most == math.inf else f"from 0 to {most:g}"
        raise bad_input(f"--{option}: found '{text}'; a number {allowed} is expected")
    return value


def _source(answers: Answers, given: Mapping[str, Any], date: datetime.date) -> Any:
    from advisor.catalog.own_folder import NewSource

    title = given["source_title"] or f"What we know of {answers.name}"
    address = given["source_address"] or "not stated: say where the figures can be looked up"
    return NewSource(answers.source, title, address, "us", date.isoformat())
