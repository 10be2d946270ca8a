"""A page whose timer holds the main thread half of the time, with the model on that thread: contention."""

from msgspec.structs import replace

from gapprof.selftest.plant import UNTOUCHED, Costs, Leg, Pair, Plant

BURNING = """<!doctype html><meta charset="utf-8"><title>A page that burns its main thread</title>
<script>
function burn() {
  const end = performance.now() + 20;
  while (performance.now() < end);
}
setInterval(burn, 40);
</script>
"""

PLANT = Plant(
    id="burning-page",
    title="A page that burns half of its main thread",
    settings=replace(UNTOUCHED, where="main"),
    page=BURNING,
    expects=(
        Costs(
            cause="contention",
            child="page",
            between=("web-paced", "web"),
            pair=Pair(planted=Leg(rung="web"), without=Leg(rung="web", change={"page": "quiet"})),
        ),
    ),
    quick=True,
)
