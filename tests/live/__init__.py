"""Whole runs on the real machine: every option's effect is in the report, under the right cause."""
