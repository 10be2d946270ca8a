"""The yardstick for a GPU: compute shaders of ours for a model's shapes, tuned on the page's adapter."""
