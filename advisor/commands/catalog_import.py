"""``advisor catalog import``: what load tests, benchmarks and price estimates say, as figures of one's own."""

from __future__ import annotations

import datetime
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.commands.console import echo_json, text_width
from advisor.commands.options import catalog_option, date_option, json_option

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog
    from advisor.catalog.own_folder import NewSource
    from advisor.imports.measurement import Measurement

KINDS = ("k6", "locust", "vegeta", "hey", "vllm", "aiperf", "prometheus", "infracost")
MOST_FAILED = 0.01
_FILE = click.Path(path_type=Path)


@click.command("import")
@click.argument("file", metavar="FILE", type=_FILE)
@click.option("--option", "option_id", metavar="ID", required=True, help="The option whose figures these are.")
@click.option("-o", "--output", metavar="DIR", type=_FILE, help="Write figures.yml and sources.yml into this folder.")
@click.option("--as", "kind", type=click.Choice(KINDS), help="What the file is (default: told from its content).")
@click.option("--series", metavar="NAME", help="Which request name, histogram or resource in the file is meant.")
@click.option("--latency", metavar="NAME", help="Which latency of the option the response time is: search_ms.")
@click.option("--at-capacity", is_flag=True, help="The test went as far as the option can: its rate is the capacity.")
@click.option("--dimension", metavar="NAME", help="Which capacity the rate is, with --at-capacity: reads_per_s.")
@click.option(
    "--units",
    metavar="N",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Units of the option that carried the load together, with --at-capacity.",
)
@click.option("--within", "within_ms", metavar="MS", type=float, help="Refuse a capacity whose p95 is above this.")
@click.option(
    "--most-failed",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    default=MOST_FAILED,
    show_default=True,
    help="Refuse a capacity at which a larger share of the requests failed; warn for latencies.",
)
@click.option(
    "--price", "prices", metavar="METER=NAME", multiple=True, help="Which cost component is the price of a meter."
)
@click.option("--source", metavar="ID", help="Id of the source to name (default: kind and name of the file).")
@click.option("--replace", is_flag=True, help="Put the figures in place of those that the folder states already.")
@click.option("--dry-run", is_flag=True, help="Show what was understood and write nothing.")
@json_option
@date_option
@catalog_option
def command(
    file: Path,
    option_id: str,
    output: Path | None,
    kind: str | None,
    series: str | None,
    source: str | None,
    replace: bool,
    dry_run: bool,
    as_json: bool,
    date: datetime.date,
    catalog_folder: Path | None,
    **choices: Any,
) -> None:
    """Take the results of a test, or prices of an estimate, over as figures of your own.

    Reads k6, Locust, vegeta, hey, vllm bench serve, GenAI-Perf and AIPerf, Prometheus histograms, and Infracost. Shows
    what was understood, then writes figures.yml and sources.yml of a folder that a scenario names under catalogs:.
    What the folder states already stays.

    \b
    Examples:
      advisor catalog import summary.json --option qdrant_aws_m7i_4xlarge --latency search_ms --dry-run
      advisor catalog import bench.json --option llama_3_1_8b_aws_p5_4xlarge_tp1_c64 --at-capacity -o our_catalog
      advisor catalog import infracost.json --series aws_sqs_queue.work --option amazon_sqs_standard -o our_catalog
    """
    from advisor.catalog.own_folder import NewFigure, with_figures_added
    from advisor.errors import bad_input
    from advisor.files import write_all
    from advisor.imports.figures import Wanted, taken
    from advisor.imports.kinds import KINDS as READERS
    from advisor.imports.kinds import load
    from advisor.render import import_text

    if output is None and not dry_run:
        raise bad_input("-o: name the folder to write into, or ask for --dry-run")
    wanted = Wanted(meters=_meters(choices.pop("prices")), **choices)
    base, seen = _catalogs(catalog_folder, output)
    option = _option(seen, option_id)
    found, measured = load(file, kind, series)
    becomes = taken(measured, option, seen, wanted)
    written: list[Path] = []
    if output is not None and not dry_run:
        figures: list[NewFigure] = list(becomes.figures)
        about = _source(source, found, file, measured)
        contents = with_figures_added(base, output, figures, about, date, replace=replace)
        written = write_all(output, contents)
    if as_json:
        echo_json(import_text.data(str(file), found, measured, becomes, option_id, [str(path) for path in written]))
    else:
        title = READERS[found].title
        click.echo(import_text.page(str(file), title, measured, becomes, option_id, text_width()), nl=False)
    for path in written:
        click.echo(f"written: {path}", err=True)
    if written:
        click.echo(f"next: name the folder in a scenario:  catalogs: [{output}]", err=True)


def _catalogs(catalog_folder: Path | None, output: Path | None) -> tuple[Catalog, Catalog]:
    """Return the catalog, and the catalog with what the folder holds already."""
    from advisor.catalog.load import load_catalog
    from advisor.catalog.overlay import overlaid

    catalog = load_catalog(catalog_folder)
    holds = output is not None and output.is_dir() and any(output.rglob("*.yml"))
    return catalog, overlaid(catalog, [output]) if holds and output is not None else catalog


def _option(catalog: Catalog, name: str) -> Any:
    from advisor.errors import bad_input, listing, nearest

    if name in catalog.options:
        return catalog.options[name][1]
    if name in catalog.records.components:
        options = listing(one.id for one in catalog.records.components[name].options)
        raise bad_input(f"--option: '{name}' is a component; its options: {options}")
    raise bad_input(f"--option: '{name}' is not an option of the catalog{nearest(name, catalog.options)}")


def _meters(texts: tuple[str, ...]) -> dict[str, str]:
    from advisor.errors import bad_input

    if wrong := next((text for text in texts if "=" not in text), None):
        raise bad_input(f"--price: found '{wrong}'; METER=NAME is expected, as gb_month='Standard storage'")
    return {text.partition("=")[0].strip(): text.partition("=")[2].strip() for text in texts}


def _source(given: str | None, kind: str, file: Path, measured: Measurement) -> NewSource:
    """Return the source that the figures name: the file, with its digest so that it can be told from a later one."""
    from advisor.catalog.own_folder import NewSource
    from advisor.errors import bad_input

    name = given or re.sub(r"[^a-z0-9]+", "_", f"{kind}_{file.stem}".lower()).strip("_")[:80]
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.\-]{0,79}", name):
        raise bad_input(f"--source: found '{name}'; up to 80 lower-case letters, digits and _ . - are expected")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    what = f" of {measured.what}" if measured.what else ""
    about = "Price estimate" if measured.prices else "Test"
    return NewSource(
        id=name,
        title=f"{about}{what} with {measured.tool}, {file.name}, sha256 {digest}"[:600],
        address=str(file)[:600],
        publisher=measured.tool if measured.prices else "us",
        date=measured.date or "not stated in the file",
    )
