"""Questions asked of the optimizer: why, why not, what cannot hold together. Answers are computed, never phrased."""
