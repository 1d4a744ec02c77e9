"""What was filled in because nobody said it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """Something that was filled in because nobody said it: what, with which value, why, and where to change it."""

    subject: str
    value: str
    reason: str
    change_at: str
