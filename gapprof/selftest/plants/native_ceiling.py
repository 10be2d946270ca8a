"""Native as slow as AVX without FMA, while the ladder calls it full width: less is left for simd."""

from gapprof.selftest.plant import Leg, Pair, Plant, Shrinks

_HELD = {"isa": "avx"}

PLANT = Plant(
    id="native-ceiling",
    title="Native held to AVX without FMA",
    visited_as={"native": _HELD, "native-threads": _HELD, "native-extended": _HELD},
    expects=(
        Shrinks(
            cause="simd",
            pair=Pair(
                planted=Leg(rung="native-extended", change=_HELD),
                without=Leg(rung="native-extended", change={"isa": "full"}),
            ),
        ),
    ),
    quick=True,
)
