"""The page: one file, nothing from outside, everything typed is only text, and it can be found one's way in."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.render.page import Figure_, allowed_link, html
from advisor.render.svg import inline
from advisor.resources import folder

VOID = {"meta", "link", "br", "hr", "img", "input"}
DIAGRAM = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">
<!-- made by dot -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="900pt">
<style>#node1 text{fill:red} @media (prefers-color-scheme: dark){.a{fill:#fff}}</style>
<defs><linearGradient id="shade"/></defs><g id="node1" aria-labelledby="t1 other"><title id="t1">LLM</title>
<rect fill="url(#shade)"/><use xlink:href="#node1"/><a xlink:href="https://a.example/x"><text>link</text></a></g></svg>"""
CHART = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80"><rect id="node1"/></svg>'
FIGURES = {
    "diagram.svg": Figure_("diagram.svg", DIAGRAM, "Twenty components"),
    "latency_answer.svg": Figure_("latency_answer.svg", CHART, "Waterfall"),
}
SAMPLE = """# Design of `copilot`

Intro with [a link](https://a.example/) and [one inside](#cost--growth).

![The request *path*](diagram.svg)

## Cost & growth

| metric | target | met |
|---|---:|:---:|
| cost | 25 196 USD | ✓ |
| p95 | 6.0 s | ✗ |

### By component

```yaml
a: "<b>" # ✓
```

## Cost & growth

#### Too deep

![Budget](latency_answer.svg)
"""
HOSTILE = (
    """# </title><script>alert(1)</script> {{ 7*7 }} #{x}

<script>alert(2)</script> <img src=x onerror=alert(3)> <iframe src="https://evil.example"></iframe>

[js](javascript:alert(4)) [js](JaVaScRiPt:alert(4)) [js](&#106;avascript:alert(4)) [d](data:text/html,x) [v](vbscript:x)
<javascript:alert(5)> [file](file:///etc/passwd) [host](//evil.example) ![remote](https://evil.example/pixel.png)
![data](data:image/svg+xml;base64,AAAA) [t](https://a.example "\\" onmouseover=alert(6) x=\\"")

## a](b) | "c" 'd' & <e> \u202egnp.exe\u2066 {% raw %} ${x} \\`

| a | b |
|---|---|
| `x \\| y` </td></table><script>alert(7)</script> | {{ 7*7 }} {% include "x" %} |

```"><script>alert(8)</script>
</code></pre><script>alert(9)</script>
```

"""
    + "w" * 200
    + " \x00\x07\ud800 end\n\n## \n\n## content\n\n[ref]: javascript:alert(10)\n\n[ref]\n"
)


class Page(HTMLParser):
    """Reads a page strictly: every element that is opened is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.head_title = text[text.index("<title>") + 7 : text.index("</title>")]
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        """Note the element and, unless it is void, wait for its end."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note the element."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Close the innermost element, which must be this one."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Note the text under its innermost element."""
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements with the tag and these attributes."""
        wanted = {name.rstrip("_"): value for name, value in wanted.items()}
        return [attrs for name, attrs in self.elements if name == tag and wanted.items() <= attrs.items()]

    def text(self, tag: str = "") -> str:
        """Return the text directly inside all elements with the tag, or of the whole page."""
        return "".join(data for place, data in self.texts if tag in ("", place))


def page(markdown: str = SAMPLE, **more) -> Page:
    """Return the parsed page of the Markdown with the usual title and figures."""
    return Page(html(markdown, **{"title": "Copilot", "figures": FIGURES, **more}))


@pytest.mark.parametrize("markdown", [SAMPLE, HOSTILE, "", "# Only a title", "plain"])
def test_page_is_well_formed_and_says_what_it_is(markdown):
    """Every element is closed; language, encoding, viewport and title are there; exactly one h1 and one main."""
    read = page(markdown)
    assert read.all("html", lang="en")
    assert read.all("meta", charset="utf-8")
    assert read.all("meta", name="viewport")
    assert read.head_title == "Copilot"
    assert len(read.all("main")) == len(read.all("h1")) == 1


@pytest.mark.parametrize("markdown", [SAMPLE, HOSTILE])
def test_nothing_is_loaded_from_anywhere(markdown):
    """No element names a source outside the file: no src, no link element, no url() in a style, no @import."""
    text = html(markdown, title="Copilot", figures=FIGURES)
    read = Page(text)
    assert not [attrs for _, attrs in read.elements if {"src", "srcset", "data", "action", "background"} & set(attrs)]
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in read.elements}
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", read.text("style"))
    assert {tag for tag, attrs in read.elements if str(attrs.get("href", "#"))[0] != "#"} <= {"a"}


def test_policy_forbids_loading_and_names_the_script_by_its_hash():
    """The Content-Security-Policy comes before style and script, loads nothing, and matches the script's bytes."""
    text = html(SAMPLE, title="Copilot", figures={})
    (meta,) = [attrs for attrs in Page(text).all("meta") if attrs.get("http-equiv") == "Content-Security-Policy"]
    policy = str(meta["content"])
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    script = Page(text).text("script")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert text.index("Content-Security-Policy") < min(text.index("<style"), text.index("<script"))


