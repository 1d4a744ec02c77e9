"""Prompt caching: the provider keeps the state of a prompt's beginning, and charges less for reading it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from advisor import expression
from advisor.candidates.layout import Layout, PromptCache
from advisor.candidates.tactics.combine import note
from advisor.candidates.tactics.registry import Setting, tactic
from advisor.catalog.blueprint import Prompt
from advisor.catalog.model import Option
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

LEAST_PREFIX_TOKENS = 1024  # shorter beginnings are not cached: OpenAI and Anthropic guides to prompt caching
HITS = "share of repeated prompt tokens found in the provider's cache"
FIRST_TOKEN = "time to first token with a prompt cache"
SOURCE = "Gim et al. (2024), Prompt Cache: Modular Attention Reuse for Low-Latency Inference"


def cached(role: str, scenario: Scenario) -> PromptCache | None:
    """Return what of a role's prompts the provider's cache may hold, None where they do not repeat or are too short."""
    prompt = scenario.blueprint.roles[role].prompt
    if prompt is None:
        return None
    share = scenario.workload[prompt.repeated_share]
    long_enough = share * expression.parse(prompt.tokens).evaluate(scenario.workload) >= LEAST_PREFIX_TOKENS
    return PromptCache(share, scenario.tactics.prompt_cache_hit_share) if long_enough else None


def _read(role: str, scenario: Scenario) -> tuple[PromptCache | None, str]:
    """Return all that the tactic reads of a scenario: the parameter is named in what is assumed."""
    prompt = scenario.blueprint.roles[role].prompt
    return cached(role, scenario), prompt.repeated_share if prompt else ""


@tactic("prompt_cache", "variant", "read the repeated part of prompts from the provider's cache", SOURCE, reads=_read)
def prompt_cache(layout: Layout, setting: Setting) -> Iterator[Layout]:
    """The same option with the repeated share of its prompts read at the cache's price, where that saves money.

    Used only when the workload says that prompts repeat, and when the hits pay for what the misses cost to write. Time
    to the first token is left as it is: providers publish only how much a hit can save at the most.
    """
    prompt, cache = setting.scenario.blueprint.roles[setting.role].prompt, cached(setting.role, setting.scenario)
    if prompt is None or cache is None or layout.batch or not saves(setting.option, cache):
        return
    tactics = (*layout.tactics, "prompt_cache")
    yield replace(layout, prompt_cache=cache, tactics=tactics, notes=(*layout.notes, *_notes(setting.scenario, prompt)))


def restated(layout: Layout, role: str, scenario: Scenario) -> Layout:
    """Return a layout whose cache holds what it holds in a scenario: prompts too short for it are sent anew."""
    if layout.prompt_cache is None:
        return layout
    cache = cached(role, scenario)
    if cache is not None:
        return replace(layout, prompt_cache=cache)
    notes = tuple(note for note in layout.notes if note.subject not in (HITS, FIRST_TOKEN))
    tactics = tuple(name for name in layout.tactics if name != "prompt_cache")
    return replace(layout, prompt_cache=None, tactics=tactics, notes=notes)


def saves(option: Option, cache: PromptCache) -> bool:
    """Return whether reading and writing the repeated tokens costs less than sending them anew, at the newest prices.

        hit share x read price + (1 - hit share) x write price < input price

    A price that is not known saves nothing; where writing has none, a miss costs what any input costs.
    """
    usd = {price.meter: price.usd for price in option.prices}
    plain, read = usd.get("million_input_tokens"), usd.get("million_cached_input_tokens")
    if plain is None or read is None:
        return False
    write = usd.get("million_cache_write_tokens")
    return cache.hit_share * read + (1 - cache.hit_share) * (plain if write is None else write) < plain


def _notes(scenario: Scenario, prompt: Prompt) -> tuple[Assumption, ...]:
    hits = scenario.tactics.prompt_cache_hit_share
    return (
        *note(
            scenario,
            "prompt_cache_hit_share",
            HITS,
            f"{hits:g}",
            "no published figure: caches forget within minutes, so it depends on how often each beginning comes; "
            "answers state the tokens that were read",
        ),
        Assumption(
            FIRST_TOKEN,
            "as without",
            "providers publish only the most that a hit can save; measure it",
            f"workload.{prompt.repeated_share}",
        ),
    )
