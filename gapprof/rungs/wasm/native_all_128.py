"""Native held to 128-bit instructions, still with its own graph: the other corner of the square."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.native_threads import RUNG as PARENT

RUNG = Rung(
    id="native-all-128",
    title="Native at 128 bits, own graph",
    environment=replace(PARENT.environment, isa="128"),
    derived_from=PARENT.id,
    changes="isa",
    role="square",
)
