"""Bounds checks written out before every access instead of guard pages: small, and the runtime's."""

from msgspec.structs import replace

from gapprof.selftest.plant import UNTOUCHED, Costs, Leg, Pair, Plant

PLANT = Plant(
    id="bounds-checks",
    title="Explicit bounds checks in wasm",
    settings=replace(UNTOUCHED, js_flags=("--wasm-enforce-bounds-checks",)),
    expects=(
        Costs(
            cause="runtime",
            child="flags",
            between=("web-worker", "web-flags"),
            pair=Pair(planted=Leg(rung="web-flags"), without=Leg(rung="web-flags", change={"js_flags": ()})),
        ),
    ),
)
