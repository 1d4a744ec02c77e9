"""``advisor schema``: JSON Schemas for editors and for programs that read our output."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.commands.options import blueprint_option, catalog_option

KINDS = (
    "scenario",
    "proposal",
    "evaluation",
    "candidates",
    "bill",
    "audit",
    "model",
    "selection",
    "what_if",
    "pareto",
    "alternatives",
    "sensitivity",
    "growth",
    "comparison",
    "way",
    "why",
    "why_not",
    "robust",
    "catalog",
    "rehearsal",
    "rehearsal_history",
)


@click.command("schema")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="scenario",
    show_default=True,
    help="What the schema describes: the scenario file, or what --json prints.",
)
@blueprint_option
@catalog_option
def command(kind: str, blueprint: str, catalog_folder: Path | None) -> None:
    """Print the JSON Schema of a scenario or of an output.

    Editors complete, explain and check a scenario whose first line names its schema; `advisor init` writes both files.

    \b
    Examples:
      advisor schema > scenario.schema.json
      advisor schema --kind proposal > proposal.schema.json
    """
    click.echo(schema_text(kind, blueprint, catalog_folder), nl=False)


def schema_text(kind: str, blueprint: str, catalog_folder: Path | None) -> str:
    """Return a schema as text. Raises :class:`~advisor.errors.InputError` for a blueprint that the catalog lacks."""
    if kind != "scenario":
        from advisor import resources

        return (resources.folder("templates") / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8")
    import json

    from advisor.catalog.load import load_catalog
    from advisor.render.scenario_schema import scenario_schema

    catalog = load_catalog(catalog_folder)
    found = scenario_schema(catalog.blueprint(blueprint), catalog)
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
