"""The same calls without a browser, with zeroed memory, clamped indices and validation."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgpu.replay_native_unsafe import RUNG as PARENT

RUNG = Rung(
    id="replay-native",
    title="… with what keeps shaders safe",
    environment=replace(PARENT.environment, safety="default"),
    derived_from=PARENT.id,
    changes="safety",
    role="main",
    may_begin=True,
)
