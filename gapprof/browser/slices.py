"""A trace summed up: what each thread of the page spent its own time on, and in whose name. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gapprof.browser.tracing import Event
from gapprof.records.gpu_waits import GPU_WAITS
from gapprof.records.trial import TraceSlice

LEAST_MS = 0.2
"""Kinds of work that sum up to less are left out."""
RUN = "gapprof:run"
REQUEST = "gapprof:request"
_TRIGGERS = frozenset(
    {
        "TimerFire",
        "FireAnimationFrame",
        "FireIdleCallback",
        "EventDispatch",
        "HandlePostMessage",
        "RunPostTaskCallback",
        "XHRReadyStateChange",
        "WebSocketReceive",
        "EvaluateScript",
    }
)
"""Why script ran."""
_SCRIPT = _TRIGGERS | {
    "FunctionCall",
    "RunMicrotasks",
    "BlinkScheduler_PerformMicrotaskCheckpoint",
    "v8.callFunction",
    "v8.run",
    "v8.evaluateModule",
}
"""Script at work: belongs to whoever was called, and is named by why it ran."""
_LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The part of a trace that counts: from the first request to the last answer, in the page's process."""

    pid: int | None
    begin_us: float
    end_us: float

    @property
    def ms(self) -> float:
        """Its length."""
        return (self.end_us - self.begin_us) / 1e3


@dataclass(slots=True, kw_only=True)
class Work:
    """One event on the thread's stack; what nests in it is subtracted."""

    name: str
    detail: str
    begin_us: float
    end_us: float
    wall_us: float
    cpu_us: float | None
    above: "Work | None"
    inner_detail: str = ""
    whose: tuple[str, str] = ("", "")


def stretch_of(events: Sequence[Event]) -> Stretch:
    """Where the marks of the requests are; the whole trace when there are none."""
    marks = [event for event in events if event.get("name") == REQUEST and event.get("ph") in ("b", "e")]
    if marks:
        times = [float(mark["ts"]) for mark in marks]
        return Stretch(pid=marks[0]["pid"], begin_us=min(times), end_us=max(times))
    spans = [(float(e["ts"]), float(e["ts"]) + float(e.get("dur", 0))) for e in events if e.get("ts")]
    if not spans:
        return Stretch(pid=None, begin_us=0.0, end_us=0.0)
    return Stretch(pid=None, begin_us=min(b for b, _ in spans), end_us=max(e for _, e in spans))


def summarise(events: Sequence[Event], stretch: Stretch, *, base: str = "") -> tuple[TraceSlice, ...]:
    """Self time per thread, kind of work and script, largest first. `base` is cut off scripts' addresses."""
    names, runs = thread_names(events), marked(events, RUN)
    return summed(
        (names.get(thread, "unnamed"), work)
        for thread, spans in by_thread(complete(events), stretch).items()
        for work in nested(spans, stretch, runs, base)
    )


def summed(works: Iterable[tuple[str, Work]]) -> tuple[TraceSlice, ...]:
    """Work by the name of its thread, what counts as one summed up; what is next to nothing is left out."""
    sums: dict[tuple[str, str, str], list[Work]] = defaultdict(list)
    counts: Counter[tuple[str, str, str]] = Counter()
    for thread, work in works:
        sums[thread, *work.whose].append(work)
        counts[thread, *work.whose] += work.above is None or work.above.whose != work.whose
    slices = (
        TraceSlice(
            thread=thread,
            name=name,
            detail=detail,
            count=counts[thread, name, detail],
            wall_ms=sum(work.wall_us for work in works) / 1e3,
            cpu_ms=_sum_ms([work.cpu_us for work in works]),
        )
        for (thread, name, detail), works in sums.items()
    )
    kept = (piece for piece in slices if piece.wall_ms >= LEAST_MS)
    return tuple(sorted(kept, key=lambda piece: (-piece.wall_ms, piece.thread, piece.name, piece.detail)))


def thread_names(events: Iterable[Event]) -> dict[tuple[int, int], str]:
    """(process, thread) → what the browser calls the thread."""
    return {
        (event["pid"], event["tid"]): str(event["args"]["name"])
        for event in events
        if event.get("name") == "thread_name"
    }


def by_thread(events: Iterable[Event], stretch: Stretch) -> dict[tuple[int, int], list[Event]]:
    """Complete events of the page's process that reach into the stretch, parents before children."""
    threads: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in events:
        begin, end = float(event["ts"]), float(event["ts"]) + float(event["dur"])
        if stretch.pid in (None, event["pid"]) and begin < stretch.end_us and end > stretch.begin_us:
            threads[event["pid"], event["tid"]].append(event)
    for spans in threads.values():
        spans.sort(key=lambda event: (event["ts"], -event["dur"]))
    return threads


