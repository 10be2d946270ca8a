"""The same onnxruntime-web in Node: the engine without a browser around it."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_worker import RUNG as PARENT

RUNG = Rung(
    id="engine",
    title="Same wasm in Node, no browser",
    environment=replace(PARENT.environment, backend="node"),
    derived_from=PARENT.id,
    changes="backend",
    role="side",
    informs="runtime",
    told=Told(
        words="The browser around the same wasm, against Node (other V8, up to 5 %), costs", inverse=True
    ),
)
