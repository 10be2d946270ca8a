"""A ceiling on the vector instructions onnxruntime may use: CPUID answered with bits cleared, in process."""
