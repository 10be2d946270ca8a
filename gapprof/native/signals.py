"""What a signal is called."""

import signal


def signal_name(number: int) -> str:
    """`SIGSEGV`, or `signal 34` for one without a name here."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
