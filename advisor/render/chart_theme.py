"""Colours and fonts of charts: drawn in the light ones, then dressed so that one SVG follows light and dark.

Every colour of a drawing belongs to a role. The drawing keeps the light colour as an attribute, for readers without
CSS; a class per role lets the page's variable ``--chart-ROLE`` decide, and alone the SVG follows the system.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from advisor.render.svg import SVG

FONTS = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
"""What a reader's browser uses; the layout reserves room for the widest of them."""

COLOURS: Mapping[str, tuple[str, str]] = {
    "ink": ("#1f2933", "#e6ebf0"),
    "muted": ("#52606d", "#a3b0bd"),
    "grid": ("#e4e7eb", "#2c3640"),
    "axis": ("#9aa5b1", "#56626e"),
    "mean": ("#486581", "#86a5c0"),
    "tail": ("#c3d0dc", "#3b4d5e"),
    "accent": ("#d3212d", "#f4726f"),
    "accent-tail": ("#f6c4c6", "#6a3336"),
    "target": ("#b45309", "#f0a44b"),
    "usage": ("#1d4f86", "#8fc1f0"),
    "fixed": ("#5f97cc", "#447bb3"),
    "operations": ("#b7791f", "#dba53f"),
}
"""Role -> (colour on white, colour on the dark page). The light ones differ pairwise: they are how a role is found."""

_ROLES = {light: role for role, (light, _) in COLOURS.items()}
_NOISE = ("role", "aria-roledescription", "aria-label", "aria-hidden", "font-family", "class", "pointer-events")


def themed(svg: str, name: str) -> str:
    """Return the drawing with classes for its colours, a list of fonts, hover texts and one accessible name.

    Args:
        svg: as vl-convert gives it, drawn in the light colours of :data:`COLOURS`.
        name: what a screen reader says instead of the picture.
    """
    root = ET.fromstring(svg)
    used = {role for element in root.iter() for role in _dress(element)}
    root.attrib.update({"class": "chart", "role": "img", "aria-label": name, "font-family": FONTS})
    sheet = ET.Element(f"{{{SVG}}}style")
    sheet.text = _sheet(sorted(used))
    root.insert(0, sheet)
    return ET.tostring(root, encoding="unicode") + "\n"


def _dress(element: ET.Element) -> list[str]:
    for child in [child for child in element if child.get("display") == "none"]:
        element.remove(child)
    about = element.get("aria-label") if element.get("aria-roledescription") in ("bar", "tick", "point") else None
    for noise in _NOISE:
        element.attrib.pop(noise, None)
    if about:
        ET.SubElement(element, f"{{{SVG}}}title").text = about
    found = [(use, _ROLES.get(element.get(use, "").lower(), "")) for use in ("fill", "stroke")]
    classes = [f"chart-{use}-{role}" for use, role in found if role]
    if classes:
        element.set("class", " ".join(classes))
    return classes


def _sheet(classes: Sequence[str]) -> str:
    """Return the style: as a file of its own it knows both themes, inside a page the page's variables decide."""
    rules = []
    for name in classes:
        use, _, role = name.removeprefix("chart-").partition("-")
        rules.append(f".{name}{{{use}:var(--chart-{role},{COLOURS[role][0]})}}")
    dark = "".join(f"--chart-{role}:{colour};" for role, (_, colour) in COLOURS.items())
    alone = f"@media screen and (prefers-color-scheme: dark){{svg:root{{background:#14191f;{dark}}}}}"
    return "".join(rules) + "svg:root{background:#fff}" + alone
