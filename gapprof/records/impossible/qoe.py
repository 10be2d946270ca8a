"""Pages that were felt, and streams that were answered."""

from gapprof.records.bounds import MOST, counted, lasting
from gapprof.records.impossible import Check
from gapprof.records.impossible.trial import possible_work
from gapprof.records.qoe import FeltTrial, StreamAnswered

_CLOCKS = 1.05
"""Times as long as all of it may all runs have taken: each is read off a clock of steps."""


def _of_felt(entry: FeltTrial) -> str:
    """Only where it counts."""
    times = [entry.frames_ms, entry.long_tasks_ms, entry.events_ms, entry.runs_ms, entry.step_runs_ms]
    times += [*entry.components_ms.values(), *entry.steps_ms.values()]
    if not entry.struck and not all(lasting(*found) for found in times):
        return f"a page that was felt ({entry.condition}) in impossible times"
    if not (0 <= entry.duty <= 1 and 0 <= entry.step_duty <= 1):
        return f"a model that runs {entry.duty:g} of the time"
    for runs_ms, over_ms in (
        (entry.runs_ms, entry.runs_over_ms),
        (entry.step_runs_ms, entry.step_runs_over_ms),
    ):
        if over_ms is not None and not (lasting(over_ms) and sum(runs_ms) <= _CLOCKS * over_ms):
            return f"a model that ran for {sum(runs_ms):g} of {over_ms:g} ms"
    work = entry.load.core_work
    if work is not None and not possible_work(work):
        return f"a piece of work that took impossible times beside a page that was felt ({entry.condition})"
    if not (counted(entry.video_frames) and lasting(entry.video_ms)):
        return f"a video of {entry.video_frames} frames in {entry.video_ms:g} ms"
    return ""


def _of_stream(entry: StreamAnswered) -> str:
    count, scenes = len(entry.answers), {one.scene for one in entry.answers}
    if not 0 < entry.frames_per_s < MOST:
        return f"a stream of {entry.frames_per_s:g} frames a second"
    if not all(0 <= number < count for number in entry.order):
        return "a stream of frames that nobody answered"
    if scenes != set(range(len(scenes))):
        return "a stream of scenes that nobody answered"
    near = [one for answer in entry.answers for one in (answer.native_nearest, answer.web_nearest)]
    if not all(one is None or one in scenes for one in near):
        return "answers that are nearest to a scene that there is not"
    if entry.labels and len(entry.labels) != len(scenes):
        return f"{len(entry.labels)} labels for {len(scenes)} scenes"
    if not all(-1.0 <= answer.cosine <= 1.0 for answer in entry.answers):
        return "answers with an impossible cosine"
    if not lasting(*entry.native_runs_ms, *entry.web_runs_ms):
        return "answers in impossible times"
    return ""


CHECKS = (Check(kind=FeltTrial, wrong=_of_felt), Check(kind=StreamAnswered, wrong=_of_stream))
