"""gapprof: why a model is slower in the browser than natively, cause by cause."""

import importlib

__version__ = "0.1.0"

# The stage `gapprof.explain` is a package as well. Loading it first lets the public function keep the name:
# a package is bound to its parent once, when it is loaded.
importlib.import_module("gapprof.explain")

from gapprof.api import analyze, explain  # noqa: E402  # must come after the line above
from gapprof.records.report import Report  # noqa: E402  # with the line above, for one import block

__all__ = ["Report", "analyze", "explain"]
