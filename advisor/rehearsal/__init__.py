"""Rehearsal: design interviews whose requirements move, practised against computed truth."""
