"""A worker ends when gapprof does, however gapprof ends, and never outlives its deadline by much."""

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1
_GRACE_S = 10


def hold(deadline_s: float) -> None:
    """Tie this process to its parent and its deadline. Standard input must be a pipe held open by the parent.

    The end of the pipe wakes a thread that sleeps in `read`, which needs the interpreter only to end the
    process. onnxruntime can keep the interpreter while it creates a session: hence the kernel's means too.
    """
    threading.Thread(target=_end_with_standard_input, name="lifeline", daemon=True).start()
    if sys.platform == "linux":
        # The signal comes when the starting *thread* ends; ours waits for the worker all its life.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if hasattr(signal, "alarm"):
        signal.alarm(int(deadline_s) + _GRACE_S)  # not handled: the default action ends the process


def _end_with_standard_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)