def complete(events: Iterable[Event]) -> Iterator[Event]:
    """`X` events, and pairs of `B` and `E` made into such."""
    begun: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in events:
        match event.get("ph"):
            case "X" if "dur" in event:
                yield event
            case "B":
                begun[event["pid"], event["tid"]].append(event)
            case "E" if begun[event["pid"], event["tid"]]:
                first = begun[event["pid"], event["tid"]].pop()
                yield {**first, "dur": event["ts"] - first["ts"]}
            case _:
                pass


def nested(
    spans: Iterable[Event], stretch: Stretch, runs: Sequence[tuple[float, float]], base: str
) -> list[Work]:
    """One thread's events, each with its own time in the stretch and in whose name it was spent."""
    works: list[Work] = []
    stack: list[Work] = []
    for event in spans:
        whole = float(event["dur"])
        begin = max(float(event["ts"]), stretch.begin_us)
        end = min(float(event["ts"]) + whole, stretch.end_us)
        while stack and stack[-1].end_us <= begin:
            stack.pop()
        share = (end - begin) / whole if whole else 1.0
        cpu = float(event["tdur"]) * share if "tdur" in event else None
        work = Work(
            name=event["name"],
            detail=_detail(event, base),
            begin_us=begin,
            end_us=end,
            wall_us=end - begin,
            cpu_us=cpu,
            above=stack[-1] if stack else None,
        )
        if stack:
            stack[-1].wall_us -= work.wall_us
            outer_us = stack[-1].cpu_us
            stack[-1].cpu_us = None if outer_us is None or cpu is None else outer_us - cpu
        for outer in reversed(stack):
            outer.inner_detail = outer.inner_detail or work.detail
        stack.append(work)
        works.append(work)
    for work in works:
        work.whose = _whose(work, runs)
    return works


def _whose(work: Work, runs: Sequence[tuple[float, float]]) -> tuple[str, str]:
    """Name and detail that the time of one event goes under."""
    if work.name in GPU_WAITS:
        return _whose_wait(work, runs)
    if work.name not in _SCRIPT:
        return work.name, work.detail
    trigger, detail, above = work, work.detail, work.above
    while trigger.name not in _TRIGGERS and above is not None and above.name in _SCRIPT:
        detail = detail or above.detail
        trigger, above = above, above.above
    detail = detail or work.inner_detail
    if not detail and any(_holds_most(work, *run) for run in runs):
        return RUN, ""  # what follows an `await` is in nobody's name; here it is the model
    return trigger.name, detail


def _whose_wait(work: Work, runs: Sequence[tuple[float, float]]) -> tuple[str, str]:
    """What is waited for, and the script that waits. A wait of the model is part of its run, and one in a
    script that is in nobody's name, as what follows an `await` is, part of that."""
    outermost, above = work, work.above
    while above is not None and above.name in GPU_WAITS:
        outermost, above = above, above.above
    if above is None:
        return outermost.name, ""
    name, detail = _whose(above, runs)
    nobodys = above.name in _SCRIPT and not detail
    return (name, detail) if name == RUN or nobodys else (outermost.name, detail)


def _holds_most(work: Work, begin_us: float, end_us: float) -> bool:
    """Whether most of that time lies within the event; a run in a worker only overlaps with small ones."""
    return min(work.end_us, end_us) - max(work.begin_us, begin_us) > (end_us - begin_us) / 2


def marked(events: Iterable[Event], name: str) -> list[tuple[float, float]]:
    """Begin and end of each stretch that the page marked so: one after the other, never two at once."""
    marks = [event for event in events if event.get("name") == name]
    begins = sorted(float(mark["ts"]) for mark in marks if mark["ph"] == "b")
    ends = sorted(float(mark["ts"]) for mark in marks if mark["ph"] == "e")
    return list(zip(begins, ends, strict=False))


def _detail(event: Event, base: str) -> str:
    """`function (address:line)`, as far as the trace tells; empty for anything but script."""
    data = event.get("args", {}).get("data", {})
    url = data.get("url", "") if isinstance(data, dict) else ""
    if not url:
        return ""
    place = _place(url, base)
    if "lineNumber" in data:
        place += f":{data['lineNumber']}"
    function = data.get("functionName", "")
    text = f"{function} ({place})" if function else place
    return text[:_LONGEST_DETAIL]


def _place(url: str, base: str) -> str:
    """An address short enough to read, and the same in every visit."""
    scheme = url.partition(":")[0]
    if scheme in ("data", "blob"):  # a whole document, or a random name
        return f"{scheme}:"
    return url.removeprefix(base)


def _sum_ms(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) / 1e3 if len(known) == len(parts) else None
