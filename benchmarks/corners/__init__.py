"""The parts of `independent_ladder.py`, one idea each."""
