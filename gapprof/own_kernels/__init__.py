"""What our kernels for the processor and those for the GPU share: names, databases, the way to a table."""
