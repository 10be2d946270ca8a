"""Native on the common graph, held to 128-bit instructions: as close as native comes to wasm's vectors."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.native_extended import RUNG as PARENT

RUNG = Rung(
    id="native-128",
    title="Native at 128 bits, common graph",
    environment=replace(PARENT.environment, isa="128"),
    derived_from=PARENT.id,
    changes="isa",
    role="main",
    passes=("profile",),
    takes_away="256-bit vectors",
)
