"""Ways to realise an environment: one file each, exporting BACKEND; it opens a `records.backend.Backend`.

`BACKEND.open(settings, guard, waiting)` takes all by their places; what a backend has no use for, it may name
so. `waiting` hears of visits that wait for fast cores; left out, nobody does.
"""
