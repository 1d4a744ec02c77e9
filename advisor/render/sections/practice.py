"""What a good team tests and watches for each role, for the prefilled sections. Other roles get figures only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Practice:
    """What to test before launch, what to watch besides load and time, and what feeds back into the system."""

    test: str = ""
    watch: str = ""
    feedback: str = ""


PRACTICE = {
    "input_guardrail": Practice(
        "Block rate on a set of known injections and false blocks on real questions, both counted per topic.",
        "share of questions blocked, by rule",
        "Appealed blocks are labelled and become test cases.",
    ),
    "output_guardrail": Practice(
        "False blocks on approved answers; leaks found by seeding canary strings into documents.",
        "share of answers cut off",
        "Cut-off answers are reviewed by hand each week.",
    ),
    "semantic_cache": Practice(
        "Wrong hits: pairs of questions that differ in one decisive word (product, year, negation) must miss.",
        "hit share, and thumbs-down on hits against misses",
        "The similarity threshold is set from labelled wrong hits.",
    ),
    "embedding": Practice(
        "Recall of the right chunk for own questions with known answers, at the depth that is retrieved.",
        "distance of the nearest chunk: its drift shows new topics",
        "A new model version means re-embedding every document: plan it as a release.",
    ),
    "vector_store": Practice(
        "Recall of approximate against exact search on own vectors, with the filters that permissions need.",
        "recall on a fixed probe set, index size, age of the newest document",
        "Questions without a near chunk go to the owners of the documents.",
    ),
    "reranker": Practice(
        "nDCG on own labelled questions with and without it, at the same depth.",
        "share of questions whose first chunk it changes",
        "Clicked and cited chunks become labels.",
    ),
    "llm": Practice(
        "Groundedness and completeness on own questions with reference answers, judged by people on a sample and by "
        "a model on all.",
        "refusals, answers without a cited chunk, tokens per answer",
        "Thumbs-down answers are triaged weekly into documents, retrieval, prompt or model.",
    ),
    "conversation_store": Practice(
        "Restore a backup into an empty account and read a conversation.", "throttled reads and writes", ""
    ),
    "object_store": Practice(
        "Delete a document and find that neither search nor cache still answers from it.",
        "documents stored against documents indexed",
        "",
    ),
    "ingestion_queue": Practice(
        "Replay a day of changes; duplicates and disorder must leave the same index.",
        "age of the oldest message, dead letters",
        "",
    ),
    "embedding_workers": Practice(
        "Parse the worst real documents (scans, tables, 500 pages) and compare the chunks by eye.",
        "failed documents by type, time per document",
        "Failed documents are fixed at the parser, not by hand.",
    ),
    "gateway": Practice(
        "Requests above the limit are refused and recover without a restart.", "refused requests, by client", ""
    ),
    "app_runtime": Practice(
        "Cold start and drain under load: no request is lost in a deployment.", "errors by upstream role", ""
    ),
    "observability": Practice(
        "One trace holds every role of one request; no prompt or personal data is in the logs.",
        "dropped spans and cost of telemetry",
        "",
    ),
}
