"""The README is true: what it shows is what is printed, what it lists is all that there is."""

from __future__ import annotations

import re
from pathlib import Path

from advisor.catalog.load import Catalog
from advisor.proposal import Proposal
from advisor.render import terminal

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def words(text: str) -> str:
    """Return a text with single spaces."""
    return " ".join(text.split())


def test_the_verdict_shown_is_the_verdict(proposal: Proposal) -> None:
    """The lines of the verdict that the README shows for the example are those that are printed today, all of them."""
    from rich.console import Console

    console = Console(width=140, file=None, force_terminal=False, color_system=None)
    assert proposal.best is not None
    with console.capture() as shown:
        console.print(terminal.verdict(proposal.best))
    printed = [words(line) for line in shown.get().splitlines() if line.strip()]
    quoted = [words(line) for line in README.splitlines() if re.match(r"    [✓✗·] ", line)]
    assert quoted == printed


def test_the_choices_shown_are_the_choices(proposal: Proposal) -> None:
    """The roles of the example that the README shows have the component that is chosen today."""
    assert proposal.best is not None
    rows = re.findall(r"^     ([a-z_]+) {2,}(\S.*?) {2,}", README, re.MULTILINE)
    assert {role for role, _ in rows} - {"role"} >= {"gateway", "llm"}
    for role, name in rows:
        if role != "role":
            component = proposal.best.design[role].component
            assert component is not None
            assert component.name == name


def test_every_blueprint_and_example_is_listed(catalog: Catalog) -> None:
    """Every blueprint has its row with the example that is of it, and no row is of one that is gone."""
    rows = dict(re.findall(r"^\| `([a-z_]+)` \|.*\((examples/[a-z_]+/scenario\.yml)\) \|$", README, re.MULTILINE))
    assert set(rows) == set(catalog.records.blueprints)
    assert {path for path in rows.values()} == {
        file.relative_to(ROOT).as_posix() for file in ROOT.glob("examples/*/scenario.yml")
    }
    for blueprint, example in rows.items():
        assert re.search(rf"^blueprint: {blueprint}\b", (ROOT / example).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_page_is_linked() -> None:
    """Every page of the manual is linked, and every relative link leads to a file."""
    linked = set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
    assert {f"docs/{page.name}" for page in ROOT.glob("docs/*.md")} <= linked
    assert [path for path in sorted(linked) if not (ROOT / path).exists()] == []
