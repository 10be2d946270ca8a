"""The same calls with the GPU's process inside the browser's: what crossing processes costs."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.webgpu.replay_web import RUNG as PARENT

RUNG = Rung(
    id="replay-web-in-process",
    title="In the browser, with the GPU's process inside its own",
    environment=replace(PARENT.environment, flags="in-process-gpu"),
    derived_from=PARENT.id,
    changes="flags",
    role="side",
    informs="gpu-abstraction",
    told=Told(words="The GPU's process of its own alone costs", inverse=True),
)
