"""Pure functions: latency, queueing, availability, cost, quality. No files, no catalog, no solver."""
