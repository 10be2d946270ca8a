"""What a process died of, by its exit status."""

import signal

from gapprof.records.death import Death

OWN_MAKING = frozenset({"SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP"})
"""What a process does raises these; others come from somebody else, or for want of memory."""


def death_of(exit_status: int, last_words: str) -> Death:
    """By a signal where the status is negative, as POSIX systems tell it of a child."""
    by = _signal_name(-exit_status) if exit_status < 0 else f"exit code {exit_status}"
    return Death(by=by, last_words=last_words)


def _signal_name(number: int) -> str:
    """`SIGSEGV`, or `signal 35` for one without a name here."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
