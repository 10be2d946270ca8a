"""What onnxruntime raises where it refuses a model."""

import importlib


def refusals() -> tuple[type[Exception], ...]:
    """Its own errors, which derive from nothing narrower than Exception, and those of what it is made of.

    Only for processes that may load onnxruntime. Anything else that is raised there is a fault of ours, and
    ends the process with its traceback.
    """
    state = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    own = [one for one in vars(state).values() if isinstance(one, type) and issubclass(one, Exception)]
    return (RuntimeError, ValueError, TypeError, MemoryError, OSError, *own)
