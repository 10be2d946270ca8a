"""What is said of pages that ran no model, from the lines of their logs."""

import pytest

from gapprof.watch.heard import sessions
from gapprof.watch.page import _instead
from tests.unit.watch.test_heard import SESSION, log, run

WASM = {"kind": "wasm", "how": "compile", "url": "", "blob": 0, "size_bytes": 8}
INIT = {"kind": "init", "threads": 1}
FETCH = {"kind": "fetch", "url": "page/tiny.onnx", "status": 200, "size_bytes": 9, "began_ms": 0.0}


@pytest.mark.parametrize(
    ("lines", "what", "hint"),
    [
        ((), "compiled no WebAssembly", "Give MODEL as well"),
        ((WASM,), "compiled WebAssembly, but none of onnxruntime-web", "Give MODEL as well"),
        ((WASM, INIT), "started onnxruntime-web and created no session", "still be on its way"),
        ((INIT, FETCH), "no session; of its files page/tiny.onnx was asked for last", "on its way"),
        ((INIT, {**SESSION, "created": False}), "was refused its model by onnxruntime-web", "console"),
        ((INIT, SESSION), "created 1 session and ran none", "a click"),
        ((INIT, SESSION, {**SESSION, "session": "8"}), "created 2 sessions and ran none", "a click"),
        ((INIT, SESSION, run(failed=True)), "created a session, and every run failed", "console"),
    ],
)
def test_a_page_that_ran_no_model_is_told_by_how_far_it_got(
    lines: tuple[dict[str, object], ...], what: str, hint: str
) -> None:
    heard = log(*lines)
    found = _instead([("page", one) for one in sessions(heard)], [heard])
    assert what in found[0]
    assert hint in found[1]
