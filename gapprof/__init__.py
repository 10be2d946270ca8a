"""gapprof: why a model is slower in the browser than natively, cause by cause."""

__version__ = "0.1.0"
