"""`gapprof kernels`: what this browser could reach, operator by operator, by kernels tuned in it."""
