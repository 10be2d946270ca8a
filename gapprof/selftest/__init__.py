"""`gapprof selftest`: causes are planted on this machine, and gapprof must find them."""
