"""Report formats: one file each, exporting RENDERER. The protocol is `records.surface.Renderer`."""
