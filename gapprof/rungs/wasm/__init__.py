"""From onnxruntime as it comes to onnxruntime-web on the processor, in the page as deployed."""
