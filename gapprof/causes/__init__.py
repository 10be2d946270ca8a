"""Causes: one file each, exporting CAUSE. The protocol is `explain.cause.Cause`."""
