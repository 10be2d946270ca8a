"""From the GPU's best native execution provider to onnxruntime-web on WebGL: nothing is replayed between."""
