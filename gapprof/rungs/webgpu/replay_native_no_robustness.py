"""The same calls without a browser and without clamping indices: what that alone costs."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.webgpu.replay_native import RUNG as PARENT

RUNG = Rung(
    id="replay-native-no-robustness",
    title="Without a browser, without clamping indices",
    environment=replace(PARENT.environment, safety="no-robustness"),
    derived_from=PARENT.id,
    changes="safety",
    role="side",
    visited="if-wanted",
    informs="gpu-abstraction",
    told=Told(words="Clamping indices to their buffers alone costs", inverse=True),
)
