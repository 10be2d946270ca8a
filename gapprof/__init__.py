"""gapprof: why a model is slower in the browser than natively, cause by cause."""

__version__ = "0.1.0"

from gapprof.api import analyze, explain
from gapprof.records.report import Report

__all__ = ["Report", "analyze", "explain"]
