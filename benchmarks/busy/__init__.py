"""The parts of `busy_core.py`, one idea each."""
