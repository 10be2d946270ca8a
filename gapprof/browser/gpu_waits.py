"""Of a trace's events about the GPU, those in which a thread waits for its process. Pure.

The others lie within script and tasks as well, and would take their time out of whoever's it is.
"""

from gapprof.browser.tracing import CATEGORIES, Event
from gapprof.records.gpu_waits import GPU_WAITS

_GPU = "gpu"
WITH_WAITS = (*CATEGORIES, _GPU)
"""Categories of a trace that tells them.

With one more an animated page has 4 % more events, and one that draws with WebGL and reads back once a frame
twice as many; on both, scripts take as long and frames are as many. A page that clears and flushes without
end has 2.3 times as many, most of them not kept, and is slower under such a trace (Chromium 156, software).
"""


def no_other_of_the_gpu(event: Event) -> bool:
    """Whether it is there without that category as well, or a wait."""
    categories = event.get("cat", "").split(",")
    of_the_gpu_alone = _GPU in categories and not any(one in CATEGORIES for one in categories)
    return not of_the_gpu_alone or event.get("name") in GPU_WAITS
