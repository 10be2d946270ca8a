"""The same calls without a browser and without zeroing workgroup memory: what that alone costs."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.webgpu.replay_native import RUNG as PARENT

RUNG = Rung(
    id="replay-native-no-zero-init",
    title="Without a browser, without zeroing workgroup memory",
    environment=replace(PARENT.environment, safety="no-zero-init"),
    derived_from=PARENT.id,
    changes="safety",
    role="side",
    visited="if-wanted",
    informs="gpu-abstraction",
    told=Told(words="Zeroing the memory of workgroups alone costs", inverse=True),
)
