"""wasm that never leaves V8's baseline tier: a flag of the user's, so the runtime's."""

from msgspec.structs import replace

from gapprof.selftest.plant import UNTOUCHED, Costs, Leg, Pair, Plant

PLANT = Plant(
    id="baseline-tier",
    title="V8's baseline tier only",
    settings=replace(UNTOUCHED, js_flags=("--liftoff-only",)),
    expects=(
        Costs(
            cause="runtime",
            child="flags",
            between=("web-worker", "web-flags"),
            pair=Pair(planted=Leg(rung="web-flags"), without=Leg(rung="web-flags", change={"js_flags": ()})),
        ),
    ),
    quick=True,
)
