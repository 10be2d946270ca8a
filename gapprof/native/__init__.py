"""onnxruntime in a fresh worker process, at any instruction ceiling."""
