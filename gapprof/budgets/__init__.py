"""Limits on a report's figures, and whether it keeps them. Pure: a report and limits in, a verdict out."""
