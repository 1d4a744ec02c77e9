"""Vector indexes of single engines: printed examples, page layout counted tuple by tuple, monotonicity, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.vector_engines import (
    ELASTICSEARCH_BYTES,
    elasticsearch,
    opensearch_native_gib,
    opensearch_nodes,
    pgvector_hnsw,
    weaviate,
)
from advisor.models.vector_memory import hnsw

MILLION = 1_000_000


def test_weaviate_counts_ten_bytes_a_connection() -> None:
    """A million of 384 dimensions: 1536 bytes of vector and 640 of connections each."""
    assert weaviate(MILLION, 384, 64).total_bytes == MILLION * (1536 + 640)
    assert weaviate(MILLION, 384, 64, link_bytes=8).vector_bytes == 1536 + 512


@pytest.mark.parametrize(
    ("quantization", "expected"),
    [("float", 3072), ("int8", 772), ("int4", 388), ("bbq", 110), ("byte", 768), ("bit", 96)],
)
def test_elasticsearch_bytes_of_a_vector(quantization: str, expected: int) -> None:
    """The documentation's 4 d, d + 4, d / 2 + 4, d / 8 + 14, d and d / 8 at 768 dimensions, and 4 m of graph."""
    assert elasticsearch(1, 768, quantization, links=0).total_bytes == expected
    assert elasticsearch(7, 768, quantization, links=16).total_bytes == 7 * (expected + 64)


def test_quantisation_never_costs_memory() -> None:
    """From float over int8 and int4 to one bit, memory falls at every usual dimension."""
    for dimension in (384, 768, 1024, 1536):
        sizes = [elasticsearch(MILLION, dimension, name).total_bytes for name in ("float", "int8", "int4", "bbq")]
        assert all(before > after for before, after in pairwise(sizes))
    assert set(ELASTICSEARCH_BYTES) == {"float", "byte", "bit", "int8", "int4", "bbq"}


def filled_pages(vectors: int, element: int, neighbors: int) -> int:
    """Fill pages tuple by tuple as the index build does: a new page when an element, or both together, do not fit."""
    pages, free = 1, 8192 - 24 - 8
    for _ in range(vectors):
        together = element + neighbors + 4
        if free - 4 < element or (together <= 8192 - 24 - 8 - 4 and free - 4 < together):
            pages, free = pages + 1, 8192 - 24 - 8
        free -= element + 4
        if free - 4 < neighbors:
            pages, free = pages + 1, 8192 - 24 - 8
        free -= neighbors + 4
    return pages


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.integers(1, 300), st.integers(1, 2000), st.integers(2, 100))
def test_pgvector_pages_are_those_of_filling_them(vectors: int, dimension: int, links: int) -> None:
    """Pages for any size are those that come out when elements and neighbor lists are laid down one after another."""
    element = math.ceil((72 + 8 + 4 * dimension) / 8) * 8
    neighbors = math.ceil((4 + 12 * links) / 8) * 8
    index = pgvector_hnsw(vectors, dimension, links)
    assert index.total_bytes == 8192 * filled_pages(vectors, element, neighbors)


def test_pgvector_sizes_that_people_know() -> None:
    """A million of 1536 dimensions fill a page each, 8 GB; in half precision two share one; 2000 need two pages."""
    assert pgvector_hnsw(MILLION, 1536).total_bytes == MILLION * 8192
    assert pgvector_hnsw(MILLION, 1536, kind="halfvec").total_bytes == MILLION * 4096
    assert pgvector_hnsw(MILLION, 2000).total_bytes == MILLION * 2 * 8192
    assert pgvector_hnsw(0, 3).total_bytes == 0


def test_native_memory_of_a_node() -> None:
    """Half of the memory is heap, at most 32 GiB, and half of the rest may hold graphs: 32 give 8, 128 give 48."""
    assert opensearch_native_gib(32) == 8
    assert opensearch_native_gib(64) == 16
    assert opensearch_native_gib(128) == 48
    assert opensearch_native_gib(100, heap_gib=32) == 34
    assert opensearch_native_gib(16, heap_gib=8, breaker=1) == 8


def test_nodes_hold_the_index_and_its_replicas() -> None:
    """100 million of 768 dimensions in fp16 need 4 nodes of 128 GiB, in fp32 7; a replica doubles the bytes."""
    half = hnsw(100 * MILLION, 768, precision="float16", factor=1.1).total_bytes
    full = hnsw(100 * MILLION, 768, factor=1.1).total_bytes
    assert (opensearch_nodes(half, 128), opensearch_nodes(full, 128)) == (4, 7)
    assert opensearch_nodes(full, 128, replicas=1) == math.ceil(2 * full / (48 * 2**30))
    assert opensearch_nodes(0, 128, replicas=2) == 3
    assert opensearch_nodes(48 * 2**30, 128) == 1
    assert opensearch_nodes(48 * 2**30 + 1, 128) == 2


@pytest.mark.parametrize(
    "build", [lambda n, d: weaviate(n, d, 16), elasticsearch, pgvector_hnsw, lambda n, d: elasticsearch(n, d, "bbq")]
)
def test_memory_rises_with_vectors_and_dimension(build: Callable[..., Any]) -> None:
    """More vectors, or a larger dimension, never need less."""
    for series in ([build(n, 64) for n in (0, 1, 1000, 10**9)], [build(10**6, d) for d in (8, 64, 768, 1536)]):
        assert all(before.total_bytes < after.total_bytes for before, after in pairwise(series))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weaviate(1, 1, 1), "connections must be a whole number from 2 to 10*, found 1"),
        (lambda: elasticsearch(1, 1, "int3"), "quantization must be one of .*, found 'int3'; did you mean 'int"),
        (lambda: elasticsearch(1, 1, links=1), "links must be 0 or a whole number of at least 2, found 1"),
        (lambda: elasticsearch(-1, 1), "vectors must be a whole number from 0"),
        (lambda: pgvector_hnsw(1, 2001), "dimension must be a whole number from 1 to 2000, found 2001"),
        (lambda: pgvector_hnsw(1, 4001, kind="halfvec"), "dimension must be a whole number from 1 to 4000"),
        (lambda: pgvector_hnsw(1, 3, 101), "links must be a whole number from 2 to 100, found 101"),
        (lambda: opensearch_native_gib(0), "memory_gib must be greater than 0"),
        (lambda: opensearch_native_gib(8, heap_gib=8), "heap_gib must be below memory_gib = 8, found 8"),
        (lambda: opensearch_native_gib(8, breaker=0), r"breaker must lie in \(0, 1\], found 0"),
        (lambda: opensearch_nodes(1, 8, replicas=-1), "replicas must be a whole number from 0"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    """What cannot be an index is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        call()
