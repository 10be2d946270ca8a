"""Ways to realise an environment: one file each, exporting BACKEND. The protocol is `records.backend.Backend`."""
