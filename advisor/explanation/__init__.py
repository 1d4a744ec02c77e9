"""Where every metric of an evaluation comes from: formula, numbers, figures and their sources."""
