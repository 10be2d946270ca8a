"""Twin kernels: one loop nest, emitted both as wasm and as native code, as a yardstick between the two."""
