"""Loop nests: one file per family. Adding a file adds a family."""
