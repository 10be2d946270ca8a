"""onnxruntime-web itself, which makes these calls, run after run."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgpu.replay_web import RUNG as PARENT

RUNG = Rung(
    id="web-session",
    title="In the browser, by onnxruntime-web",
    environment=replace(PARENT.environment, backend="chromium"),
    derived_from=PARENT.id,
    changes="backend",
    role="main",
    may_begin=True,
)
