"""Kernels as native code, through LLVM."""
