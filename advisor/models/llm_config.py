"""Shape, parameters and KV-cache of a model from its published configuration, the ``config.json`` beside its weights.

Only families whose tensors are known are read; any other is refused rather than counted by guess.

Source: the configuration classes and model code of Hugging Face Transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.models import arguments
from advisor.models.llm_memory import kv_bytes_per_token, latent_kv_bytes_per_token
from advisor.models.llm_parameters import Experts, Latent, Parameters, Shape, parameters

#: What a family has beyond Llama's layout, by the ``model_type`` of its configuration.
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {},
    "mixtral": {},
    "qwen2": {"biases": "qkv"},
    "qwen3": {"query_key_norm": True},
    "qwen3_moe": {"query_key_norm": True},
    "gemma2": {"norms_per_layer": 4, "tied_embeddings": True},
    "gemma3_text": {"norms_per_layer": 4, "tied_embeddings": True, "query_key_norm": True},
    "deepseek_v2": {},
    "deepseek_v3": {},
}


def shape_of(config: Mapping[str, Any]) -> Shape:
    """Return the shape that a configuration states.

    Where Transformers has a default it is used: ``num_key_value_heads`` is ``num_attention_heads``, ``head_dim`` is
    ``hidden_size / num_attention_heads``, embeddings are untied (tied in Gemma).

    Args:
        config: the parsed ``config.json``; of a multimodal model its ``text_config``.

    Raises:
        ValueError: a family that is not known, a key that is missing or no whole number, or biases in a family whose
            layout has none.

    >>> mistral_7b = {"model_type": "mistral", "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000,
    ...     "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336}
    >>> shape_of(mistral_7b).head_size
    128
    """
    family = str(config.get("model_type"))
    arguments.one_of(sorted(FAMILIES), model_type=family)
    for key in ("attention_bias", "mlp_bias"):
        if config.get(key):
            raise ValueError(f"{key} must be false or absent in a configuration of {family}, found {config[key]}")
    heads, hidden = _whole(config, "num_attention_heads"), _whole(config, "hidden_size")
    given: dict[str, Any] = {"tied_embeddings": bool(config.get("tie_word_embeddings", False))}
    return Shape(
        layers=_whole(config, "num_hidden_layers"),
        hidden_size=hidden,
        heads=heads,
        kv_heads=_whole(config, "num_key_value_heads", heads),
        head_size=_head_size(config, hidden, heads),
        intermediate_size=_whole(config, "intermediate_size"),
        vocabulary=_whole(config, "vocab_size"),
        experts=_experts(config, family),
        latent=_latent(config, family),
        **(given | FAMILIES[family]),
    )


def parameters_of(config: Mapping[str, Any]) -> Parameters:
    """Return the parameters of the model that a configuration states: :func:`parameters` of :func:`shape_of`.

    Args:
        config: the parsed ``config.json``; of a multimodal model its ``text_config``.

    Raises:
        ValueError: a configuration that cannot be read, as for :func:`shape_of`.

    >>> mistral_7b = {"model_type": "mistral", "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000,
    ...     "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336}
    >>> parameters_of(mistral_7b).total
    7241732096
    """
    return parameters(shape_of(config))


def kv_bytes_of(config: Mapping[str, Any], kv_type: str = "fp16") -> int:
    """Return the bytes of KV-cache for one token of the model that a configuration states, over all layers.

    Counts full attention in every layer, also where the model has windows; see
    :func:`advisor.models.llm_memory.hybrid_kv_cache_bytes` for what they save.

    Args:
        config: the parsed ``config.json``; of a multimodal model its ``text_config``.
        kv_type: a key of ``BITS_PER_KV_VALUE``.

    Raises:
        ValueError: a configuration that cannot be read, as for :func:`shape_of`, or an unknown type.

    >>> mistral_7b = {"model_type": "mistral", "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000,
    ...     "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336}
    >>> kv_bytes_of(mistral_7b), kv_bytes_of(mistral_7b, "fp8")
    (131072, 65536)
    """
    shape = shape_of(config)
    if shape.latent is not None:
        return latent_kv_bytes_per_token(shape.layers, shape.latent.kv_rank, shape.latent.rope_size, kv_type)
    return kv_bytes_per_token(shape.layers, shape.kv_heads, shape.head_size, kv_type)


def _experts(config: Mapping[str, Any], family: str) -> Experts | None:
    if family == "mixtral":
        return Experts(
            _whole(config, "num_local_experts"),
            _whole(config, "num_experts_per_tok"),
            _whole(config, "intermediate_size"),
        )
    if family == "qwen3_moe":
        _refuse_mixed_layers(config)
        return Experts(
            _whole(config, "num_experts"),
            _whole(config, "num_experts_per_tok"),
            _whole(config, "moe_intermediate_size"),
        )
    if family.startswith("deepseek"):
        return Experts(
            _whole(config, "n_routed_experts"),
            _whole(config, "num_experts_per_tok"),
            _whole(config, "moe_intermediate_size"),
            shared=_whole(config, "n_shared_experts", 0, least=0),
            dense_layers=_whole(config, "first_k_dense_replace", 0, least=0),
            router_bias=family == "deepseek_v3",
        )
    return None


def _latent(config: Mapping[str, Any], family: str) -> Latent | None:
    if not family.startswith("deepseek"):
        return None
    return Latent(
        kv_rank=_whole(config, "kv_lora_rank"),
        rope_size=_whole(config, "qk_rope_head_dim"),
        nope_size=_whole(config, "qk_nope_head_dim"),
        value_size=_whole(config, "v_head_dim"),
        query_rank=_whole(config, "q_lora_rank", 0, least=0),
    )


def _head_size(config: Mapping[str, Any], hidden: int, heads: int) -> int:
    if config.get("head_dim") is not None:
        return _whole(config, "head_dim")
    if hidden % heads:
        raise ValueError(f"head_dim must be given when {heads} heads do not divide hidden_size, found {hidden}")
    return hidden // heads


def _refuse_mixed_layers(config: Mapping[str, Any]) -> None:
    if config.get("mlp_only_layers") or config.get("decoder_sparse_step", 1) != 1:
        raise ValueError("mlp_only_layers must be empty and decoder_sparse_step 1: mixed layers are not counted yet")


def _whole(config: Mapping[str, Any], key: str, default: int | None = None, *, least: int = 1) -> int:
    value = config.get(key)
    if value is None:
        value = default
    if value is None:
        raise ValueError(f"{key} must be a whole number of at least {least}, found nothing")
    arguments.whole(least=least, **{key: value})
    return int(value)
