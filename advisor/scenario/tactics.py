"""Which tactics a scenario allows, and the figures that they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from advisor.errors import Problem
from advisor.scenario.model import Tactics
from advisor.yamlfile import Document

#: Used unless the scenario denies them. The others bring a second vendor, commit somebody, can be interrupted, scale a
#: figure that was measured elsewhere, or rest on a share that only the user knows, so the scenario must allow them.
BY_DEFAULT = frozenset({"quantise", "replicate", "headroom", "prompt_cache"})

SPLIT_SHARES = (0.25, 0.5, 0.75)
ESCALATION_SHARE = 0.3
FALLBACK_SWITCH = 0.99
FALLBACK_AFTER_MS = 5_000.0
HEDGE_AT = 0.95
PROMPT_CACHE_HIT_SHARE = 0.8


@dataclass(frozen=True)
class AllowedTactics:
    """The tactics that may be used and their figures.

    ``given`` names the figures that the scenario states, ``denied`` the tactics that it names as not to be used.
    """

    allowed: frozenset[str] = BY_DEFAULT
    split_shares: tuple[float, ...] = SPLIT_SHARES
    escalation_share: float = ESCALATION_SHARE
    fallback_switch: float = FALLBACK_SWITCH
    fallback_after_ms: float = FALLBACK_AFTER_MS
    hedge_at: float = HEDGE_AT
    prompt_cache_hit_share: float = PROMPT_CACHE_HIT_SHARE
    mix_ttft_ms: float | None = None
    mix_tpot_ms: float | None = None
    given: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()


def allowed_tactics(raw: Tactics) -> AllowedTactics:
    """Return what a scenario's section allows.

    >>> sorted(allowed_tactics(Tactics(allow=["split"], deny=["headroom"])).allowed)
    ['prompt_cache', 'quantise', 'replicate', 'split']
    """
    figures = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in raw.model_dump(exclude={"allow", "deny"}).items()
        if value is not None
    }
    allowed = (BY_DEFAULT | set(raw.allow)) - set(raw.deny)
    named = {"given": frozenset(figures), "denied": frozenset(raw.deny)}
    return AllowedTactics(frozenset(allowed), **named, **figures)  # type: ignore[arg-type]


def tactic_problems(document: Document, raw: Tactics) -> Iterator[Problem]:
    """Yield what is allowed and denied at once."""
    for index, name in enumerate(raw.deny):
        if name in raw.allow:
            yield document.problem(("tactics", "deny", index), f"'{name}' is also allowed; drop one of the two")
