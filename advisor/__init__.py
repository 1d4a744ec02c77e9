"""advisor: an architecture trade-off design advisor for AI systems.

A scenario and a catalog go in; a proved, sourced, explained design comes out. The names below are stable.

>>> import advisor
>>> scenario = advisor.load_scenario(advisor.example("support_copilot"))
>>> proposal = advisor.propose(scenario, explain=False)
>>> proposal.best.feasible
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "load_scenario": "advisor.scenario.load",
    "load_catalog": "advisor.catalog.load",
    "load_design": "advisor.designs",
    "load_bill": "advisor.billing.load",
    "bill_from_text": "advisor.billing.load",
    "price": "advisor.billing.price",
    "audit_table": "advisor.audit.report",
    "audit_text": "advisor.audit.report",
    "propose": "advisor.proposal",
    "robust": "advisor.analysis.robust",
    "ways_out": "advisor.analysis.ways_out",
    "evaluate": "advisor.designs",
    "answer": "advisor.analysis.answers",
    "what_if": "advisor.analysis.what_if",
    "way": "advisor.analysis.way",
    "compare": "advisor.analysis.comparison",
    "pareto": "advisor.analysis.pareto",
    "alternatives": "advisor.analysis.alternatives",
    "why": "advisor.analysis.why",
    "why_not": "advisor.analysis.why_not",
    "find_wishes": "advisor.analysis.wishes",
    "select": "advisor.selection.run",
    "explain": "advisor.explanation.explain",
    "candidate_table": "advisor.candidates.table",
    "example": "advisor.resources",
}
_NAMES = {"candidate_table": "table"}  # the name candidates is taken by the package

__all__ = [
    "__version__",
    "alternatives",
    "answer",
    "audit_table",
    "audit_text",
    "bill_from_text",
    "candidate_table",
    "compare",
    "evaluate",
    "example",
    "explain",
    "find_wishes",
    "load_bill",
    "load_catalog",
    "load_design",
    "load_scenario",
    "pareto",
    "price",
    "propose",
    "robust",
    "select",
    "way",
    "ways_out",
    "what_if",
    "why",
    "why_not",
]

if TYPE_CHECKING:
    from advisor.analysis.alternatives import alternatives
    from advisor.analysis.answers import answer
    from advisor.analysis.comparison import compare
    from advisor.analysis.pareto import pareto
    from advisor.analysis.robust import robust
    from advisor.analysis.way import way
    from advisor.analysis.ways_out import ways_out
    from advisor.analysis.what_if import what_if
    from advisor.analysis.why import why
    from advisor.analysis.why_not import why_not
    from advisor.analysis.wishes import find_wishes
    from advisor.audit.report import audit_table, audit_text
    from advisor.billing.load import bill_from_text, load_bill
    from advisor.billing.price import price
    from advisor.candidates.table import table as candidate_table
    from advisor.catalog.load import load_catalog
    from advisor.designs import evaluate, load_design
    from advisor.explanation.explain import explain
    from advisor.proposal import propose
    from advisor.resources import example
    from advisor.scenario.load import load_scenario
    from advisor.selection.run import select


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import advisor`` stays as cheap as it looks."""
    if name not in _HOMES:
        raise AttributeError(f"module 'advisor' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), _NAMES.get(name, name))