@pytest.mark.parametrize("markdown", [SAMPLE, HOSTILE])
def test_ids_are_unique_and_anchors_lead_somewhere(markdown):
    """No id stands twice, headings called like an id of the page included; every #anchor of ours has its target."""
    read = page(markdown)
    ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {str(attrs["href"])[1:] for attrs in read.all("a") if str(attrs.get("href", "")).startswith("#")} <= set(ids)


def test_contents_match_the_headings():
    """The contents list every h2 and h3, in order, under the anchors GitHub would give them."""
    read = page()
    listed = [str(attrs["href"]) for attrs in read.all("a") if str(attrs.get("href")).startswith("#")]
    inside = listed[1 : 1 + 4]
    assert inside == ["#cost--growth", "#by-component", "#cost--growth-1", "#too-deep"]
    heads = [f"#{attrs['id']}" for tag, attrs in read.elements if tag in ("h2", "h3")]
    assert heads == inside


def test_headings_never_skip_a_level():
    """A heading is at most one level below the one before it; a second h1 becomes an h2."""
    read = page("# A\n\n#### B\n\n# C\n\n###### D\n\n## E\n\n#### F")
    assert [tag for tag, _ in read.elements if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h2", "h3", "h2", "h3"]


def test_title_becomes_the_heading_when_there_is_none():
    """Markdown without a # heading gets the page's title as its h1, escaped."""
    assert page("text", title="A <b> & c").text("h1") == "A <b> & c"


@pytest.mark.parametrize("number", range(1, 11))
def test_hostile_markdown_never_executes(number):
    """None of the alerts ends up where a browser would run it."""
    text = html(HOSTILE, title="</title><script>alert(1)</script>", figures={})
    read = Page(text)
    assert len(read.all("script")) == 1
    assert f"alert({number})" not in read.text("script")
    for _, attrs in read.elements:
        assert not [name for name in attrs if name.startswith("on")]
        assert f"alert({number})" not in str(attrs.get("href", ""))


def test_hostile_markdown_is_shown_as_typed():
    """Templates are not filled, HTML is shown, and what no reader can see is gone."""
    read = page(HOSTILE)
    shown = read.text()
    assert "{{ 7*7 }}" in shown
    assert "49" not in read.text("td")
    assert "<iframe src=" in shown
    assert "w" * 200 in shown
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:x",
        "java\nscript:x",
        "%6Aavascript:x",
        " data:x",
        "FILE:///x",
        "//a.b",
        "/\\a.b",
        "\\\\a.b",
        "mailto:a@b",
    ],
)
def test_refused_links(target):
    """Only http(s), relative addresses and anchors are links."""
    assert not allowed_link(target)


def test_allowed_links():
    """Links people need stay links; a colon in a query or anchor is no scheme."""
    for target in ("http://a.b", "HTTPS://a.b", "adr/0001.md", "/x", "../x", "#a:b", "?a=b:c", "x/y:z"):
        assert allowed_link(target), target


def test_same_arguments_same_bytes():
    """Two pages of the same Markdown are equal byte by byte and can be written as UTF-8."""
    assert html(HOSTILE, title="t", figures=FIGURES).encode() == html(HOSTILE, title="t", figures=FIGURES).encode()


def test_figures_are_inline_with_their_caption():
    """An image of a known name becomes a figure with the SVG and its alt text as caption, once."""
    read = page()
    assert [attrs.get("aria-label") for attrs in read.all("svg")] == ["Twenty components", "Waterfall"]
    assert [attrs["id"] for attrs in read.all("figure")] == ["Figure-diagram", "Figure-latency-answer"]
    assert "The request path" in read.text("span")


def test_ids_inside_figures_are_prefixed():
    """Ids of two drawings never meet; references inside a drawing follow, in attributes and style sheets."""
    text = html(SAMPLE, title="Copilot", figures=FIGURES)
    assert text.count('id="Figure-diagram--node1"') == text.count('id="Figure-latency-answer--node1"') == 1
    assert 'xlink:href="#Figure-diagram--node1"' in text
    assert "url(#Figure-diagram--shade)" in text
    assert "#Figure-diagram--node1 text{fill:red}" in text
    assert 'aria-labelledby="Figure-diagram--t1 other"' in text


def test_a_second_mention_links_to_the_figure():
    """The same image twice is one drawing and a link to it."""
    read = page("![a](diagram.svg)\n\n![b](diagram.svg)")
    assert len(read.all("svg")) == 1
    assert read.all("a", href="#Figure-diagram")


def test_a_figure_inside_a_line_or_cell_stays_valid():
    """An image in a sentence or a table cell is drawn in place, without a block inside the line."""
    read = page("See ![a](latency_answer.svg).\n\n| a |\n|---|\n| ![b](diagram.svg) |")
    assert len(read.all("svg")) == 2
    assert not read.all("figure")


