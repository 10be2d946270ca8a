"""Loop nests: one file per family of operators."""
