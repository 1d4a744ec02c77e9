"""Memory of vector indexes: vendors' printed examples, whole-number identities, monotonicity, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.vector_memory import (
    BITS_PER_DIMENSION,
    ENGINE_FACTOR,
    IndexMemory,
    code_bytes,
    flat,
    hnsw,
    hnsw_pq,
    ivf_flat,
    ivf_pq,
    pq,
    pq_code_bytes,
)

MILLION = 1_000_000
METHODS: dict[str, Callable[..., IndexMemory]] = {
    "flat": flat,
    "hnsw": hnsw,
    "hnsw_pq": lambda n, d, **more: hnsw_pq(n, d, subvectors=8, **more),
    "ivf_flat": lambda n, d, **more: ivf_flat(n, d, 1024, **more),
    "ivf_pq": lambda n, d, **more: ivf_pq(n, d, 1024, subvectors=8, **more),
    "pq": lambda n, d, **more: pq(n, d, subvectors=8, **more),
}


@pytest.mark.parametrize(
    ("precision", "printed", "unit"),
    [
        ("float32", "1.267", "gb"),
        ("float16", "0.656", "gib"),
        ("int8", "0.393", "gib"),
        ("binary", "0.176", "gb"),
        ("binary2", "0.211", "gb"),
        ("binary4", "0.282", "gb"),
    ],
)
def test_opensearch_hnsw_examples(precision: str, printed: str, unit: str) -> None:
    """A million vectors of 256 dimensions with m = 16: the documentation's figures, whether they are GB or GiB."""
    index = hnsw(MILLION, 256, 16, precision=precision, factor=ENGINE_FACTOR["opensearch"])
    assert f"{index.total_gb if unit == 'gb' else index.total_gib:.3f}" == printed


def test_opensearch_ivf_and_pq_examples() -> None:
    """IVF 1.126 GB (cut off), IVF with 16 bits 0.525, HNSW-PQ 0.215 and IVF-PQ 0.171, which are GiB."""
    more: dict[str, Any] = {"factor": ENGINE_FACTOR["opensearch"]}
    assert math.floor(ivf_flat(MILLION, 256, 128, id_bytes=0, **more).total_gb * 1000) == 1126
    by_two = hnsw_pq(MILLION, 256, 16, subvectors=32, segments=100, **more)
    by_four = ivf_pq(MILLION, 256, 512, subvectors=64, id_bytes=24, segments=100, **more)
    assert (round(by_two.total_gib, 3), round(by_four.total_gib, 3)) == (0.215, 0.171)
    assert round(ivf_flat(MILLION, 256, 128, precision="float16", id_bytes=0, **more).total_gib, 3) == 0.525


def test_qdrant_example() -> None:
    """A million vectors of 1024 dimensions times 4 bytes times 1.5 are 6.144 GB, printed as 5.72 in GiB."""
    index = flat(MILLION, 1024, factor=ENGINE_FACTOR["qdrant"])
    assert index.total_bytes == 6_144_000_000
    assert round(index.total_gib, 2) == 5.72


def test_scylladb_formula() -> None:
    """N (D B + 16 m) 1.2 is a graph with links of 8 bytes: 10 million of 768 dimensions, m = 16."""
    index = hnsw(10 * MILLION, 768, 16, link_bytes=8, factor=ENGINE_FACTOR["scylladb"])
    assert index.total_bytes == 10 * MILLION * (768 * 4 + 16 * 16) * 12 // 10


@pytest.mark.parametrize(("dimension", "links"), [(128, 32), (768, 16), (1536, 64)])
def test_faiss_bytes_of_a_vector(dimension: int, links: int) -> None:
    """The faiss wiki: 4 d flat, 4 d + 8 M in a graph, 4 d + 8 in inverted lists, d with SQ8, ceil(d / 8) binary."""
    assert flat(1, dimension).vector_bytes == 4 * dimension
    assert hnsw(1, dimension, links).vector_bytes == 4 * dimension + links * 2 * 4
    assert ivf_flat(1, dimension, 1).vector_bytes == 4 * dimension + 8
    assert ivf_flat(1, dimension, 1, precision="sq8").vector_bytes == dimension + 8
    assert code_bytes(dimension, "sq4") * 2 == dimension
    assert code_bytes(dimension, "binary") == dimension // 8


@pytest.mark.parametrize(
    ("dimension", "subvectors", "bits", "expected"), [(128, 8, 8, 8), (96, 3, 4, 2), (768, 96, 10, 120), (5, 5, 1, 1)]
)
def test_pq_codes(dimension: int, subvectors: int, bits: int, expected: int) -> None:
    """A code takes ceil(M x bits / 8) bytes, whatever the dimension."""
    assert pq_code_bytes(dimension, subvectors, bits) == expected


