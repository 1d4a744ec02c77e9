"""What a server of a language model carries of requests of one size, from what was measured at another size.

A server holds so many sequences at once, each for as long as its request takes. Measured under its stated load it held
throughput x time of a request (Little's law). Requests of another size hold a sequence for longer or less long, and
where their cache does not fit as often, fewer are held. Longer prompts take more computing than the time of a sequence
shows, so neither prompt nor answer tokens ever come faster than was measured.

    sequences = X (F + O t);  time of a class = F max(1, i / I) + o t
    throughput = min(sequences / time, X I / i, X O / o)

X requests/s, F time to first token, t time per output token, I and O tokens as measured; i and o those of the class.
The first token of a longer prompt is later in proportion; that of a shorter prompt is taken to be no sooner.

Sources: Little (1961); Griggs et al. (2024), Mélange (throughput by request size within a latency target); Kwon et al.
(2023), PagedAttention (the cache is what limits the sequences).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models.arguments import positive

SLIP = 1e-9  # a sequence that fits but for rounding fits


@dataclass(frozen=True)
class MeasuredServer:
    """A server as it was measured, all of it: every replica of a machine together.

    Attributes:
        requests_per_s: answered at the stated load. input_tokens, output_tokens: of such a request, on average.
        ttft_ms, tpot_ms: mean time to first token and per output token at that load.
        cached_tokens: tokens whose cache fits, over all replicas; None when that is not known.
        replicas: copies of the model. context_tokens: of one request at most; None for no limit that is known.
    """

    requests_per_s: float
    input_tokens: float
    output_tokens: float
    ttft_ms: float
    tpot_ms: float
    cached_tokens: float | None = None
    replicas: int = 1
    context_tokens: float | None = None


def sequences(server: MeasuredServer) -> float:
    """Return how many requests the server held at once when it was measured, by Little's law: X (F + O t).

    Raises:
        ValueError: a figure out of range.

    >>> round(sequences(MeasuredServer(3.808, 2000, 300, 240.1, 13.2)), 2)      # 2 replicas of 8, as measured
    15.99
    """
    positive(
        requests_per_s=server.requests_per_s,
        input_tokens=server.input_tokens,
        output_tokens=server.output_tokens,
        ttft_ms=server.ttft_ms,
        tpot_ms=server.tpot_ms,
    )
    return server.requests_per_s * (server.ttft_ms + server.output_tokens * server.tpot_ms) / 1000


def ttft_factor(server: MeasuredServer, input_tokens: float) -> float:
    """Return how many times later the first token of a prompt is than of the measured one: max(1, i / I).

    >>> server = MeasuredServer(3.808, 2000, 300, 240.1, 13.2)
    >>> ttft_factor(server, 8000), ttft_factor(server, 100)
    (4.0, 1.0)
    """
    return max(1.0, input_tokens / server.input_tokens)


def class_throughput_per_s(server: MeasuredServer, input_tokens: float, output_tokens: float) -> float:
    """Return the requests/s of one size that a server carries; 0 where not one of them fits.

    Args:
        server: as measured.
        input_tokens: of a request of the class, > 0.
        output_tokens: likewise, > 0.

    Raises:
        ValueError: an argument out of range.

    >>> server = MeasuredServer(3.808, 2000, 300, 240.1, 13.2)
    >>> round(class_throughput_per_s(server, 2000, 300), 3), round(class_throughput_per_s(server, 2000, 600), 3)
    (3.808, 1.904)
    >>> round(class_throughput_per_s(server, 500, 100), 2), round(class_throughput_per_s(server, 8000, 300), 3)
    (10.25, 0.952)
    >>> class_throughput_per_s(MeasuredServer(3.8, 2000, 300, 240, 13, cached_tokens=5000), 6000, 100)
    0.0
    """
    positive(input_tokens=input_tokens, output_tokens=output_tokens)
    held, length = sequences(server), input_tokens + output_tokens
    if server.context_tokens is not None and length > server.context_tokens:
        return 0.0
    if server.cached_tokens is not None:
        each = math.floor(server.cached_tokens / server.replicas / length + SLIP)
        held = min(held, server.replicas * each)
    time_ms = server.ttft_ms * ttft_factor(server, input_tokens) + output_tokens * server.tpot_ms
    tokens = (server.input_tokens / input_tokens, server.output_tokens / output_tokens)
    return min(1000 * held / time_ms, *(server.requests_per_s * each for each in tokens))
