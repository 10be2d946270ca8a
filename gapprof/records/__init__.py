"""Frozen values that every stage shares. Nothing here computes, measures or prints."""