def test_tables_by_hand() -> None:
    """Codebooks hold 2^bits vectors and coarse centroids one vector a list, in each segment, in float32."""
    assert pq(0, 128, subvectors=8).total_bytes == 256 * 4 * 128
    assert ivf_flat(0, 128, 100).total_bytes == 100 * 4 * 128
    assert ivf_pq(0, 128, 100, subvectors=8, bits=4, segments=3).table_bytes == 3 * (16 + 100) * 4 * 128
    assert ivf_pq(7, 128, 100, subvectors=8).total_bytes == 7 * 16 + 356 * 512
    assert hnsw_pq(7, 128, 16, subvectors=8).total_bytes == 7 * (8 + 24 + 128) + 256 * 512


def test_odd_dimensions_are_packed_to_whole_bytes() -> None:
    """13 dimensions take 2 bytes as signs and 7 at 4 bits."""
    assert (code_bytes(13, "binary"), code_bytes(13, "sq4"), code_bytes(13)) == (2, 7, 52)


def test_the_factor_is_taken_as_written() -> None:
    """1.1 means eleven tenths: a whole total stays whole, a part of a byte is rounded up."""
    assert flat(10, 1, precision="sq8", factor=1.1).total_bytes == 11
    assert flat(11, 1, precision="sq8", factor=1.1).total_bytes == 13


@pytest.mark.parametrize("method", METHODS)
def test_memory_rises_with_vectors_dimension_and_factor(method: str) -> None:
    """Every method needs strictly more for more vectors, a dearer engine, and a larger dimension."""
    build = METHODS[method]
    for series in (
        [build(n, 64) for n in (0, 1, 10**6, 10**9)],
        [build(10**6, d) for d in (8, 64, 768)],
        [build(10**6, 64, factor=f) for f in (1, 1.1, 1.5)],
    ):
        assert all(before.total_bytes < after.total_bytes for before, after in pairwise(series))


@pytest.mark.parametrize("build", [flat, hnsw, lambda n, d, **more: ivf_flat(n, d, 10, **more)])
def test_memory_falls_with_precision(build: Callable[..., IndexMemory]) -> None:
    """Fewer bits for a dimension never need more memory, and equal bits need the same."""
    found = {precision: build(1000, 256, precision=precision).total_bytes for precision in BITS_PER_DIMENSION}
    for one, other in pairwise(sorted(BITS_PER_DIMENSION, key=BITS_PER_DIMENSION.__getitem__)):
        assert (found[one] < found[other]) == (BITS_PER_DIMENSION[one] < BITS_PER_DIMENSION[other])


def test_methods_are_ordered() -> None:
    """At 768 dimensions: PQ below IVF-PQ below flat below IVF below HNSW."""
    sizes = [METHODS[name](MILLION, 768).total_bytes for name in ("pq", "ivf_pq", "flat", "ivf_flat", "hnsw")]
    assert sizes == sorted(sizes)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(METHODS)), st.integers(0, 10**9), st.integers(1, 512), st.sampled_from([1, 1.1, 1.2, 1.5, 2])
)
def test_a_total_is_the_exact_product_rounded_up(method: str, vectors: int, parts: int, factor: float) -> None:
    """Factor x (vectors x bytes + tables), as an exact fraction of the factor as written, rounded up once."""
    index = METHODS[method](vectors, 8 * parts, factor=factor)
    plain = vectors * index.vector_bytes + index.table_bytes
    assert index.total_bytes == math.ceil(Fraction(str(factor)) * plain)


def test_extremes_stay_exact() -> None:
    """A septillion vectors are counted to the byte, and their GB are a number."""
    index = hnsw(10**24, 10**24, 16)
    assert index.total_bytes == 10**24 * (4 * 10**24 + 128)
    assert math.isfinite(index.total_gb)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flat(-1, 8), r"vectors must be a whole number from 0 to 10*, found -1"),
        (lambda: flat(1, 0), r"dimension must be a whole number from 1 to 10*, found 0"),
        (lambda: flat(1.5, 8), r"vectors must be a whole number from 0 to 10*, found 1\.5"),  # type: ignore[arg-type]
        (lambda: flat(1, 8, precision="float8"), "precision must be one of binary, binary2, .*, found 'float8'"),
        (lambda: flat(1, 8, factor=0.9), r"factor must be at least 1, found 0\.9"),
        (lambda: flat(1, 8, factor=math.inf), "factor must be greater than 0 and finite, found inf"),
        (lambda: flat(1, 8, factor=math.nan), "factor must be greater than 0 and finite, found nan"),
        (lambda: hnsw(1, 8, 1), "links must be a whole number from 2 to 10*, found 1"),
        (lambda: hnsw(1, 8, link_bytes=0), "link_bytes must be a whole number from 1 to 10*, found 0"),
        (lambda: ivf_flat(1, 8, 0), "lists must be a whole number from 1 to 10*, found 0"),
        (lambda: ivf_flat(1, 8, 1, id_bytes=-8), "id_bytes must be a whole number from 0 to 10*, found -8"),
        (lambda: pq(1, 100, subvectors=8), "subvectors must divide the dimension 100, found 8"),
        (lambda: pq(1, 8, subvectors=8, bits=17), "bits must be a whole number from 1 to 16, found 17"),
        (lambda: ivf_pq(1, 8, 1, subvectors=8, segments=0), "segments must be a whole number from 1 to 10*, found 0"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be an index is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()
