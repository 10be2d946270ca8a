"""The parts of `planted_contention.py`, one idea each."""
