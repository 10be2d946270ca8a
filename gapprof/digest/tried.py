"""What the run tried that a reader could change, in words."""

from gapprof.records.report import Report

_CHANGES = {
    "web-isolated": "serving the page with COOP and COEP",
    "web-threads": "a thread per core",
    "web-main": "running the model in a worker",
    "web": "letting the page do less beside the model",
    "web-graph": "deploying the file as native onnxruntime optimises it",
    "web-flags": "running without your browser flags",
}
"""Rung → the change whose effect its step shows. A newer onnxruntime-web is never tried in one run."""


def nothing_helps(report: Report) -> str:
    """The sentence in place of a list of changes: only what has figures was tried."""
    rungs = {rung.id: rung for rung in report.rungs}
    with_figures = {rung.id for rung in report.rungs if rung.latency_ms is not None}
    tried = [
        words
        for rung, words in _CHANGES.items()
        if rung in with_figures and rungs[rung].alias_of is None and rungs[rung].derived_from in with_figures
    ]
    if not tried:
        return "Nothing that a page could change was tried here."
    return f"Nothing that was tried here helps beyond doubt: {_listed(tried)}."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
