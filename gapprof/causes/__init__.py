"""Causes: one file each, exporting CAUSE. What a cause is made of is in `facts.claim`."""
