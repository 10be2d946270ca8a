"""Native sessions made anew, by a clock that nothing moves but their making."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gapprof.native import start

MAKING_NS = {
    "_nothing": 20_000_000,
    "_not_optimised": 8_000_000,
    "_not_prepacked": 15_000_000,
    "_profiled": 0,
}
LOADING_US = 5_000


def test_each_kind_has_its_own_time_and_reading_the_model_is_what_the_profiler_has_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As long as they take on this machine, `benchmarks/creations.py` prints."""
    now_ns, made = 0, list[str]()

    class Session:
        def __init__(self) -> None:
            self.number = len(made)

        def end_profiling(self) -> str:
            loading = {"name": "model_loading_uri", "dur": LOADING_US + self.number}
            whole = {"name": "session_initialization", "dur": 9 * LOADING_US}
            path = tmp_path / f"profile{self.number}.json"
            path.write_text(json.dumps([whole, loading, {"name": "model_loading_again", "dur": 1}]))
            return str(path)

    def session(_ort: Any, _request: Any, change: Callable[..., None]) -> Session:
        nonlocal now_ns
        now_ns += MAKING_NS[change.__name__]
        made.append(change.__name__)
        return Session()

    monkeypatch.setattr(time, "perf_counter_ns", lambda: now_ns)
    monkeypatch.setattr(start, "_session", session)
    assert start._creations(None, {"recreations": 2}) == {
        "usual_ms": [20.0, 20.0],
        "unoptimised_ms": [8.0, 8.0],
        "unpacked_ms": [15.0, 15.0],
        "parse_ms": [5.004, 5.008],
    }
    once = ["_nothing", "_not_optimised", "_not_prepacked"]
    assert made == [*once, "_profiled", *reversed(once), "_profiled"]
    assert list(tmp_path.iterdir()) == [], "no profile is left"
