"""A chart that a command writes beside what it prints."""

from __future__ import annotations

from pathlib import Path

import click


def check_chart(chart: Path | None) -> None:
    """Refuse a name that does not say SVG, and a folder that cannot be written, before anything is solved."""
    from advisor.files import check_folder

    if chart is None:
        return
    if chart.suffix.lower() != ".svg" or chart.is_dir():
        raise click.UsageError(f"--chart writes SVG; found '{chart.name}', name a file that ends with .svg")
    check_folder(chart.parent)
