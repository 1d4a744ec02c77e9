"""The shape of a model from its published configuration, the ``config.json`` beside its weights.

Only families whose tensors are known are read; any other is refused rather than counted by guess.

Source: the configuration classes and model code of Hugging Face Transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.models import arguments
from advisor.models.llm_parameters import Experts, Latent, Shape

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
    """Return the shape that a configuration states, for :func:`advisor.models.llm_parameters.parameters`.

    Where Transformers has a default it is used: ``num_key_value_heads`` is ``num_attention_heads``, ``head_dim`` is
    ``hidden_size / num_attention_heads``, embeddings are untied (tied in Gemma).

    Args:
        config: the parsed ``config.json``; of a multimodal model its ``text_config``.

    Raises:
        ValueError: a family that is not known, a key that is missing or no whole number, or biases in a family whose
            layout has none.

    >>> from advisor.models.llm_parameters import parameters
    >>> mistral_7b = {"model_type": "mistral", "num_hidden_layers": 32, "hidden_size": 4096, "vocab_size": 32000,
    ...     "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336}
    >>> parameters(shape_of(mistral_7b)).total
    7241732096
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
