"""What exists is documented, and what is documented exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from command_tree import ALL

from advisor.catalog.checks import RULES
from advisor.catalog.load import Catalog
from advisor.catalog.model import Basis
from advisor.commands.main import cli
from advisor.render.scenario_schema import scenario_schema
from advisor.scenario.model import ScenarioFile

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
GENERAL = {"--help", "-h"}


def section(name: str) -> str:
    """Return the section of the manual on a command, "" when there is none."""
    text = (DOCS / "commands.md").read_text()
    found = re.search(rf"^### `advisor {name}`\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("name", [name for name, command in ALL.items() if not isinstance(command, click.Group)])
def test_every_command_has_a_section_with_an_example(name: str) -> None:
    """The manual has a section on each command with a call that starts with it."""
    assert re.search(rf"^    (eval \"\$\()?advisor {name}\b", section(name), re.MULTILINE)


@pytest.mark.parametrize("name", ALL)
def test_every_option_stands_in_its_section(name: str) -> None:
    """Each option of a command is named in the command's section."""
    text = section(name)
    assert text
    options = {opt for p in ALL[name].params if isinstance(p, click.Option) for opt in (*p.opts, *p.secondary_opts)}
    assert {opt for opt in options - GENERAL if f"`{opt}" not in text} == set()


@pytest.mark.parametrize("name", ALL)
def test_no_section_names_an_option_that_is_gone(name: str) -> None:
    """What a section calls an option is one of that command."""
    known = {opt for p in ALL[name].params if isinstance(p, click.Option) for opt in p.opts}
    named = set(re.findall(r"`(--?[a-z][a-z-]*)", section(name)))
    assert named - known - {"-v", "-h"} == set()


def test_no_section_is_about_a_command_that_is_gone() -> None:
    """Every section on a command is about one that exists."""
    named = re.findall(r"^### `advisor ([a-z -]+)`$", (DOCS / "commands.md").read_text(), re.MULTILINE)
    assert set(named) == set(ALL)


def test_the_options_of_the_program_itself_are_documented() -> None:
    """--version, -v and -h stand in the manual."""
    text = (DOCS / "commands.md").read_text()
    assert all(f"`{opt}`" in text for p in cli.params for opt in p.opts if isinstance(p, click.Option))


def calls(page: Path) -> Iterator[list[str]]:
    """Yield the words of every call of advisor that a page shows as a command line."""
    for line in page.read_text().splitlines():
        found = re.match(r"(?:    |\$ )(advisor .*)", line)
        if found and "COMMAND" not in line:
            yield shlex.split(found[1], comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shown_calls_exist(page: Path) -> None:
    """Every call shown in README and manual names a command, its subcommand and options that exist."""
    for call in calls(page):
        words = call[1:] if call[0].startswith("-") else call
        name = " ".join(words[:2]) if words[0] in ("catalog", "blueprint", "templates") else words[0]
        known = {opt for p in ALL[name].params for opt in p.opts}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used - known - GENERAL == set(), words


def scenario_keys(schema: dict[str, Any]) -> set[str]:
    """Return every key that a scenario file can have, at any depth, workload parameters and flow bounds included."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            properties = value.get("properties")
            found.update(properties if isinstance(properties, dict) else ())
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk({key: part for key, part in schema.items() if key != "$defs"})
    walk(list(schema["$defs"].values()))
    return found


def documented_keys() -> dict[str, list[str]]:
    """Return key -> cells of every row of the tables on the scenario page."""
    rows = re.findall(r"^\| `([a-z_0-9]+)` \|(.*)\|$", (DOCS / "scenario.md").read_text(), re.MULTILINE)
    return {key: [cell.strip() for cell in cells.split(" | ")] for key, cells in rows}


def test_every_scenario_key_is_documented(catalog: Catalog) -> None:
    """Each key has a row with meaning, unit, default and example; no row is about a key that is gone."""
    blueprint = catalog.blueprint("rag_assistant")
    schema = scenario_schema(blueprint, catalog)
    by_place = set(blueprint.roles) | set(blueprint.flows) | {"mean", "p50", "p90", "p95", "p99", "p99.9"}
    by_place |= set(catalog.cards)
    keys = scenario_keys(schema) - by_place | {"mean"}
    assert set(ScenarioFile.model_fields) <= keys
    documented = documented_keys()
    assert set(documented) == keys
    assert [key for key, cells in documented.items() if len(cells) != 4 or not cells[0]] == []


def test_documented_defaults_are_the_defaults(catalog: Catalog) -> None:
    """The unit and default of each workload parameter are those of the blueprint."""
    documented = documented_keys()
    for name, parameter in catalog.blueprint("rag_assistant").parameters.items():
        default = "required" if parameter.default is None else f"{parameter.default:_.15g}: {parameter.why}"
        assert documented[name][1:3] == [parameter.unit, default]


def test_the_catalog_page_knows_every_basis_and_rule() -> None:
    """The vocabulary of bases and the rules across records stand on the catalog page, and no others."""
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", (DOCS / "catalog.md").read_text(), re.MULTILINE))
    assert set(Basis.__args__) <= rows  # type: ignore[attr-defined]
    rules = {rule.__name__ for rule in RULES}
    assert rules <= rows
    table = (DOCS / "catalog.md").read_text().partition("## Rules across records")[2]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == rules


def test_the_scenario_on_the_page_loads(catalog: Catalog) -> None:
    """The example of the scenario page is a scenario."""
    from advisor.scenario.load import scenario_from_text

    block = re.search(r"```yaml\n(.*?)```", (DOCS / "scenario.md").read_text(), re.DOTALL)
    assert block
    assert scenario_from_text(block[1], catalog).title


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Relative links point at files that exist."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
