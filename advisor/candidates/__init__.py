"""From demand to candidates: options sized for this scenario, carrying only constants."""
