"""The binary format of WebAssembly: modules taken apart and put together, instructions decoded. Pure."""
