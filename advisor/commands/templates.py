"""``advisor templates``: the templates of documents, to be made one's own."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.errors import nearest

EPILOG = """\b
Examples:
  advisor templates list
  advisor templates copy house
  advisor templates copy house document/summary.md.j2 style.yml
  advisor propose scenario.yml -o out --templates house
"""


@click.group("templates", epilog=EPILOG)
def command() -> None:
    """List the templates of documents, or copy them to change them."""


@command.command("list", epilog="\b\nExample:\n  advisor templates list")
def list_templates() -> None:
    """List the names of everything that a folder of one's own may hold."""
    from advisor.render.templates import shipped

    for name in shipped():
        click.echo(name)


@command.command("copy", epilog=EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--force", is_flag=True, help="Also write over files that are there.")
def copy(folder: Path, names: tuple[str, ...], force: bool) -> None:
    """Copy templates and the house style's file into a folder, all of them or those that are named.

    Keep what is to be different and delete the rest: for what is not there advisor's own is used, also after an update.
    Files that are there are left as they are.
    """
    from advisor.files import write_all
    from advisor.render.templates import copies

    known = copies()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError("\n".join(f"'{name}' is not a template{nearest(name, known)}" for name in unknown))
    wanted = {name: data for name, data in known.items() if not names or name in names}
    kept = [] if force else [name for name in wanted if (folder / name).exists()]
    write_all(folder, {name: data for name, data in wanted.items() if name not in kept})
    click.echo(f"wrote {len(wanted) - len(kept)} files into {folder}", err=True)
    if kept:
        click.echo(f"left as they are: {', '.join(kept)} (--force writes over them)", err=True)
