"""The same graph in onnxruntime-web, in a worker of a quiet isolated page with stock flags."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.native_128 import RUNG as PARENT

RUNG = Rung(
    id="web-worker",
    title="In the browser: worker of a quiet page, common graph",
    environment=replace(PARENT.environment, backend="chromium"),
    derived_from=PARENT.id,
    changes="backend",
    role="main",
    passes=("profile",),
)
