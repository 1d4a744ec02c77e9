"""Checks of somebody's cost table or load test: what agrees, what differs, and which slip would explain it."""
