"""Functions of a wasm module as native code: the engine's cost of the library's own code, not of ours."""
