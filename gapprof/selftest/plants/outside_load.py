"""Other programs keep every core busy: told as such, and not held against the browser or the page.

With the model on the page's main thread: in a worker of a quiet page there is no contention to blame. Where
native's instructions end says nothing of either cause.
"""

from msgspec.structs import replace

from gapprof.selftest.plant import UNTOUCHED, Flagged, Plant

PLANT = Plant(
    id="outside-load",
    title="Other programs keep every core busy",
    settings=replace(UNTOUCHED, where="main"),
    without=("native-extended", "native-all-128", "native-128"),
    under_load=True,
    expects=(Flagged(not_blamed=("runtime", "contention")),),
)
