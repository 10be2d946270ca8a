"""Ways to realise an environment: one file each, exporting BACKEND; it opens a `records.backend.Backend`.

`BACKEND.open(settings, guard)` takes both by their places; what a backend has no use for, it may name so.
"""
