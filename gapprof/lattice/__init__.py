"""Cells: ways to run the model that are no steps of the ladder, visited in shuffled rounds."""
