"""The ladder: one file per rung, pure data. Adding a file adds a rung."""
