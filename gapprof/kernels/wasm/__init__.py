"""Kernels as WebAssembly, byte by byte."""
