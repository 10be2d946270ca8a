"""The model under test: checked, staged, optimised once, given inputs, counted."""
