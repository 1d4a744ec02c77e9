"""The one judge: what a design does under a scenario, every metric with its derivation."""
