"""Of a trace's events about the GPU, those in which a thread waits for its process. Pure.

The others lie within script and tasks as well, and would take their time out of whoever's it is.
"""

from collections.abc import Iterable

from gapprof.browser.tracing import CATEGORIES, Event
from gapprof.records.gpu_waits import GPU_WAITS

_GPU = "gpu"
WITH_WAITS = (*CATEGORIES, _GPU)
"""Categories of a trace that tells them.

One more costs nothing that shows: an animated page has 4 % more events, one that draws with WebGL in every
frame twice as many, and on both, scripts take as long and frames are as many (Chromium 156).
"""


def waits_alone(events: Iterable[Event]) -> list[Event]:
    """What is there without that category, and the waits."""
    return [one for one in events if one.get("name") in GPU_WAITS or not _of_the_gpu_alone(one)]


def _of_the_gpu_alone(event: Event) -> bool:
    categories = event.get("cat", "").split(",")
    return _GPU in categories and not any(one in CATEGORIES for one in categories)
