"""The baseline tier and the burning page together: both must be found, and in the right order."""

from msgspec.structs import replace

from gapprof.selftest.plant import UNTOUCHED, Costs, Leg, Pair, Plant
from gapprof.selftest.plants.burning_page import BURNING

PLANT = Plant(
    id="two-at-once",
    title="Baseline tier and burning page at once",
    settings=replace(UNTOUCHED, where="main", js_flags=("--liftoff-only",)),
    page=BURNING,
    expects=(
        Costs(
            cause="runtime",
            child="flags",
            between=("web-worker", "web-flags"),
            pair=Pair(planted=Leg(rung="web-flags"), without=Leg(rung="web-flags", change={"js_flags": ()})),
        ),
        Costs(
            cause="contention",
            child="page",
            between=("web-paced", "web"),
            pair=Pair(planted=Leg(rung="web"), without=Leg(rung="web", change={"page": "quiet"})),
        ),
    ),
)
