"""Parameters of a transformer from its published shape: total, and active for one token in a mixture of experts.

Counts are exact integers, each tensor that a checkpoint holds counted once; what a file adds beside them (rotary
tables, scales of quantised weights, layers that predict further tokens) is left out.

Sources: Vaswani et al. (2017); Touvron et al. (2023), "Llama 2"; Jiang et al. (2024), "Mixtral of Experts";
DeepSeek-AI (2024), "DeepSeek-V3"; Radford et al. (2019), GPT-2.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.models import arguments
from advisor.models.quantities import MOST_COUNTED

#: Where linear layers carry a bias: nowhere (Llama), at queries, keys and values (Qwen2), everywhere (GPT-2).
BIASES = ("none", "qkv", "all")


@dataclass(frozen=True)
class Experts:
    """The feed-forward part of a mixture of experts.

    Attributes:
        count: routed experts in a layer, >= 1.
        per_token: of them used for a token, from 1 to ``count``.
        size: width of one expert, >= 1.
        shared: experts of the same width that every token uses, >= 0.
        dense_layers: first layers that keep the ordinary feed-forward part, >= 0.
        router_bias: whether the router adds a number to each expert's score (DeepSeek-V3).
    """

    count: int
    per_token: int
    size: int
    shared: int = 0
    dense_layers: int = 0
    router_bias: bool = False


@dataclass(frozen=True)
class Latent:
    """Multi-head latent attention: ranks of the compressions and sizes of a head's parts.

    Attributes:
        kv_rank: numbers of the compressed keys and values, >= 1.
        rope_size: numbers of the part that carries positions, >= 1.
        nope_size: numbers of a head's query and key without positions, >= 1.
        value_size: numbers of a head's value, >= 1.
        query_rank: numbers of the compressed query, or 0 when queries are not compressed.
    """

    kv_rank: int
    rope_size: int
    nope_size: int
    value_size: int
    query_rank: int = 0


@dataclass(frozen=True)
class Shape:
    """A transformer as its configuration states it.

    Attributes:
        layers: >= 1.
        hidden_size: width of the residual stream, >= 1.
        heads: query heads, >= 1.
        kv_heads: key-value heads, >= 1, a divisor of ``heads``.
        head_size: numbers in a head, >= 1; usually, not always, hidden_size / heads.
        intermediate_size: width of the feed-forward part, >= 1.
        vocabulary: tokens, >= 1.
        tied_embeddings: whether input and output share one table.
        gated: whether the feed-forward part has three matrices (SwiGLU, GeGLU) or two.
        biases: one of ``BIASES``.
        norms_per_layer: normalisations of the hidden size in a layer, >= 0: 2, in Gemma 2 and 3 it is 4.
        query_key_norm: whether queries and keys are normalised per head (Qwen3, Gemma 3).
        norm_bias: whether normalisations have a bias besides their scale (LayerNorm).
        positions: rows of a learned table of positions, >= 0; 0 with rotary positions.
        experts: of a mixture of experts, or None.
        latent: of multi-head latent attention, or None.
    """

    layers: int
    hidden_size: int
    heads: int
    kv_heads: int
    head_size: int
    intermediate_size: int
    vocabulary: int
    tied_embeddings: bool = False
    gated: bool = True
    biases: str = "none"
    norms_per_layer: int = 2
    query_key_norm: bool = False
    norm_bias: bool = False
    positions: int = 0
    experts: Experts | None = None
    latent: Latent | None = None


@dataclass(frozen=True)
class Parameters:
    """Counted parameters.

    Attributes:
        total: all that are stored; what memory holds.
        active: those that one token uses, embeddings included; what computing touches.
        embedding: of the total, in the tables of tokens and positions.
    """

    total: int
    active: int
    embedding: int


def parameters(shape: Shape) -> Parameters:
    """Return the parameters of a model, exactly.

        attention    = hidden (heads + 2 kv_heads) head + heads head hidden
        feed-forward = 3 hidden intermediate                        (2 without a gate)
        experts      = (count + shared) 3 hidden size + hidden count    (the router)
        total        = layers (attention + feed-forward + norms) + final norm + tables

    Active counts ``per_token`` of the experts instead of all, and both tables of tokens, as the 12.9B of Mixtral do;
    the 37B of DeepSeek-V3 leave out the table at the input. Source: the papers named at the top.

    Raises:
        ValueError: a size out of its range, as the attributes of :class:`Shape` state them.

    >>> llama_3_8b = Shape(32, 4096, 32, 8, 128, 14336, 128256)
    >>> parameters(llama_3_8b).total
    8030261248
    >>> mixtral = Shape(32, 4096, 32, 8, 128, 14336, 32000, experts=Experts(8, 2, 14336))
    >>> found = parameters(mixtral)
    >>> f"{found.total / 1e9:.1f}B in total, {found.active / 1e9:.1f}B active"
    '46.7B in total, 12.9B active'
    """
    _check(shape)
    hidden, norm = shape.hidden_size, shape.hidden_size * (2 if shape.norm_bias else 1)
    embedding = (shape.vocabulary * (1 if shape.tied_embeddings else 2) + shape.positions) * hidden
    common = embedding + norm + shape.layers * (_attention(shape) + shape.norms_per_layer * norm)
    dense = _feed_forward(shape, shape.intermediate_size)
    if shape.experts is None:
        return Parameters(common + shape.layers * dense, common + shape.layers * dense, embedding)
    experts = shape.experts
    common += experts.dense_layers * dense
    sparse, one = shape.layers - experts.dense_layers, _feed_forward(shape, experts.size)
    fixed = (hidden + experts.router_bias) * experts.count + experts.shared * one
    total = common + sparse * (fixed + experts.count * one)
    return Parameters(total, common + sparse * (fixed + experts.per_token * one), embedding)


def _attention(shape: Shape) -> int:
    if shape.latent is not None:
        return _latent_attention(shape, shape.latent)
    query, key_value = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    count = shape.hidden_size * (2 * query + 2 * key_value)
    if shape.biases != "none":
        count += query + 2 * key_value
    if shape.biases == "all":
        count += shape.hidden_size
    return count + (2 * shape.head_size if shape.query_key_norm else 0)


def _latent_attention(shape: Shape, latent: Latent) -> int:
    """Count the compressions, their norms, and what restores queries, keys and values of all heads from them."""
    query = shape.heads * (latent.nope_size + latent.rope_size)
    count = shape.hidden_size * (latent.kv_rank + latent.rope_size) + latent.kv_rank
    count += latent.kv_rank * shape.heads * (latent.nope_size + latent.value_size)
    count += shape.heads * latent.value_size * shape.hidden_size
    if not latent.query_rank:
        return count + shape.hidden_size * query
    return count + latent.query_rank * (shape.hidden_size + 1 + query)


def _feed_forward(shape: Shape, size: int) -> int:
    matrices = 3 if shape.gated else 2
    biases = (matrices - 1) * size + shape.hidden_size if shape.biases == "all" else 0
    return matrices * shape.hidden_size * size + biases


def _check(shape: Shape) -> None:
    arguments.whole(
        most=MOST_COUNTED,
        layers=shape.layers,
        hidden_size=shape.hidden_size,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        head_size=shape.head_size,
        intermediate_size=shape.intermediate_size,
        vocabulary=shape.vocabulary,
    )
    arguments.whole(least=0, most=MOST_COUNTED, norms_per_layer=shape.norms_per_layer, positions=shape.positions)
    arguments.one_of(BIASES, biases=shape.biases)
    if shape.heads % shape.kv_heads:
        raise ValueError(f"kv_heads must divide the {shape.heads} heads, found {shape.kv_heads}")
    if shape.experts is not None:
        _check_experts(shape.experts, shape.layers)
    if shape.latent is not None:
        parts = shape.latent
        arguments.whole(
            most=MOST_COUNTED,
            kv_rank=parts.kv_rank,
            rope_size=parts.rope_size,
            nope_size=parts.nope_size,
            value_size=parts.value_size,
        )
        arguments.whole(least=0, most=MOST_COUNTED, query_rank=parts.query_rank)


def _check_experts(experts: Experts, layers: int) -> None:
    arguments.whole(most=MOST_COUNTED, count=experts.count, size=experts.size)
    arguments.whole(most=experts.count, per_token=experts.per_token)
    arguments.whole(least=0, most=MOST_COUNTED, shared=experts.shared)
    arguments.whole(least=0, most=layers, dense_layers=experts.dense_layers)
