"""Another program keeps a core busy: told as such, and not held against the browser or the page."""

from gapprof.selftest.plant import Flagged, Plant

PLANT = Plant(
    id="outside-load",
    title="Another program keeps a core busy",
    under_load=True,
    expects=(Flagged(not_blamed=("runtime", "contention")),),
)
