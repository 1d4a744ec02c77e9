"""Candidates in, a proved optimum out: pruning, formulation, solver, search."""
