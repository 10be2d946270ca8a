"""The same calls without a browser and without validating calls: what that alone costs."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.webgpu.replay_native import RUNG as PARENT

RUNG = Rung(
    id="replay-native-no-validation",
    title="Without a browser, without validating calls",
    environment=replace(PARENT.environment, safety="no-validation"),
    derived_from=PARENT.id,
    changes="safety",
    role="side",
    visited="if-wanted",
    informs="gpu-abstraction",
    told=Told(words="Validating calls alone costs", inverse=True),
)
