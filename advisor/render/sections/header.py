"""Section 1: what this document is, from what, and how to make it again."""

from __future__ import annotations

from advisor.render.markdown import code, escape, fence, table
from advisor.render.sections.view import View, goal, proof


def context(view: View) -> dict[str, object]:
    """Return the facts of the header."""
    scenario = view.scenario
    goals = ", then ".join(goal(view, number) for number in range(len(scenario.objective)))
    style = view.style
    rows = [
        *((escape(label), escape(text)) for label, text in style.title_block.items()),
        *([("document", escape(style.status.document))] if style.status.document else []),
        ("status", proof(view)),
        ("objective", goals),
        ("owner", escape(scenario.owner) or "✎ *human*: who owns this design and answers for it?"),
        ("date", view.date.isoformat()),
        (
            "scenario",
            f"{code('scenario.yml')} beside this document, digest {code(scenario.digest)}, blueprint "
            f"{code(scenario.blueprint.id)}",
        ),
        ("catalog", f"digest {code(view.catalog.digest)}, newest price check {view.catalog.date.isoformat()}"),
        ("prices", f"as of {view.proposal.table.as_of.isoformat()}"),
        ("made by", f"advisor {escape(view.version)}"),
    ]
    return {"facts": table(["", ""], rows), "command": fence(view.command, "sh")}
