"""From the GPU's best native execution provider to onnxruntime-web on WebGPU, in the page as deployed."""
