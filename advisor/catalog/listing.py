"""Where an option's token prices are listed: the model's name in the package ``genai-prices``."""

from __future__ import annotations

from pydantic import Field

from advisor.schema import Strict


class Listing(Strict):
    """A model of a provider, as ``genai-prices`` names them; ``advisor catalog refresh`` compares the prices."""

    provider: str = Field(min_length=1, max_length=80)
    model: str = Field(min_length=1, max_length=160)
