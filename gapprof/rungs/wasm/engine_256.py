"""V8's revectoriser pairs 128-bit operations: a lower bound of what wider wasm vectors would give."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.engine import RUNG as PARENT

RUNG = Rung(
    id="engine-256",
    title="Same wasm in Node, 128-bit pairs fused to 256",
    environment=replace(PARENT.environment, flags="revectorize"),
    derived_from=PARENT.id,
    changes="flags",
    role="side",
    informs="simd",
    told=Told(words="V8 pairing 128-bit operations to 256 bits, in Node, would win", inverse=True),
)
