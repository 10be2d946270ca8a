"""Native held to AVX without FMA: what is lost when FMA and 256-bit integers go."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.native_extended import RUNG as PARENT

RUNG = Rung(
    id="native-avx",
    title="Native with AVX, common graph",
    environment=replace(PARENT.environment, isa="avx"),
    derived_from=PARENT.id,
    changes="isa",
    role="side",
    informs="simd",
    takes_away="AVX2 and FMA",
)
