"""Imports point one way: a module may import its own layer and the ones before it, nothing after it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import advisor

PACKAGE = Path(advisor.__file__).parent

# In the order of the layers. Names are modules or packages below ``advisor``; those of one line are one layer.
LAYERS = (
    ("errors", "methods", "resources", "expression", "yamlfile", "yamledit", "schema", "files"),
    ("catalog",),
    ("imports",),
    ("scenario",),
    ("models",),
    ("audit",),
    ("billing",),
    ("calculator",),
    ("candidates",),
    ("evaluation",),
    ("explanation",),
    ("optimizer",),
    ("selection",),
    ("analysis",),
    ("proposal", "designs"),
    ("rehearsal",),
    ("render",),
    ("commands",),
    ("__main__",),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)


def layer(module: str) -> str:
    """Return the layer's name of a dotted module name.

    >>> layer("advisor.catalog.load")
    'catalog'
    """
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> Iterator[str]:
    """Yield every advisor module that a file imports, inside functions and for type checkers as well."""
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("advisor."))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            if node.module == "advisor":
                yield from (f"advisor.{alias.name}" for alias in node.names)
            elif node.module and node.module.startswith("advisor."):
                yield node.module


@pytest.mark.parametrize("path", [m for m in MODULES if m != Path("__init__.py")], ids=str)
def test_imports_point_up(path: Path) -> None:
    """No module imports from a later layer, not even lazily."""
    own = path.parts[0].removesuffix(".py")
    assert own in RANK, f"{own} has no place among the layers"
    later = [name for name in imports(path) if layer(name) in RANK and RANK[layer(name)] > RANK[own]]
    assert later == []


def test_the_rule_can_fail() -> None:
    """The reader of imports sees the imports that are there: commands use the catalog, lazily."""
    assert "advisor.catalog.load" in set(imports(Path("commands/catalog.py")))


@pytest.mark.parametrize("path", [m for m in MODULES if m.parts[0] == "render"], ids=str)
def test_render_neither_writes_nor_reads_the_clock(path: Path) -> None:
    """The render layer returns values: it opens nothing for writing and asks no clock for the date."""
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute):
            assert called.attr not in {"write_text", "write_bytes", "today", "now", "utcnow"}, f"line {node.lineno}"
        if isinstance(called, ast.Name):
            assert called.id != "open", f"line {node.lineno}"


@pytest.mark.parametrize("path", [m for m in MODULES if m.parts[0] not in ("commands", "__main__.py")], ids=str)
def test_only_commands_print_or_exit(path: Path) -> None:
    """Below the command line nothing prints, exits or knows click."""
    text = (PACKAGE / path).read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "exit", "quit", "SystemExit"}, f"line {node.lineno}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert "click" not in names, f"line {node.lineno}"
