"""Selections: the optimizer on any table of options, without the catalog."""

from advisor.selection.load import load_problem
from advisor.selection.problem import SelectionProblem

__all__ = ["SelectionProblem", "load_problem"]
