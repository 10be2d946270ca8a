"""What a file of another type would win back: onnxruntime would not have to cast around its operators."""

from collections.abc import Iterator

from gapprof.facts.case import Case
from gapprof.facts.estimates import without_ms
from gapprof.facts.inserted_casts import inserted_casts
from gapprof.records.estimate import Estimate
from gapprof.records.report import Action
from gapprof.stats.interval import contrast_interval
from gapprof.stats.verdict import verdict


def cast_actions(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    """The same kernels run either way, so that no more than the casts is promised; not on a GPU, where those
    of float16 are others."""
    casts = case.get(inserted_casts)
    times = casts.times if casts else None
    if (
        casts is None
        or times is None
        or times.lacks_passes
        or case.recording.begin.settings.backend != "wasm"
    ):
        return
    then = without_ms(case, times) if verdict(contrast_interval(times, level)) == "costs" else None
    if then is not None:
        several = "s" if casts.count > 1 else ""
        yield Action(
            text=f"Deploy the model in float32, which saves {casts.count} inserted cast{several}",
            owner="model",
            cause="library",
            now_ms=now,
            then_ms=then,
            basis="predicted",
        )
