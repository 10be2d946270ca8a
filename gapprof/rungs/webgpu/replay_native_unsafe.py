"""The library's own WebGPU calls, replayed without a browser and without what keeps shaders safe."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgpu.native import RUNG as PARENT

RUNG = Rung(
    id="replay-native-unsafe",
    title="Its WebGPU calls without a browser, unsafe",
    environment=replace(PARENT.environment, backend="dawn"),
    derived_from=PARENT.id,
    changes="backend",
    role="main",
    may_begin=True,
)
