"""House style of documents: rows of the title block, sections left out, words for the status, the accent colour."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from advisor.schema import Strict, build
from advisor.yamlfile import parse

FILE = "style.yml"
GROUNDS = {"light": "#ffffff", "dark": "#14191f"}  # of the page, see page.css
LEAST_CONTRAST = 4.5  # WCAG 2 AA, for text
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Section = Literal[
    "summary",
    "workload",
    "goals",
    "assumptions",
    "architecture",
    "capacity",
    "latency",
    "cost",
    "availability",
    "alternatives",
    "tradeoffs",
    "risks",
    "placement",
    "quality_plan",
    "rollout",
    "questions",
    "appendix",
]


class Status(Strict):
    """Words for the state of things; they stand in front of what is proved, never in its place."""

    document: Line | None = Field(None, description="of the document, its first row: draft, in review, accepted")
    decision: Line = Field("proposed", description="of each decision record")


class Accent(Strict):
    """The colour of links on the page, on light and on dark ground."""

    light: Colour
    dark: Colour

    @model_validator(mode="after")
    def _readable(self) -> Accent:
        for ground, colour in (("light", self.light), ("dark", self.dark)):
            found = contrast(colour, GROUNDS[ground])
            if found < LEAST_CONTRAST:
                raise PydanticCustomError(
                    "contrast",
                    "{colour} has a contrast of {found} on {ground} ground; text needs at least {least}",
                    {"colour": colour, "found": f"{found:.2f}", "ground": ground, "least": LEAST_CONTRAST},
                )
        return self


class Style(Strict):
    """What ``style.yml`` may say; everything is optional."""

    title_block: dict[Line, Line] = Field(default_factory=dict, max_length=20, description="rows on top of the header")
    leave_out: list[Section] = Field(default_factory=list, description="sections that the document does without")
    status: Status = Status()
    accent: Accent | None = None


PLAIN = Style()


def style_from_text(text: str, file: str = FILE) -> Style:
    """Return the house style of a text.

    Raises:
        InputError: with every problem of the file.

    >>> style_from_text("leave_out: [questions]\\nstatus: {document: in review}").status.document
    'in review'
    """
    document = parse(text, file)
    return PLAIN if document.data is None else build(Style, document)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2, relative luminance of sRGB).

    >>> contrast("#000000", "#ffffff"), round(contrast("#777777", "#ffffff"), 2)
    (21.0, 4.48)
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
