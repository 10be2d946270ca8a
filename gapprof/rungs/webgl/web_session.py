"""onnxruntime-web on WebGL, run after run."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgl.native import RUNG as PARENT

RUNG = Rung(
    id="web-session",
    title="In the browser, by onnxruntime-web on WebGL",
    environment=replace(PARENT.environment, backend="chromium"),
    derived_from=PARENT.id,
    changes="backend",
    role="main",
    may_begin=True,
)
