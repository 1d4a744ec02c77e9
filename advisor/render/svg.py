"""SVG as text that is safe to put into a page: clean words, unique ids, nothing active, nothing from outside."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)

_UNITS_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "in": 96.0, "mm": 96 / 25.4, "cm": 96 / 2.54}
_ACTIVE = {"script", "foreignObject", "iframe", "object", "embed", "animate", "set", "handler", "audio", "video"}
_REFERENCES = {"aria-labelledby", "aria-describedby"}
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OUTSIDE = re.compile(r"@import[^;]*;?|url\(\s*(?!['\"]?#)[^)]*\)", re.IGNORECASE)
_INSIDE = re.compile(r"(?<=url\()(\s*['\"]?#)([^)'\"]+)")
_DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")


@dataclass(frozen=True)
class Inline:
    """An SVG element ready for a page: its markup and natural width in CSS pixels (0 when it names none)."""

    markup: str
    width_px: float


def printable(text: str) -> str:
    """Return the text without what no reader can see: control characters, lone surrogates, bidirectional overrides.

    Line ends and tabs stay. Characters that are not allowed in XML become U+FFFD, so that the loss shows.

    >>> printable("a\\u202eb\\x00c\\td")
    'ab\ufffdc\\td'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("\ufffd", _BIDI.sub("", lines))


def inline(svg: str, *, prefix: str, label: str) -> Inline:
    """Return the SVG as one element for a page, its ids prefixed, with ``label`` as its accessible name.

    Scripts, event handlers, animation and whatever would be loaded from elsewhere are taken out; links by ``http(s)``
    and to places inside the SVG stay.

    Args:
        svg: a whole SVG document; declaration, doctype and comments are dropped.
        prefix: put before every id, for example ``fig-diagram-``.
        label: what a screen reader says instead of the picture.

    Raises:
        ValueError: the text is not well-formed XML, or its root is not ``svg``.
    """
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise ValueError(f"the figure '{label}' is not well-formed SVG: {error}") from None
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError(f"the figure '{label}' is not SVG: its root is {root.tag}")
    _disarm(root)
    _prefix(root, prefix)
    root.attrib.update({"role": "img", "aria-label": label})
    root.tail = None
    return Inline(ET.tostring(root, encoding="unicode"), width_px(root))


def width_px(root: ET.Element) -> float:
    """Return the natural width in CSS pixels, 0.0 when neither width nor viewBox tells.

    >>> width_px(ET.fromstring('<svg width="72pt"/>'))
    96.0
    """
    number = re.fullmatch(r"\s*([0-9.]+)\s*([a-z]*)\s*", root.get("width", ""))
    if number and number[2] in _UNITS_PX:
        return float(number[1]) * _UNITS_PX[number[2]]
    box = root.get("viewBox", "").replace(",", " ").split()
    return float(box[2]) if len(box) == 4 else 0.0


def _disarm(root: ET.Element) -> None:
    for element in list(root.iter()):
        for child in [child for child in element if _local(child.tag) in _ACTIVE]:
            element.remove(child)
        for name, value in list(element.attrib.items()):
            local = _local(name)
            if local.startswith("on") or (local in ("href", "src") and not _may_stay(element, value.strip())):
                del element.attrib[name]
            else:
                element.set(name, _OUTSIDE.sub("none", value))
        if _local(element.tag) == "style":
            element.text = _OUTSIDE.sub("none", element.text or "")


def _may_stay(element: ET.Element, target: str) -> bool:
    allowed = r"https?://|#" if _local(element.tag) == "a" else r"#|data:image/"
    return re.match(allowed, target, re.IGNORECASE) is not None


def _prefix(root: ET.Element, prefix: str) -> None:
    ids = {element.get("id", "") for element in root.iter()} - {""}
    for element in root.iter():
        for name, value in element.attrib.items():
            element.set(name, _renamed(_local(name), value, ids, prefix))
        if _local(element.tag) == "style":
            sheet = _DARK.sub(r"@media screen and (prefers-color-scheme: \1)", element.text or "")
            element.text = re.sub(r"#([\w-]+)", lambda found: f"#{_known(found[1], ids, prefix)}", sheet)


def _renamed(name: str, value: str, ids: set[str], prefix: str) -> str:
    if name == "id":
        return prefix + value
    if name in _REFERENCES:
        return " ".join(_known(word, ids, prefix) for word in value.split())
    if name == "href" and value.startswith("#"):
        return "#" + _known(value[1:], ids, prefix)
    return _INSIDE.sub(lambda found: found[1] + _known(found[2], ids, prefix), value)


def _known(name: str, ids: set[str], prefix: str) -> str:
    return prefix + name if name in ids else name


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
