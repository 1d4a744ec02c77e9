"""Readers of what load tests, benchmarks, monitoring and price estimates leave behind."""
