"""Samples in, estimates out. Knows nothing of browsers, and imports nothing of gapprof's."""
