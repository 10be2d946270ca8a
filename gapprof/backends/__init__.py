"""Ways to realise an environment: one file each, exporting BACKEND; it opens a `records.backend.Backend`."""
