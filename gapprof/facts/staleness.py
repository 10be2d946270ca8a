"""What a page shows of a stream when answers take longer than frames: late answers are old ones. Pure.

Frame i comes in at i / rate. The model takes the newest frame whenever it is free, and its answer is there
when the run is over. What a frame is seen with is the newest answer that is there by the time the next frame
comes in: a run within one frame's time is never late. Wang et al. (2025) give every 30/f-th frame an answer,
each at once, and reuse it for those between: that is `every`.
"""

from collections.abc import Sequence
from itertools import cycle


def shown_answers(latencies_ms: Sequence[float], *, frames: int, frames_per_s: float) -> list[int | None]:
    """Frame → the frame whose answer it is seen with; None before the first answer.

    `latencies_ms`: what one run after the other takes, over and over. Raises ValueError for none.
    """
    if not latencies_ms or min(latencies_ms) <= 0:
        raise ValueError("a run takes some time")
    period_ms = 1000.0 / frames_per_s
    answers: list[tuple[float, int]] = []
    begin_ms, taken = 0.0, -1
    for latency_ms in cycle(latencies_ms):
        newest = min(frames - 1, int(begin_ms / period_ms + 1e-9))
        if newest == taken:  # answered already: it waits for the next one
            newest += 1
            begin_ms = newest * period_ms
        if newest >= frames:
            break
        taken = newest
        begin_ms += latency_ms
        answers.append((begin_ms, taken))
    found: list[int | None] = []
    at = -1
    for frame in range(frames):
        while at + 1 < len(answers) and answers[at + 1][0] <= (frame + 1) * period_ms + 1e-9:
            at += 1
        found.append(answers[at][1] if at >= 0 else None)
    return found


def every(rate: float, *, frames: int, frames_per_s: float) -> list[int | None]:
    """The same where a limit on the rate lets only so many answers a second be had, each at once."""
    step = frames_per_s / rate
    return [int(int(frame / step + 1e-9) * step + 1e-9) for frame in range(frames)]


def accuracy(shown: Sequence[int | None], answers: Sequence[int], truth: Sequence[int]) -> float | None:
    """Share of the frames seen with a right answer, of those that are seen with any; None where none is."""
    pairs = [(answers[of], truth[frame]) for frame, of in enumerate(shown) if of is not None]
    return sum(answer == right for answer, right in pairs) / len(pairs) if pairs else None


def accuracy_by(
    groups: Sequence[int], shown: Sequence[int | None], answers: Sequence[int], truth: Sequence[int]
) -> dict[int, float]:
    """The same of each group of frames (`groups`: by frame), but for groups that are seen with none."""
    right: dict[int, list[bool]] = {}
    for frame, of in enumerate(shown):
        if of is not None:
            right.setdefault(groups[frame], []).append(answers[of] == truth[frame])
    return {group: sum(found) / len(found) for group, found in sorted(right.items())}
