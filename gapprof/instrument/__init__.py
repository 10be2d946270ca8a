"""What goes on inside the served wasm: which functions are hot, how often they are called, in which
operators."""
