"""The same calls in the browser, from a page that does nothing else."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgpu.replay_native import RUNG as PARENT

RUNG = Rung(
    id="replay-web",
    title="… in the browser",
    environment=replace(PARENT.environment, backend="web-replay"),
    derived_from=PARENT.id,
    changes="backend",
    role="main",
    may_begin=True,
)
