"""Where the catalog, templates and examples are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder ``catalog``, ``templates`` or ``examples`` that belongs to this installation.

    >>> folder("catalog").name
    'catalog'
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"this installation has no {name} folder; reinstall advisor")


def example(name: str) -> Path:
    """Return the scenario file of a shipped example.

    >>> example("support_copilot").name
    'scenario.yml'
    """
    return folder("examples") / name / "scenario.yml"
