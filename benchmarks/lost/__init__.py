"""The parts of `planted_losses.py`, one idea each."""
