"""`explain --page URL` without a model: what the page itself does with onnxruntime-web, and its model."""