def test_figures_with_like_names_keep_apart():
    """Two names that give the same id, and a heading called like a figure, stay three ids."""
    figures = {name: Figure_(name, CHART, name) for name in ("a_b.svg", "a-b.svg", "a.svg")}
    read = page("# Figure-a-b\n\n## Figure a\n\n![x](a_b.svg)\n\n![y](a-b.svg)\n\n![z](a.svg)", figures=figures)
    ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
    assert len(ids) == len(set(ids)) == 2 + 3 + 3 + 1


PIECES = [*"#*_`|<>[]()!\\\"'&{}-:=~ \n\t", "\n\n", "## ", "|---|---:|\n", "![a](diagram.svg)", "](", "```", "x" * 200]
PIECES += [
    "<script>",
    "</style>",
    "<!--",
    "]]>",
    "{{",
    "{%",
    "javascript:",
    "\u202e",
    "\x00",
    "\ud800",
    "✓",
    "1 000",
    "&#x3c;",
]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_mixture_gives_a_sound_page(markdown):
    """Whatever pieces of syntax meet, elements nest, ids are unique, one script is there and no handler."""
    read = page(markdown, title=markdown)
    ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert len(read.all("script")) == 1
    assert not [name for _, attrs in read.elements for name in attrs if name.startswith("on")]


def test_missing_figures_are_named_not_loaded():
    """An image without a drawing says so in words."""
    read = page("![The growth chart](growth.svg) ![x](https://a.example/b.png)")
    assert "[figure: The growth chart]" in read.text("span")
    assert not read.all("img")


def test_a_figure_is_disarmed():
    """Scripts, handlers, foreign HTML and outside references in an SVG do not reach the page."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script>'
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject><style>@import 'http://a.b/c';"
        ".x{fill:url(http://a.b/d)}</style><image href='http://a.b/e.png'/>"
        "<a href='javascript:alert(1)'><text>ok</text></a>"
        "<rect fill='url(http://a.b/f)' onclick='alert(1)'/></svg>"
    )
    safe = inline(svg, prefix="p-", label="x").markup
    assert "ok" in safe
    for word in ("alert", "foreignObject", "a.b", "@import", "javascript", "onload", "onclick"):
        assert word not in safe


@pytest.mark.parametrize("svg", ["<svg", "", "<html/>", "just words"])
def test_what_is_not_svg_is_refused(svg):
    """A broken drawing raises with its name instead of breaking the page."""
    with pytest.raises(ValueError, match="the figure 'Plan'"):
        html("![a](a.svg)", title="t", figures={"a.svg": Figure_("a.svg", svg, "Plan")})


def test_tables_scroll_inside_themselves_and_align_figures():
    """A table stands in a box that scrolls; right-aligned columns get the class of figures, heads their scope."""
    read = page()
    assert read.all("div", class_="table scroll")
    assert len(read.all("td", class_="num")) == 2
    assert len(read.all("th", scope="col")) == 3
    assert not [attrs for tag, attrs in read.elements if tag == "td" and "style" in attrs]


def test_marks_are_coloured_and_stay_characters():
    """✓ and ✗ in text get a class and remain; in code they are left alone."""
    text = html(SAMPLE, title="Copilot", figures={})
    assert text.count('<span class="yes">✓</span>') == 1
    assert text.count('<span class="no">✗</span>') == 1
    assert "# ✓" in Page(text).text("code")


def test_grouped_figures_do_not_break_over_lines():
    """25 196 is one number: its space does not break; other spaces stay."""
    assert "25\xa0196 USD" in page().text("td")


def test_code_has_copy_buttons_that_only_show_with_script():
    """Each block has a button, hidden until the script can make it work; code is escaped."""
    read = page()
    assert len(read.all("button", class_="copy")) == len(read.all("pre")) == 1
    assert all("hidden" in attrs for attrs in read.all("button", class_="copy") + read.all("div", class_="themes"))
    assert read.text("code").endswith('a: "<b>" # ✓\n')


def test_a_way_past_the_contents():
    """The first link skips to the main part, and the contents are a labelled navigation."""
    read = page()
    assert read.all("a")[0]["href"] == "#content"
    assert read.all("main", id="content")
    assert [attrs["aria-label"] for attrs in read.all("nav")] == ["Contents"]


def test_both_themes_have_contrast():
    """Words reach 4.5:1 (WCAG AA) on the ground, on raised boxes and on marked ones, in light and in dark."""
    sheet = (folder("templates") / "page.css").read_text(encoding="utf-8")
    colours = {name: pair for name, *pair in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", sheet)}
    for theme in (0, 1):
        for word in ("ink", "strong", "muted", "link", "yes", "no", "warn"):
            for ground in ("ground", "raised", "mark"):
                assert contrast(colours[word][theme], colours[ground][theme]) >= 4.5, (word, ground, theme)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""
    bright, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_print_leaves_out_what_only_a_screen_needs():
    """On paper there are no contents, buttons or anchors, and a dark page is printed light."""
    sheet = (folder("templates") / "page.css").read_text(encoding="utf-8")
    printed = sheet[sheet.index("@media print") :]
    assert ".side, .skip, .copy, .enlarge, .anchor, .tip { display: none !important; }" in printed
    assert "color-scheme: light" in printed
