"""WebGPU recorded in a page, and replayed with and without a browser on the same driver."""
