"""One file per kind of compute shader; each exports `FAMILY`."""
